"""Columns and values of a comparison in shadow as people read them: labels of the org, owners and pools by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.words.catalogue import Words
from engine.changes.change import POOL, RuleRef
from engine.messages import Message
from engine.plan.shadow import OWNER
from engine.values import Scalar
from sync.views import phrases


@dataclass(frozen=True, slots=True)
class Agreed:
    """`names` are those of owners by id and of pools as a `RuleRef` reads; `labels` the org's own words for mapped fields."""

    words: Words
    names: Mapping[str, str]
    labels: Mapping[str, str]

    def label(self, column: str) -> str:
        return phrases.label(column, self.labels, words=self.words)

    def value(self, column: str, held: Scalar) -> str:
        if column == OWNER and isinstance(held, str):
            ref = RuleRef.read(held)
            name = self.names.get(held, ref.id or held)
            return self.words.say("agreement.pool", pool=name) if ref.kind == POOL else name
        return phrases.value(held, words=self.words)

    def kind(self, column: str, theirs: Scalar, ours: Scalar, *, is_banded: bool) -> str:
        """Of scores (`is_banded`) it is their bands that are told."""
        before, after = (self._band(held) if is_banded else self.value(column, held) for held in (theirs, ours))
        return self.words.say("report.arrow", before=before, after=after)

    def _band(self, held: Scalar) -> str:
        return self.words.say("agreement.band", band=str(held)) if held else self.words.say("agreement.no_band")

    def why(self, messages: tuple[Message, ...]) -> str:
        return phrases.sentences(messages, self.labels, words=self.words)
