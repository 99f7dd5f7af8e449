"""Fresh reads: single records and users as the org has them at this moment, past the mirror."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl

from engine.snapshots import User
from mapping.maps import FieldMap
from mapping.objects import USER, USER_ROLE, columns_of
from mapping.people import users_of
from mapping.soql import between, by_ids
from mapping.types import MOMENT, RawSchema, can_be_followed, raw_frame, raw_schema
from sync.reading import prospects_of
from sync.run import Run
from sync.salesforce.composite import IDS_MAX, READ_MAX, Question
from sync.salesforce.pages import Page


def read_again(run: Run, field_map: FieldMap, api_name: str, record_ids: Sequence[str]) -> pl.DataFrame:
    """The engine's frame of these records as the org has them now; deleted ones are left out."""
    object_map = field_map.object_named(api_name)
    raw = _rows(run, api_name, record_ids, columns_of(object_map))
    return prospects_of(run.worker.mirror, raw, object_map, field_map)


def moved(
    run: Run, field_map: FieldMap, api_name: str, stamps: Mapping[str, datetime], *, since: datetime
) -> pl.DataFrame:
    """Of these records (id -> SystemModstamp of the version we hold) the raw rows that have moved since, deleted ones too.

    `since` is when the oldest of the versions was read; what was committed late is found by the look-back.
    """
    object_map = field_map.object_named(api_name)
    columns = columns_of(object_map)
    schema = raw_schema(run.describe(api_name), columns)
    frames = [_frame(None, schema)]
    for page in _pages_of_range(run, api_name, columns, sorted(stamps), since=since):
        frame = _frame(page, schema)
        held = pl.Series([stamps.get(key) for key in frame["Id"]], dtype=MOMENT)
        frames.append(frame.filter(held.is_not_null() & (frame["SystemModstamp"] != held)))
    return pl.concat(frames)


def users_again(run: Run, user_ids: Sequence[str]) -> tuple[User, ...]:
    """Users (queues among the ids are passed over) as the org has them now."""
    wanted = sorted({user_id for user_id in user_ids if user_id.startswith("005")})
    if not wanted:
        return ()
    roles = run.worker.mirror.latest(USER_ROLE.api_name).filter(~pl.col("IsDeleted")).collect()
    return users_of(_rows(run, USER.api_name, wanted, USER.columns), roles)


def _rows(run: Run, api_name: str, record_ids: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
    """Raw rows without deleted ones, each with the server's time it was read at."""
    schema = raw_schema(run.describe(api_name), columns)
    pages = _pages_of_ids(run, api_name, columns, record_ids, deleted=False)
    return pl.concat([_frame(None, schema), *(_frame(page, schema) for page in pages)])


def _pages_of_range(
    run: Run, api_name: str, columns: Sequence[str], record_ids: Sequence[str], *, since: datetime
) -> Iterator[Page]:
    """What changed within the range of the ids, unless asking for each of them costs fewer calls or is the only way."""
    if len(record_ids) <= READ_MAX or not can_be_followed(run.describe(api_name)):
        yield from _pages_of_ids(run, api_name, columns, record_ids, deleted=True)
        return
    looked_back = since - timedelta(seconds=run.worker.settings.look_back_seconds)
    soql = between(api_name, columns, first=record_ids[0], last=record_ids[-1], since=looked_back)
    pages = run.org.query(soql, include_deleted=True)
    first = next(pages, None)
    if first is None:
        return
    if first.total * READ_MAX > len(record_ids) * max(len(first.records), 1):
        yield from _pages_of_ids(run, api_name, columns, record_ids, deleted=True)
        return
    yield first
    yield from pages


def _pages_of_ids(
    run: Run, api_name: str, columns: Sequence[str], record_ids: Sequence[str], *, deleted: bool
) -> Iterator[Page]:
    blocks = (record_ids[start : start + IDS_MAX] for start in range(0, len(record_ids), IDS_MAX))
    asked = [Question(by_ids(api_name, columns, block), include_deleted=deleted) for block in blocks]
    yield from run.org.answers(asked)


def _frame(page: Page | None, schema: RawSchema) -> pl.DataFrame:
    read_at = pl.lit(page.read_at if page else None).cast(MOMENT).alias("_read_at")
    return raw_frame(page.records if page else [], schema).with_columns(read_at)
