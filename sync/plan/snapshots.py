"""Read the mirror as the engine's values: the snapshot a plan is made from, and the people who may own prospects."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import narwhals as nw
import polars as pl

from engine.changes.change import Change
from engine.snapshots import Range, Snapshot
from mapping.field_map.check import lints
from mapping.field_map.field_map import FieldMap, ObjectMap
from mapping.field_map.pulled_objects import USER_ROLE, columns_of
from mapping.frames.activities import Coverage
from mapping.frames.people import queues_for, role_names
from mapping.frames.prospects import absent_columns, unfit
from mapping.frames.record_cards import holdings
from sync.mirror.mirror import Mirror
from sync.mirror.records import activities_of, people, present, prospects_of, with_columns
from sync.store import figures
from sync.store.figures import SourceCoverage, Survey
from sync.store.paging import chunks


def ranges_of(mirror: Mirror, field_map: FieldMap, record_ids: Sequence[str], *, rows: int) -> Iterator[Range]:
    """The prospects among these records (ids in order), as the mirror has them now, so many at a time."""
    for object_map in field_map.objects:
        for ids in chunks(record_ids, rows):
            present = _present_prospects(mirror.of(object_map.api_name, ids), object_map)
            if present.height:
                yield _range(*_frames(mirror, field_map, present, object_map, as_of=None), field_map, object_map)


def barred_records(mirror: Mirror, waiting: Sequence[Change]) -> tuple[frozenset[str], frozenset[str]]:
    """Of these changes' records: which the last pull showed deleted, and which converted."""
    gone: set[str] = set()
    converted: set[str] = set()
    for name in sorted({change.object for change in waiting}):
        ids = [change.record_id for change in waiting if change.object == name]
        found = holdings(mirror.of(name, ids).lazy()).collect()
        gone |= set(found.filter("is_deleted")["id"])
        converted |= set(found.filter(pl.col("is_converted") & ~pl.col("is_deleted"))["id"])
    return frozenset(gone), frozenset(converted)


@dataclass(slots=True)
class MirrorRanges:
    """One range of prospects at a time, each walk from the files anew: as the mirror is now, after this run's pull, or as
    the pull of an earlier run left it. `survey` is what the last whole walk saw.
    """

    mirror: Mirror
    field_map: FieldMap
    as_of: str | None = None
    survey: Survey | None = None

    def snapshot(self, *, org_id: str, run_id: str) -> Snapshot:
        users, queues = people(self.mirror, as_of=self.as_of)
        return Snapshot(
            org_id=org_id,
            run=self.as_of or run_id,
            ranges=self,
            users=users,
            queues=queues_for(queues, self.field_map),
            roles=role_names(present(self.mirror, USER_ROLE.api_name, self.as_of)),
        )

    def __iter__(self) -> Iterator[Range]:
        mirror, field_map = self.mirror, self.field_map
        misfits: Counter[str] = Counter()
        coverage = Coverage([source.label for source in field_map.activities])
        for object_map in field_map.objects:
            for raw in mirror.ranges(object_map.api_name, as_of=self.as_of):
                present = _present_prospects(raw, object_map)
                if present.is_empty():
                    continue
                misfits.update({f"{object_map.api_name}.{name}": n for name, n in unfit(present, object_map).items()})
                frame, happened = _frames(mirror, field_map, present, object_map, as_of=self.as_of)
                coverage.add(frame, happened)
                yield _range(frame, happened, field_map, object_map)
        self.survey = Survey(
            unfit=dict(misfits),
            in_vain=tuple(str(problem.params["object"]) for problem in lints(field_map)),
            coverage=figures.Coverage(
                coverage.prospects,
                coverage.known,
                {source: SourceCoverage(*told) for source, told in coverage.by_source.items()},
            ),
        )


def _frames(
    mirror: Mirror, field_map: FieldMap, present: pl.DataFrame, object_map: ObjectMap, *, as_of: str | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """These prospects, and what happened to them."""
    frame = prospects_of(mirror, present, object_map, field_map, as_of=as_of)
    return frame, activities_of(mirror, field_map, frame, object_map, as_of=as_of)


def _range(frame: pl.DataFrame, happened: pl.DataFrame, field_map: FieldMap, object_map: ObjectMap) -> Range:
    return Range(
        nw.from_native(frame, eager_only=True),
        nw.from_native(happened, eager_only=True),
        absent=absent_columns(field_map, object_map),
    )


def _present_prospects(raw: pl.DataFrame, object_map: ObjectMap) -> pl.DataFrame:
    return with_columns(raw, columns_of(object_map)).filter(~pl.col("IsDeleted"))
