"""Places: where a version stands in the order of a base data file, by its key and then its Id, and how that order is cut.

A key is one or more columns of which the first filled one counts: `("Id",)`, or what names an activity's prospect.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import polars as pl

from sync.store.data_files import DataFile

BY_ID = ("Id",)
FIRST, LAST = "", "\U0010ffff"
# How finely places are sampled: a cut may be off by one part in so many, per file.
_FINENESS = 256


def key_of(columns: Sequence[str]) -> pl.Expr:
    """The first filled of these columns; null where none is."""
    return pl.coalesce([pl.col(name) for name in columns])


def place_of(columns: Sequence[str]) -> pl.Expr:
    """One text per version that sorts by key and then Id; those without a key come first."""
    if tuple(columns) == BY_ID:
        return pl.col("Id")
    # A space sorts before whatever an id or a name is made of, so that a key never sorts among longer ones.
    return pl.concat_str(key_of(columns).fill_null(""), pl.lit(" "), pl.col("Id"))


def bounds_of_key(key_min: str, key_max: str) -> tuple[str, str]:
    """First and last key of a base data file, from its first and last place."""
    return key_min.partition(" ")[0], key_max.partition(" ")[0]


def read(folder: Path, data_file: DataFile, columns: Sequence[str]) -> pl.Series:
    """Every place of a data file, in order."""
    found = pl.scan_parquet(folder / data_file.path).select(place=place_of(columns)).collect()["place"]
    return found if found.is_sorted() else found.sort()


def between(columns: Sequence[str], low: str, high: str) -> pl.Expr:
    """Above `low` and up to `high`, as far as keys can tell: a filter that readers of files can make use of."""
    if tuple(columns) == BY_ID:
        return (pl.col("Id") > low) & (pl.col("Id") <= high)
    return key_of(columns).fill_null("").is_between(pl.lit(low.partition(" ")[0]), pl.lit(high.partition(" ")[0]))


def samples(sorted_places: pl.Series, *, rows: int) -> pl.DataFrame:
    """Every so-many-th place, and for how many rows it stands; exact when `rows` is small."""
    step = max(1, rows // _FINENESS)
    # Through Python: a series of texts taken out of another keeps the whole memory of that one.
    taken = sorted_places.gather_every(step, offset=step - 1).to_list()
    frame = pl.DataFrame(
        {"place": pl.Series(taken, dtype=pl.String), "rows": pl.Series([step] * len(taken), dtype=pl.Int64)}
    )
    rest = len(sorted_places) - step * len(taken)
    if rest == 0:
        return frame
    return frame.vstack(pl.DataFrame({"place": [sorted_places[-1]], "rows": pl.Series([rest], dtype=pl.Int64)}))


def windows(
    sampled: Iterable[pl.DataFrame], *, rows: int, low: str = FIRST, high: str = LAST
) -> Iterator[tuple[str, str]]:
    """Cut everything above `low` up to `high` into windows (above, up to) of about `rows` versions at most."""
    parts = [part for part in sampled if part.height]
    ordered = (
        pl.concat(parts)
        .filter(pl.col("place") > low, pl.col("place") <= high)
        .group_by("place")
        .agg(pl.col("rows").max())
        if parts
        else pl.DataFrame({"place": [], "rows": []})
    )
    if ordered.is_empty():
        return
    cuts, filled = [low], 0
    above = low
    for place, number in ordered.sort("place").iter_rows():
        if filled and filled + number > rows:
            cuts.append(above)
            filled = 0
        filled += number
        above = place
    cuts.append(high)
    yield from pairwise(cuts)
