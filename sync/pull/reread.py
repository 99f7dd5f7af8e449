"""Fresh reads: single records and users as the org has them at this moment, past the mirror."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from engine.snapshots import User
from mapping.field_map.field_map import FieldMap, ObjectMap
from mapping.field_map.pulled_objects import QUEUE_SOBJECT, USER, USER_ROLE, columns_of
from mapping.field_map.types import MOMENT, RawSchema, can_be_followed, described_fields, raw_frame, raw_schema
from mapping.frames.people import users_of
from mapping.soql import BY_ID, between, by_ids, select
from sync.mirror.mirror import Mirror
from sync.mirror.records import prospects_of
from sync.salesforce.composite import IDS_MAX, READ_MAX, Question
from sync.salesforce.describes import Describes
from sync.salesforce.org import Org
from sync.salesforce.query_pages import Page
from sync.store.paging import chunks

# Whoever wrote a record last; into which a deleted one was merged.
_EDITOR, _MASTER = "LastModifiedById", "MasterRecordId"
_GROUP_PREFIX = "00G"


@dataclass(frozen=True, slots=True)
class Reread:
    """Asks the org about single records; what the mirror knows of the records they name is taken from there.

    `look_back` is how late a record may be committed after its stamp.
    """

    org: Org
    mirror: Mirror
    describes: Describes
    look_back: timedelta

    def records(self, field_map: FieldMap, api_name: str, record_ids: Sequence[str]) -> pl.DataFrame:
        """The engine's frame of these records as the org has them now; deleted ones are left out.

        `modified_by` is who wrote each of them last.
        """
        object_map = field_map.object_named(api_name)
        return self.signed(
            self._rows(api_name, record_ids, _with_editor(columns_of(object_map))), field_map, object_map
        )

    def signed(self, raw: pl.DataFrame, field_map: FieldMap, object_map: ObjectMap) -> pl.DataFrame:
        """The engine's frame of raw records with `modified_by` besides."""
        editors = raw.select(pl.col("Id").alias("id"), pl.col(_EDITOR).alias("modified_by"))
        frame = prospects_of(self.mirror, raw, object_map, field_map)
        return frame.join(editors, on="id", how="left", maintain_order="left")

    def moved(
        self, field_map: FieldMap, api_name: str, stamps: Mapping[str, datetime], *, since: datetime
    ) -> pl.DataFrame:
        """Of these records (id -> SystemModstamp of the version we hold) the raw rows that have moved since, deleted ones
        too.

        `since` is when the oldest of the versions was read; what was committed late is found by the look-back.
        """
        columns = _with_editor(columns_of(field_map.object_named(api_name)))
        schema = raw_schema(self.describes.of(api_name), columns)
        frames = [_frame(None, schema)]
        for page in self._pages_of_range(api_name, columns, sorted(stamps), since=since):
            frame = _frame(page, schema)
            held = pl.Series([stamps.get(key) for key in frame["Id"]], dtype=MOMENT)
            frames.append(frame.filter(held.is_not_null() & (frame["SystemModstamp"] != held)))
        return pl.concat(frames)

    def users(self, user_ids: Iterable[str]) -> tuple[User, ...]:
        """Users (queues among the ids are passed over) as the org has them now."""
        wanted = sorted({user_id for user_id in user_ids if user_id.startswith("005")})
        if not wanted:
            return ()
        roles = self.mirror.latest(USER_ROLE.api_name).filter(~pl.col("IsDeleted")).collect()
        return users_of(self._rows(USER.api_name, wanted, USER.columns), roles)

    def queue_objects(self, owner_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """What each queue among these owners may own now, by its id; nothing for a group that is no queue."""
        wanted = sorted({owner_id for owner_id in owner_ids if owner_id.startswith(_GROUP_PREFIX)})
        found: dict[str, list[str]] = {queue_id: [] for queue_id in wanted}
        for block in chunks(wanted, IDS_MAX):
            soql = select(
                QUEUE_SOBJECT.api_name, ("QueueId", "SobjectType"), filters=({"QueueId": tuple(block)},), order=BY_ID
            )
            for page in self.org.query(soql):
                for record in page.records:
                    found[str(record["QueueId"])].append(str(record["SobjectType"]))
        return {queue_id: tuple(sorted(names)) for queue_id, names in found.items()}

    def survivors(self, api_name: str, record_ids: Sequence[str]) -> dict[str, str]:
        """Of these deleted records those that were merged, and into which."""
        described = {str(field["name"]) for field in described_fields(self.describes.of(api_name))}
        if _MASTER not in described:
            return {}
        pages = self._pages_of_ids(api_name, ("Id", _MASTER), record_ids, deleted=True)
        found = (record for page in pages for record in page.records)
        return {str(record["Id"]): str(record[_MASTER]) for record in found if record.get(_MASTER)}

    def _rows(self, api_name: str, record_ids: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
        """Raw rows without deleted ones, each with the server's time it was read at."""
        schema = raw_schema(self.describes.of(api_name), columns)
        pages = self._pages_of_ids(api_name, columns, record_ids, deleted=False)
        return pl.concat([_frame(None, schema), *(_frame(page, schema) for page in pages)])

    def _pages_of_range(
        self, api_name: str, columns: Sequence[str], record_ids: Sequence[str], *, since: datetime
    ) -> Iterator[Page]:
        """What changed within the range of the ids, unless asking for each of them costs fewer calls or is the only way."""
        if len(record_ids) <= READ_MAX or not can_be_followed(self.describes.of(api_name)):
            yield from self._pages_of_ids(api_name, columns, record_ids, deleted=True)
            return
        soql = between(api_name, columns, first=record_ids[0], last=record_ids[-1], since=since - self.look_back)
        pages = self.org.query(soql, include_deleted=True)
        first = next(pages, None)
        if first is None:
            return
        if first.total * READ_MAX > len(record_ids) * max(len(first.records), 1):
            yield from self._pages_of_ids(api_name, columns, record_ids, deleted=True)
            return
        yield first
        yield from pages

    def _pages_of_ids(
        self, api_name: str, columns: Sequence[str], record_ids: Sequence[str], *, deleted: bool
    ) -> Iterator[Page]:
        asked = [
            Question(by_ids(api_name, columns, block), include_deleted=deleted) for block in chunks(record_ids, IDS_MAX)
        ]
        yield from self.org.answers(asked)


def _with_editor(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*columns, _EDITOR)))


def _frame(page: Page | None, schema: RawSchema) -> pl.DataFrame:
    read_at = pl.lit(page.read_at if page else None).cast(MOMENT).alias("_read_at")
    return raw_frame(page.records if page else [], schema).with_columns(read_at)
