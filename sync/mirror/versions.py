"""Versions of records in frames: their content hash, which of several is the latest, which are news.

Besides the raw columns a mirrored frame has `_content` (hash over the raw columns), `_pull` (number of the pull) and
`_read_at` (the server's time when it was read). Id, SystemModstamp and IsDeleted are always there.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import polars as pl

from engine.errors import Problem, StoreError
from sync.store.data_files import DataFile

INSTANT = pl.Datetime("us", "UTC")
# What every mirrored frame has, whatever else is mapped.
SCHEMA: dict[str, pl.DataType] = {
    "Id": pl.String(),
    "SystemModstamp": INSTANT,
    "IsDeleted": pl.Boolean(),
    "_content": pl.String(),
    "_pull": pl.Int64(),
    "_read_at": INSTANT,
}
ORDER = ("SystemModstamp", "_pull", "_read_at")


def stamped(raw: pl.DataFrame, *, pull: int, read_at: datetime | None) -> pl.DataFrame:
    """The pulled rows with the mirror's own columns, one version per record, ordered by Id.

    `read_at` serves frames that do not say it row by row in `_read_at`. An object without SystemModstamp or IsDeleted
    gets them empty and false: its versions follow one another by pull.
    """
    empty = {
        "SystemModstamp": pl.lit(None, INSTANT),
        "IsDeleted": pl.lit(None, pl.Boolean),
        "_read_at": pl.lit(None, INSTANT),
    }
    frame = raw.with_columns(column.alias(name) for name, column in empty.items() if name not in raw.columns)
    frame = frame.with_columns(
        pl.col("IsDeleted").fill_null(value=False), pl.col("_read_at").fill_null(pl.lit(read_at, INSTANT))
    )
    frame = frame.with_columns(_content(frame), pl.lit(pull, pl.Int64).alias("_pull"))
    return latest(frame.lazy()).collect()


def latest(versions: pl.LazyFrame) -> pl.LazyFrame:
    """Of each record the version with the greatest (SystemModstamp, pull), ordered by Id."""
    numbered = versions.with_row_index("_row")
    # Sorting only what decides is several times faster than sorting whole rows.
    deciding = numbered.select("_row", "Id", *ORDER).sort(*ORDER, nulls_last=False, maintain_order=True)
    winners = deciding.unique("Id", keep="last", maintain_order=True).select("_row")
    return numbered.join(winners, on="_row", how="semi").drop("_row").sort("Id")


def standing(base: pl.DataFrame, found: pl.DataFrame, deltas: pl.LazyFrame) -> pl.DataFrame:
    """Of these rows the latest version of each record, unless `deltas` hold a later one; in no particular order.

    `base` has one version of each record, `found` are rows of the deltas. Only records that stand in more than one
    place are compared, for they are few.
    """
    ids = pl.concat([base["Id"], found["Id"]])
    there = deltas.select("Id", *ORDER).filter(pl.col("Id").is_in(ids.implode())).collect()
    contested = pl.concat([there.filter(pl.col("Id").is_duplicated())["Id"], _among(base, there["Id"])["Id"]]).unique()
    if contested.is_empty():
        return pl.concat([base, found])
    here = pl.concat([_among(base, contested), _among(found, contested)]).select("Id", *ORDER)
    return settled(pl.concat([base, found]), winners(pl.concat([here, _among(there, contested)])))


def settled(rows: pl.DataFrame, won: pl.DataFrame) -> pl.DataFrame:
    """Without the rows of these records that are not the version that won."""
    if won.is_empty():
        return rows
    is_contested = pl.col("Id").is_in(won["Id"].implode())
    same = rows.filter(is_contested).join(won, on=["Id", *ORDER], how="semi", nulls_equal=True)
    return pl.concat([rows.filter(~is_contested), same.unique("Id", keep="last")])


def winners(deciding: pl.DataFrame) -> pl.DataFrame:
    """Of rows of Id and order the latest of each Id."""
    return deciding.sort(*ORDER, maintain_order=True).unique("Id", keep="last", maintain_order=True)


def _among(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    return frame.filter(pl.col("Id").is_in(ids.implode())) if len(ids) else frame.clear()


def news(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The rows that differ from the latest known version in Id, SystemModstamp or content.

    A row with an older stamp than what is known is none: whatever is kept later is therefore newer, and a reader who
    finds a record in a later file need not look for it in the earlier ones.
    """
    known = known.select("Id", "SystemModstamp", "_content")
    joined = frame.join(known, on="Id", how="left", suffix="_known", maintain_order="left")
    stamp, content = pl.col("SystemModstamp"), pl.col("_content")
    is_same = stamp.eq_missing(pl.col("SystemModstamp_known")) & content.eq_missing(pl.col("_content_known"))
    is_older = (stamp < pl.col("SystemModstamp_known")).fill_null(value=False)
    return joined.filter(~is_same & ~is_older).select(frame.columns)


def _content(frame: pl.DataFrame) -> pl.Series:
    """A digest per row over the raw columns by name, so that neither their order nor a new release of Polars matters."""
    raw = sorted(name for name in frame.columns if not name.startswith("_"))
    texts = frame.select(pl.struct(pl.col(name) for name in raw).struct.json_encode()).to_series()
    digests = [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
    return pl.Series("_content", digests, pl.String)


def scan(folder: Path, data_files: Iterable[DataFile], *, schema: pl.Schema | None = None) -> pl.LazyFrame:
    """All versions in these data files; StoreError when a file is missing. `schema` adds columns that none of them has."""
    paths = [folder / data_file.path for data_file in data_files]
    if missing := [path for path in paths if not path.exists()]:
        # a file of the mirror is missing or cannot be read: {reason}
        raise StoreError(*(Problem("SR-109", str(path), {"reason": "not found"}) for path in missing))
    parts = [pl.scan_parquet(path) for path in paths]
    if schema is not None or not parts:
        parts = [pl.LazyFrame(schema=schema or SCHEMA), *parts]
    return pl.concat(parts, how="diagonal_relaxed")
