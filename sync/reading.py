"""Read the mirror as the engine's values: the snapshot a plan is made from, and the people who may own prospects."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import narwhals as nw
import polars as pl

from engine.changes import Change
from engine.snapshots import Queue, Range, Snapshot, User
from mapping.activities import ACTIVITY_SCHEMA, activities
from mapping.maps import FieldMap
from mapping.people import queues_of, users_of
from mapping.prospects import prospects
from sync.mirror.mirror import Mirror
from sync.run import Run


def snapshot_of(run: Run) -> Snapshot:
    """The mirror as it is now, after this run's pull."""
    users, queues = people(run.worker.mirror)
    return Snapshot(
        org_id=run.identity.org_id,
        run=run.run_id,
        ranges=_MirrorRanges(run.worker.mirror, run.worker.field_map),
        users=users,
        queues=queues,
    )


def people(mirror: Mirror) -> tuple[tuple[User, ...], tuple[Queue, ...]]:
    """Users and queues as last pulled."""
    raw = {name: _present(mirror, name) for name in ("User", "Group", "GroupMember", "QueueSobject")}
    return users_of(raw["User"]), queues_of(raw["Group"], raw["GroupMember"], raw["QueueSobject"])


def activities_of(mirror: Mirror, field_map: FieldMap, record_ids: Collection[str]) -> pl.DataFrame:
    """What is known to have happened to these prospects, whatever the source."""
    frames = [pl.DataFrame(schema=ACTIVITY_SCHEMA)]
    for source in field_map.activities:
        named = pl.any_horizontal(pl.col(column).is_in(list(record_ids)) for column in source.prospect)
        raw = mirror.latest(source.api_name).filter(~pl.col("IsDeleted") & named).collect()
        frames.append(activities(raw, source))
    found = pl.concat(frames)
    return found.filter(pl.col("prospect_id").is_in(list(record_ids)))


def barred_records(run: Run, waiting: Sequence[Change]) -> tuple[frozenset[str], frozenset[str]]:
    """Of these changes' records: which the last pull showed deleted, and which converted."""
    gone: set[str] = set()
    converted: set[str] = set()
    for name in sorted({change.object for change in waiting}):
        ids = [change.record_id for change in waiting if change.object == name]
        raw = run.worker.mirror.latest(name)
        columns = raw.collect_schema().names()
        is_converted = pl.col("IsConverted") if "IsConverted" in columns else pl.lit(value=False)
        found = raw.filter(pl.col("Id").is_in(ids)).select("Id", "IsDeleted", is_converted.alias("converted")).collect()
        gone |= set(found.filter("IsDeleted")["Id"])
        converted |= set(found.filter(pl.col("converted") & ~pl.col("IsDeleted"))["Id"])
    return frozenset(gone), frozenset(converted)


@dataclass(frozen=True, slots=True)
class _MirrorRanges:
    """One range of prospects at a time, each walk from the files anew."""

    mirror: Mirror
    field_map: FieldMap

    def __iter__(self) -> Iterator[Range]:
        for object_map in self.field_map.objects:
            for raw in self.mirror.ranges(object_map.api_name):
                present = raw.filter(~pl.col("IsDeleted"))
                if present.is_empty():
                    continue
                frame = prospects(present, object_map)
                happened = activities_of(self.mirror, self.field_map, frame["id"].to_list())
                yield Range(nw.from_native(frame, eager_only=True), nw.from_native(happened, eager_only=True))


def _present(mirror: Mirror, name: str) -> pl.DataFrame:
    return mirror.latest(name).filter(~pl.col("IsDeleted")).collect()
