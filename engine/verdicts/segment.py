"""Who is in the market now? All segments whose conditions hold; what is written is the first of them by rank."""

from collections.abc import Iterator, Mapping

import narwhals as nw

from engine.changes.change import RuleRef
from engine.conditions.expressions import Columns, Frame, chosen, compile_condition, whole
from engine.conditions.fields import Kind, member_column
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook, Segment
from engine.values import Values
from engine.verdicts.verdict import Output, Row, Verdict


class _Segment(Verdict):
    name = "segment"
    outputs = (Output("segment", Kind.PICKLIST, is_several=True, none="agreement.no_segment"),)
    is_one_item = False

    def is_said(self, rulebook: Rulebook) -> bool:
        return bool(rulebook.segments)

    def items(self, rulebook: Rulebook) -> tuple[Segment, ...]:
        return rulebook.segments

    def words(self, rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
        return {"segment": tuple(segment.name for segment in rulebook.segments)}

    def decide(self, frame: Frame, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
        """Adds `segment_index` too, and whether each holds. An unknown condition is passed over, as a persona's is."""
        holds = {
            member_column(self.name, segment.name): compile_condition(segment.when, moment, columns)
            for segment in rulebook.segments
        }
        first = [nw.when(nw.col(column)).then(whole(index)) for index, column in enumerate(holds)]
        names = [segment.name for segment in rulebook.segments]
        return (
            (frame.with_columns(**holds) if holds else frame)
            .with_columns(segment_index=nw.min_horizontal(*first) if first else whole(None))
            .with_columns(segment=chosen("segment_index", names), segment__key=chosen("segment_index", names))
        )

    def columns(self, rulebook: Rulebook) -> dict[str, nw.Expr]:
        return {name: nw.col(name) for name in ("segment_index", "segment")}

    def cited(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[RuleRef]:
        if row["segment_index"] is not None and self.writes(after):
            yield RuleRef(self.name, rulebook.segments[row["segment_index"]].id)

    def reasons(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[Message]:
        name = row["segment"]
        yield Message.of("reason.segment", segment=name) if name else Message.of("reason.no_segment")


SEGMENT = _Segment()
