"""Which band of interest a score falls into."""

from collections.abc import Iterator, Mapping

import narwhals as nw

from engine.conditions.expressions import Columns, Frame, chosen, whole
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook
from engine.values import Values
from engine.verdicts.verdict import Output, Row, Verdict


class _Band(Verdict):
    name = "band"
    outputs = (Output("band", Kind.PICKLIST, is_written=False, is_itself=True),)

    def is_said(self, rulebook: Rulebook) -> bool:
        return bool(rulebook.bands)

    def words(self, rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
        return {"band": tuple(band.name for band in rulebook.bands)}

    def made_of(self, rulebook: Rulebook) -> frozenset[str]:
        return frozenset({"score"})

    def decide(self, frame: Frame, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
        """Adds `band_index` too. Whoever is below the lowest band belongs to it."""
        bands = rulebook.bands
        reached = [
            nw.when(nw.col("score") >= band.at_least).then(whole(index)) for index, band in enumerate(bands) if index
        ]
        index = nw.max_horizontal(whole(0), *reached) if bands else whole(None)
        names = [band.name for band in bands]
        return frame.with_columns(band_index=index).with_columns(
            band=chosen("band_index", names), band__key=chosen("band_index", names)
        )

    def columns(self, rulebook: Rulebook) -> dict[str, nw.Expr]:
        return {name: nw.col(name) for name in ("band_index", "band")}

    def reasons(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[Message]:
        """None: it is never written."""
        return iter(())


BAND = _Band()
