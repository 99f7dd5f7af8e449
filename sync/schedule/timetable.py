"""The syncs as this org has them: each in a time zone, and as much later than its times as falls to this org.

A sync without a `time zone` has that of the last plan, which is the org's own unless rulebook.yaml names another. Many orgs
on one machine would all begin in the same second: `jitter seconds` spreads them, each by its org's id and so always alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from config.settings.syncs import Sync
from engine.errors import MapError, RulebookError
from sync.run import Worker
from sync.store import orgs, plans

_UTC = "UTC"


class Origin(StrEnum):
    """Where the time zone of syncs without one comes from."""

    PLAN = "plan"
    RULEBOOK = "rulebook"  # until there is a plan
    NOBODY = "nobody"  # UTC until the org has told its own


@dataclass(frozen=True, slots=True)
class Timetable:
    """`syncs` have a time zone each, and in `jitter_seconds` what falls to this org; `zone` is that of those without one."""

    syncs: Mapping[str, Sync]
    zone: str
    origin: Origin


def timetable(worker: Worker, syncs: Mapping[str, Sync]) -> Timetable:
    with worker.store.read() as tx:
        org_id, planned = orgs.pinned(tx) or "", plans.last_zone(tx)
    zone, origin = (planned, Origin.PLAN) if planned else _before_any_plan(worker)
    return Timetable({name: _here(name, sync, zone, org_id) for name, sync in syncs.items()}, zone, origin)


def _before_any_plan(worker: Worker) -> tuple[str, Origin]:
    try:
        zone = worker.rulebook.zone
    except (RulebookError, MapError):
        zone = None
    return (zone, Origin.RULEBOOK) if zone else (_UTC, Origin.NOBODY)


def _here(name: str, sync: Sync, zone: str, org_id: str) -> Sync:
    share = int.from_bytes(sha256(f"{org_id} {name}".encode()).digest()[:8], "big") % (sync.jitter_seconds + 1)
    return sync.model_copy(update={"time_zone": sync.time_zone or zone, "jitter_seconds": share})
