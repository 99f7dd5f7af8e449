"""Of how many prospects anything is known to have happened, by source: what a score can be trusted with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl


@dataclass
class Coverage:
    """Gathered range by range; `sources` are the labels of all sources, so that one that brings nothing is seen."""

    sources: Iterable[str]
    prospects: int = 0
    known: int = 0
    _by_source: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)

    def add(self, frame: pl.DataFrame, happened: pl.DataFrame) -> None:
        """One range of prospects, and the activities of these and perhaps of others. What lies ahead is not counted."""
        own = happened.join(frame.select("id", "read_at"), left_on="prospect_id", right_on="id", how="inner")
        own = own.filter(pl.col("at") <= pl.col("read_at") + pl.duration(days=1))
        self.prospects += frame.height
        self.known += own["prospect_id"].n_unique()
        counts = own.group_by("source").agg(pl.col("prospect_id").n_unique().alias("count"), pl.col("at").max())
        for source, count, newest in counts.sort("source").iter_rows():
            before, last = self._by_source.get(source, (0, None))
            self._by_source[source] = (before + count, newest if last is None else max(last, newest))

    @property
    def by_source(self) -> dict[str, tuple[int, datetime | None]]:
        """Of each source for how many prospects it tells anything, and its newest time."""
        return {source: self._by_source.get(source, (0, None)) for source in dict.fromkeys(self.sources)}
