"""Who is looked at by a plan of a part: whom anything has happened to since the last plan, or whose time has come.

What happened is told by the audit, without which no state changes, and by the data files that pulls have brought.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from mapping.field_map.field_map import ActivitySource, FieldMap, ObjectMap
from mapping.field_map.pulled_objects import PEOPLE
from mapping.frames.prospects import altered, by_email, lookups_to, named_in, sources_of
from sync.mirror.mirror import Mirror
from sync.store import audit, checkpoints, data_files
from sync.store.checkpoints import Checkpoint
from sync.store.data_files import DataFile
from sync.store.database import Store
from sync.store.events import Event
from sync.store.paging import chunks

# Behind so much, looking at everybody costs no more.
ENTRIES_MAX = 500_000
# So many related records are asked for at once.
_NAMED = 10_000
# What changes memory of the record they name.
OF_RECORDS = frozenset({
    Event.CHANGE_PROPOSED, Event.CHANGE_MOVED, Event.CHANGE_NOTED, Event.QUIET_LIFTED, Event.GIVEN_BACK,
})  # fmt: skip
# What changes nothing that a plan reads of any record. An approval moves its change, which is told too.
OF_NOBODY = frozenset({
    Event.ORG_PINNED, Event.LEASE_TAKEN_OVER, Event.RUN_STARTED, Event.RUN_FINISHED, Event.RUN_INTERRUPTED,
    Event.COMPACTED, Event.DATA_FILES_RETIRED, Event.PLAN_PROPOSED, Event.PLAN_DROPPED, Event.CHANGE_APPROVED,
    Event.PAUSED, Event.RESUMED,
})  # fmt: skip


class _TooMuchError(Exception):
    """So much has happened, or something of which nobody can tell whom it concerns, that everybody is looked at."""


@dataclass(frozen=True, slots=True)
class Affected:
    """Whom to look at when a plan goes on from a checkpoint. No more than `records_max`, one range, is ever in memory."""

    store: Store
    mirror: Mirror
    field_map: FieldMap
    checkpoint: Checkpoint
    records_max: int

    def records(self, *, at: datetime, until: int) -> tuple[str, ...] | None:
        """Their ids, in order; None when everybody must be looked at. `until` is the last entry of the audit that counts."""
        if until - self.checkpoint.seen > ENTRIES_MAX:
            return None
        found: set[str] = set()
        try:
            with self.store.read() as tx:
                found |= checkpoints.due(tx, at=at, most=self.records_max + 1)
            self._refuse_many(len(found))
            brought: list[str] = []
            for record_id in self._told(until, brought):
                found.add(record_id)
                self._refuse_many(len(found))
            for record_id in self._of_data_files(brought):
                found.add(record_id)
                self._refuse_many(len(found))
        except _TooMuchError:
            return None
        return tuple(sorted(found))

    def _refuse_many(self, number: int) -> None:
        if number > self.records_max:
            raise _TooMuchError

    def _told(self, until: int, brought: list[str]) -> Iterator[str]:
        """Records by what the audit says of them; the paths of data files that were brought are put into `brought`."""
        with self.store.read() as tx:
            for link in audit.links(tx, since=self.checkpoint.seen + 1):
                if link.seq > until:
                    return
                told = json.loads(link.body)
                event = told["event"]
                if event == Event.PULLED:
                    brought += [each["path"] for each in told["data_files"]]
                elif event in OF_RECORDS:
                    # What the plan itself proposed is as it left it.
                    if event != Event.CHANGE_PROPOSED or told["plan"] != self.checkpoint.plan_id:
                        yield told["record"]
                elif event not in OF_NOBODY:
                    raise _TooMuchError

    def _of_data_files(self, paths: Sequence[str]) -> Iterator[str]:
        with self.store.read() as tx:
            found = data_files.named(tx, paths)
        if len(found) < len(set(paths)) or any(data_file.removed_at for data_file in found):
            raise _TooMuchError
        self._refuse_many(sum(data_file.rows for data_file in found))
        ordered = sorted((data_file for data_file in found if data_file.rows), key=lambda data_file: data_file.object)
        for name, group in groupby(ordered, key=lambda data_file: data_file.object):
            yield from self._of_object(name, list(group))

    def _of_object(self, name: str, brought: Sequence[DataFile]) -> Iterator[str]:
        """Whom new versions of one object concern: prospects themselves, those of activities, those who name them."""
        mirror, field_map = self.mirror, self.field_map
        is_prospect = name in {entry.api_name for entry in field_map.objects}
        sources, lookups = sources_of(field_map, name), lookups_to(field_map, name)
        if not (is_prospect or sources or lookups):
            # Of people the basis tells, and of what is related and named by no lookup nobody reads anything.
            people, named = {one.api_name for one in PEOPLE}, {one.api_name for one in field_map.related}
            if name not in people | named:
                raise _TooMuchError
            return
        if is_prospect:
            yield from mirror.versions_in(brought).select("Id").unique().collect()["Id"]
        if not (sources or lookups):
            return
        after = mirror.versions_in(brought).collect()
        before = mirror.of(name, after["Id"].unique().to_list(), as_of=self.checkpoint.plan_id)
        for source in sources:
            # Whose it was, and whose it is.
            yield from self._meant(source, {*named_in(before, source), *named_in(after, source)})
        for chunk in chunks(altered(before, after) if lookups else (), _NAMED):
            for entry, lookup in lookups:
                rows = mirror.related(entry.api_name, [lookup.api_name], chunk)
                if isinstance(entry, ObjectMap):
                    yield from rows["Id"]
                else:
                    yield from self._meant(entry, set(named_in(rows, entry)))

    def _meant(self, source: ActivitySource, names: set[str]) -> Iterable[str]:
        """Prospects by the names a source knows them by."""
        return self._by_email(names) if source.files is not None and source.files.by_email else names

    def _by_email(self, addresses: Iterable[str]) -> Iterator[str]:
        """Prospects of any version that had one of these addresses."""
        wanted = frozenset(addresses)
        for object_map in self.field_map.objects:
            if object_map.email is None:
                continue
            with self.store.read() as tx:
                listed = data_files.listed(tx, object_map.api_name)
            for data_file in listed:
                frame = self.mirror.versions_in([data_file])
                if object_map.email.api_name in frame.collect_schema():
                    yield from by_email(frame.select("Id", object_map.email.api_name).collect(), object_map, wanted)
