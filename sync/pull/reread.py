"""Fresh reads: single records and users as the org has them at this moment, past the mirror."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl

from engine.snapshots import User
from mapping.field_map.field_map import FieldMap
from mapping.field_map.pulled_objects import QUEUE_SOBJECT, USER, USER_ROLE, columns_of
from mapping.field_map.types import MOMENT, RawSchema, can_be_followed, described_fields, raw_frame, raw_schema
from mapping.frames.people import users_of
from mapping.soql import BY_ID, between, by_ids, select
from sync.mirror.records import prospects_of
from sync.run import Run
from sync.salesforce.composite import IDS_MAX, READ_MAX, Question
from sync.salesforce.query_pages import Page
from sync.store.paging import chunks

# Whoever wrote a record last; into which a deleted one was merged.
_EDITOR, _MASTER = "LastModifiedById", "MasterRecordId"
_GROUP_PREFIX = "00G"


def read_again(run: Run, field_map: FieldMap, api_name: str, record_ids: Sequence[str]) -> pl.DataFrame:
    """The engine's frame of these records as the org has them now; deleted ones are left out.

    `modified_by` is who wrote each of them last.
    """
    object_map = field_map.object_named(api_name)
    raw = _rows(run, api_name, record_ids, _with_editor(columns_of(object_map)))
    return signed(prospects_of(run.worker.mirror, raw, object_map, field_map), raw)


def signed(frame: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    """The engine's frame of raw records with `modified_by` besides."""
    editors = raw.select(pl.col("Id").alias("id"), pl.col(_EDITOR).alias("modified_by"))
    return frame.join(editors, on="id", how="left", maintain_order="left")


def moved(
    run: Run, field_map: FieldMap, api_name: str, stamps: Mapping[str, datetime], *, since: datetime
) -> pl.DataFrame:
    """Of these records (id -> SystemModstamp of the version we hold) the raw rows that have moved since, deleted ones too.

    `since` is when the oldest of the versions was read; what was committed late is found by the look-back.
    """
    object_map = field_map.object_named(api_name)
    columns = _with_editor(columns_of(object_map))
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


def queue_objects_again(run: Run, owner_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What each queue among these owners may own now, by its id; nothing for a group that is no queue."""
    wanted = sorted({owner_id for owner_id in owner_ids if owner_id.startswith(_GROUP_PREFIX)})
    found: dict[str, list[str]] = {queue_id: [] for queue_id in wanted}
    for block in chunks(wanted, IDS_MAX):
        soql = select(
            QUEUE_SOBJECT.api_name, ("QueueId", "SobjectType"), filters=({"QueueId": tuple(block)},), order=BY_ID
        )
        for page in run.org.query(soql):
            for record in page.records:
                found[str(record["QueueId"])].append(str(record["SobjectType"]))
    return {queue_id: tuple(sorted(names)) for queue_id, names in found.items()}


def survivors(run: Run, api_name: str, record_ids: Sequence[str]) -> dict[str, str]:
    """Of these deleted records those that were merged, and into which."""
    described = {str(field["name"]) for field in described_fields(run.describe(api_name))}
    if _MASTER not in described:
        return {}
    pages = _pages_of_ids(run, api_name, ("Id", _MASTER), record_ids, deleted=True)
    return {str(record["Id"]): str(record[_MASTER]) for page in pages for record in page.records if record.get(_MASTER)}


def _with_editor(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*columns, _EDITOR)))


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
