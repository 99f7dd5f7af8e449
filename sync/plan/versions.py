"""What a plan was made by: its rulebook, its map and its moment, from the store.

Editing the files between plan and apply changes nothing about what was approved, nor about where it is written.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from config.field_map.load import map_from_text
from config.rulebook.folder import rulebook_from
from engine.actions.set_field import set_fields
from engine.changes.change import Standing
from engine.errors import MapError, Problem, StoreError
from engine.moments import Moment
from engine.rulebook.rulebook import Operation, Rulebook
from mapping.field_map.check import check, check_set
from mapping.field_map.field_map import FieldMap
from mapping.field_map.pulled_objects import PEOPLE, pulled_objects
from mapping.payloads import api_name_of
from sync.salesforce.describes import Describes
from sync.store import plans
from sync.store.database import Store, Transaction

# So many pairs of rulebook and map are at hand at once, however many plans are open.
VERSIONS_MAX = 32
# Digest of the rulebook, digest of the map.
_Version: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlanVersion:
    rulebook: Rulebook
    field_map: FieldMap
    moment: Moment


def plan_version_of(tx: Transaction, plan_id: str) -> PlanVersion:
    """StoreError SR-111 when the store lacks a text the plan was made by."""
    version, moment = _version_of(tx, plan_id)
    read = _read(tx, version)
    return PlanVersion(read.rulebook, read.field_map, moment)


@dataclass(frozen=True, slots=True)
class PlanVersions:
    """The versions of plans. Many plans share a rulebook and a map: each pair is read and checked once a run."""

    store: Store
    describes: Describes
    versions_max: int = VERSIONS_MAX
    _plans: dict[str, tuple[_Version, Moment]] = field(default_factory=dict)
    _read: dict[_Version, "_Read"] = field(default_factory=dict)

    def of(self, plan_id: str) -> PlanVersion:
        """StoreError SR-111 when the store lacks a text the plan was made by."""
        read = self._texts(plan_id)
        return PlanVersion(read.rulebook, read.field_map, self._plans[plan_id][1])

    def check(self, plan_ids: Iterable[str]) -> None:
        """MapError before anything is sent when the org no longer lets a plan's fields be read or written."""
        for plan_id in sorted(set(plan_ids)):
            if problems := self._problems(plan_id):
                raise MapError(*problems)

    def rewritten(self, standings: Iterable[Standing], today: FieldMap, operation: Operation) -> frozenset[str]:
        """Changes to be proposed anew: today's map writes them elsewhere, the org no longer fits their plan's map, or they
        are of a plan made in shadow and the rulebook is live now (or the other way round).
        """
        return frozenset(
            standing.change.change_id
            for standing in standings
            if _places(standing, self.of(standing.plan_id).field_map) != _places(standing, today)
            or self.of(standing.plan_id).rulebook.operation is not operation
            or self._problems(standing.plan_id)
        )

    def _problems(self, plan_id: str) -> tuple[Problem, ...]:
        read = self._texts(plan_id)
        if read.problems is None:
            wanted = (*pulled_objects(read.field_map), *PEOPLE)
            describes = self.describes.among([one.api_name for one in wanted])
            read.problems = (
                *check(read.field_map, describes),
                *check_set(read.field_map, describes, set_fields(read.rulebook)),
            )
        return read.problems

    def _texts(self, plan_id: str) -> "_Read":
        if plan_id not in self._plans:
            with self.store.read() as tx:
                self._plans[plan_id] = _version_of(tx, plan_id)
        version, _ = self._plans[plan_id]
        found = self._read.pop(version, None)
        if found is None:
            with self.store.read() as tx:
                found = _read(tx, version)
        # The one asked for last stands last, and the first goes.
        self._read[version] = found
        if len(self._read) > self.versions_max:
            del self._read[next(iter(self._read))]
        return found


@dataclass(slots=True)
class _Read:
    """A rulebook and its map; `problems` once the org's describes were asked."""

    rulebook: Rulebook
    field_map: FieldMap
    problems: tuple[Problem, ...] | None = None


def _places(standing: Standing, field_map: FieldMap) -> list[str | None]:
    """Where each value of a change goes; None for what the map does not name."""
    places: list[str | None] = []
    for name in standing.change.after:
        try:
            places.append(api_name_of(name, field_map.object_named(standing.change.object)))
        except KeyError:
            places.append(None)
    return places


def _version_of(tx: Transaction, plan_id: str) -> tuple[_Version, Moment]:
    plan = plans.record(tx, plan_id)
    if plan is None:
        raise StoreError.of("SR-111", plan_id)  # the store lacks the rulebook or field map that a plan was made by
    return (plan.rulebook, plan.field_map), Moment(plan.at, plan.zone)


def _read(tx: Transaction, version: _Version) -> _Read:
    rulebook, field_map = version
    read = map_from_text(_text(tx, field_map))
    return _Read(rulebook_from(json.loads(_text(tx, rulebook)), read), read)


def _text(tx: Transaction, digest: str) -> str:
    text = plans.text_of(tx, digest)
    if text is None:
        raise StoreError.of("SR-111", digest)  # the store lacks the rulebook or field map that a plan was made by
    return text
