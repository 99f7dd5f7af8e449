"""Pull: record versions from the org into the mirror, and all of it or nothing.

Prospects and activities come by keyset on (SystemModstamp, Id), with look-back, up to the server's time; the watermark
stays a small lag behind it. People and queues are few and come whole; one that is missing then is marked deleted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from engine.actions import SetField
from engine.errors import MapError, TransientError
from mapping.check import check, check_set
from mapping.filters import outside_as_deleted
from mapping.objects import PEOPLE, PulledObject, pulled_objects
from mapping.soql import select
from mapping.text import KEYS_VERSION
from mapping.types import Record, raw_frame, raw_schema, unparsed
from sync.dropped.intake import read_dropped
from sync.run import Run
from sync.salesforce.errors import LocatorLostError
from sync.salesforce.pages import Page
from sync.store import leases, runs, segments
from sync.store.leases import Lease
from sync.store.segments import Segment, Watermark

# How often one query may lose its cursor before the pull gives up.
RESTARTS_MAX = 5


@dataclass(frozen=True, slots=True)
class _Brought:
    """What one object brought: the rows, the bound up to which they are complete, and cells that did not parse."""

    rows: pl.DataFrame
    unparsed: Mapping[str, int]


def pull(run: Run, lease: Lease) -> None:
    """Bring the mirror up to date. MapError before anything is read when the org lacks what the map names."""
    mapped = pulled_objects(run.worker.field_map)
    describes = _describes(run, mapped)
    run.worker.mirror.discard_orphans()  # what a crash left between file and transaction
    written: list[Segment] = []
    marks: list[Watermark] = []
    counts: dict[str, int] = {}
    lost: dict[str, int] = {}
    # The running second is read too: what this very worker wrote a moment ago must not look like somebody's edit.
    until = run.now + timedelta(seconds=1)
    complete = run.now - timedelta(seconds=run.worker.settings.read_lag_seconds)
    for wanted in mapped:
        since = _since(run, wanted)
        brought = _bring(run, wanted, describes[wanted.api_name], since=since, until=until)
        written += _written(run, wanted, outside_as_deleted(brought.rows, wanted.filters))
        marks.append(Watermark(wanted.api_name, complete, wanted.reading))
        counts[wanted.api_name] = len(brought.rows)
        lost |= {f"{wanted.api_name}.{column}": number for column, number in brought.unparsed.items()}
    for wanted in PEOPLE:
        whole = _bring(run, wanted, describes[wanted.api_name], since=None, until=None)
        present = whole.rows.with_columns(pl.lit(value=False).alias("IsDeleted"))
        gone = run.worker.mirror.tombstones(wanted.api_name, present["Id"].to_list())
        written += _written(run, wanted, pl.concat([present, gone], how="diagonal_relaxed"))
    intake = read_dropped(run)
    written += intake.segments
    marks += intake.marks
    run.worker.points.reach("segments written")
    with run.worker.store.transaction() as tx:
        leases.check(tx, lease)
        segments.add_pull(tx, run=run.run_id, at=run.at, segments=written, watermarks=marks)
        intake.keep(tx)
    run.worker.points.reach("pull committed")
    run.figures["pulled"] = {**counts}
    run.figures["unparsed"] = {**lost}
    run.figures["pulled_new"] = {segment.object: segment.rows for segment in written}


def _describes(run: Run, mapped: Sequence[PulledObject]) -> dict[str, Record]:
    found = {wanted.api_name: run.describe(wanted.api_name) for wanted in (*mapped, *PEOPLE)}
    set_by_rules = [
        (action.field, rule.where)
        for rule in run.worker.rulebook.rules
        for action in rule.then
        if isinstance(action, SetField)
    ]
    problems = (*check(run.worker.field_map, found), *check_set(run.worker.field_map, found, set_by_rules))
    if problems:
        raise MapError(*problems)
    return found


def _since(run: Run, wanted: PulledObject) -> datetime | None:
    """The watermark less the look-back; None pulls the object whole (first time, or the map reads other fields now)."""
    with run.worker.store.read() as tx:
        mark = segments.watermark(tx, wanted.api_name)
    if mark is None or mark.fields != wanted.reading:
        return None
    return mark.stamp - timedelta(seconds=run.worker.settings.look_back_seconds)


def _bring(
    run: Run, wanted: PulledObject, describe: Record, *, since: datetime | None, until: datetime | None
) -> _Brought:
    schema = raw_schema(describe, wanted.columns)
    frames: list[pl.DataFrame] = []
    lost: dict[str, int] = {}
    for page in _pages(run, wanted, since=since, until=until):
        frame = raw_frame(page.records, schema)
        for column, number in unparsed(page.records, frame).items():
            lost[column] = lost.get(column, 0) + number
        frames.append(frame.with_columns(pl.lit(page.read_at).cast(pl.Datetime("us", "UTC")).alias("_read_at")))
    if not frames:
        empty = raw_frame([], schema)
        return _Brought(empty.with_columns(pl.lit(None, pl.Datetime("us", "UTC")).alias("_read_at")), {})
    # A record may change while it is read; the greatest stamp is the newest version.
    rows = pl.concat(frames).sort("SystemModstamp", maintain_order=True).unique("Id", keep="last", maintain_order=True)
    return _Brought(rows, lost)


def _pages(run: Run, wanted: PulledObject, *, since: datetime | None, until: datetime | None) -> Iterator[Page]:
    """The pages of one keyset walk; a lost cursor starts a new query behind the last row held."""
    after: tuple[datetime, str] | None = None
    for _ in range(RESTARTS_MAX):
        soql = select(
            wanted.api_name,
            wanted.columns,
            since=since,
            until=until,
            after=after,
            where=wanted.where or None,
            # Whatever changed is read, so that what no longer passes the filter is seen to go.
            filters=wanted.filters if since is None else (),
        )
        try:
            for page in run.org.query(soql, include_deleted="IsDeleted" in wanted.columns):
                yield page
                if page.records:
                    last = page.records[-1]
                    after = (_instant(str(last["SystemModstamp"])), str(last["Id"]))
        except LocatorLostError:
            continue
        return
    raise TransientError.of("SF-123", wanted.api_name, tries=RESTARTS_MAX)


def _written(run: Run, wanted: PulledObject, rows: pl.DataFrame) -> list[Segment]:
    segment = run.worker.mirror.write(
        wanted.api_name,
        rows,
        run=run.run_id,
        pull=runs.sequence_of(run.run_id),
        read_at=run.now,
        map_digest=run.worker.field_map.digest,
        keys_version=KEYS_VERSION,
    )
    return [segment] if segment else []


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
