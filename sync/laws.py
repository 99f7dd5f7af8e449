"""What a plan was made by: its rulebook, its map and its moment, from the store.

Editing the files between plan and apply changes nothing about what was approved, nor about where it is written.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from config.map import map_from_text
from config.rulebook.folder import rulebook_from
from engine.changes import Standing
from engine.errors import MapError, Problem, StoreError
from engine.moments import Moment
from engine.rulebooks import Rulebook
from mapping.check import check, check_set
from mapping.maps import FieldMap
from mapping.objects import PEOPLE, pulled_objects
from mapping.payloads import api_name_of
from sync.run import Run
from sync.store import plans, texts
from sync.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Law:
    rulebook: Rulebook
    field_map: FieldMap
    moment: Moment


def law_of(tx: Transaction, plan_id: str) -> Law:
    """StoreError SR-111 when the store lacks a text the plan was made by."""
    header = plans.header(tx, plan_id)
    if header is None:
        raise StoreError.of("SR-111", plan_id)
    field_map = map_from_text(_text(tx, header.field_map))
    rulebook = rulebook_from(json.loads(_text(tx, header.rulebook)), field_map)
    return Law(rulebook, field_map, Moment(header.at, header.zone))


@dataclass(frozen=True, slots=True)
class Laws:
    """The laws of plans, each read once a run."""

    run: Run
    _known: dict[str, Law] = field(default_factory=dict)
    _checked: dict[str, tuple[Problem, ...]] = field(default_factory=dict)

    def of(self, plan_id: str) -> Law:
        """StoreError SR-111 when the store lacks a text the plan was made by."""
        if plan_id not in self._known:
            with self.run.worker.store.read() as tx:
                self._known[plan_id] = law_of(tx, plan_id)
        return self._known[plan_id]

    def check(self, plan_ids: Iterable[str]) -> None:
        """MapError before anything is sent when the org no longer lets a plan's fields be read or written."""
        for plan_id in sorted(set(plan_ids)):
            if problems := self._problems(plan_id):
                raise MapError(*problems)

    def rewritten(self, standings: Iterable[Standing]) -> frozenset[str]:
        """Changes to be proposed anew: today's map writes them elsewhere, the org no longer fits their plan's map, or they
        are of a plan made in shadow and the rulebook is live now (or the other way round).
        """
        today, operation = self.run.worker.field_map, self.run.worker.rulebook.operation
        return frozenset(
            standing.change.change_id
            for standing in standings
            if _places(standing, self.of(standing.plan_id).field_map) != _places(standing, today)
            or self.of(standing.plan_id).rulebook.operation is not operation
            or self._problems(standing.plan_id)
        )

    def _problems(self, plan_id: str) -> tuple[Problem, ...]:
        if plan_id not in self._checked:
            law = self.of(plan_id)
            wanted = (*pulled_objects(law.field_map), *PEOPLE)
            describes = self.run.describes([one.api_name for one in wanted])
            self._checked[plan_id] = (
                *check(law.field_map, describes),
                *check_set(law.field_map, describes, law.rulebook.set_fields),
            )
        return self._checked[plan_id]


def _places(standing: Standing, field_map: FieldMap) -> list[str | None]:
    """Where each value of a change goes; None for what the map does not name."""
    places: list[str | None] = []
    for name in standing.change.after:
        try:
            places.append(api_name_of(name, field_map.object_named(standing.change.object)))
        except KeyError:
            places.append(None)
    return places


def _text(tx: Transaction, digest: str) -> str:
    text = texts.text_of(tx, digest)
    if text is None:
        raise StoreError.of("SR-111", digest)
    return text
