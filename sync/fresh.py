"""Fresh reads: single records and users as the org has them at this moment, past the mirror."""

from collections.abc import Sequence

import polars as pl

from engine.snapshots import User
from mapping.maps import FieldMap
from mapping.objects import USER, columns_of
from mapping.people import users_of
from mapping.prospects import prospects
from mapping.soql import by_ids
from mapping.types import raw_frame, raw_schema
from sync.run import Run

# Ids in one query: the whole address must stay well below what proxies allow.
IDS_PER_QUERY = 200


def read_again(run: Run, field_map: FieldMap, api_name: str, record_ids: Sequence[str]) -> pl.DataFrame:
    """The engine's frame of these records as the org has them now; deleted ones are left out."""
    object_map = field_map.object_named(api_name)
    return prospects(_rows(run, api_name, record_ids, columns_of(object_map)), object_map, field_map)


def users_again(run: Run, user_ids: Sequence[str]) -> tuple[User, ...]:
    """Users (queues among the ids are passed over) as the org has them now."""
    wanted = sorted({user_id for user_id in user_ids if user_id.startswith("005")})
    return users_of(_rows(run, USER.api_name, wanted, USER.columns)) if wanted else ()


def _rows(run: Run, api_name: str, record_ids: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
    """Raw rows without deleted ones, each with the server's time it was read at."""
    schema = raw_schema(run.describe(api_name), columns)
    frames = [raw_frame([], schema).with_columns(pl.lit(None, pl.Datetime("us", "UTC")).alias("_read_at"))]
    for start in range(0, len(record_ids), IDS_PER_QUERY):
        soql = by_ids(api_name, columns, record_ids[start : start + IDS_PER_QUERY])
        for page in run.org.query(soql):
            read_at = pl.lit(page.read_at).cast(pl.Datetime("us", "UTC"))
            frames.append(raw_frame(page.records, schema).with_columns(read_at.alias("_read_at")))
    return pl.concat(frames)
