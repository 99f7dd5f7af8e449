"""Who is this? The first persona whose condition holds."""

from collections.abc import Iterator, Mapping

import narwhals as nw

from engine.changes.change import RuleRef
from engine.conditions.expressions import Columns, Frame, chosen, compile_condition, whole
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import Persona, Rulebook
from engine.values import Values
from engine.verdicts.verdict import Output, Row, Verdict


class _Persona(Verdict):
    name = "persona"
    outputs = (
        Output("persona", Kind.PICKLIST, none="agreement.no_persona"),
        Output("buyer_role", Kind.PICKLIST, none="agreement.no_persona"),
    )

    def is_said(self, rulebook: Rulebook) -> bool:
        return bool(rulebook.personas)

    def items(self, rulebook: Rulebook) -> tuple[Persona, ...]:
        return rulebook.personas

    def words(self, rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
        return {
            "persona": tuple(persona.name for persona in rulebook.personas),
            "buyer_role": tuple(persona.role for persona in rulebook.personas),
        }

    def decide(self, frame: Frame, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
        """Adds `persona_index` too. Nobody is a verdict: null.

        An unknown condition is passed over: the next persona is tried.
        """
        holding = [
            nw.when(compile_condition(persona.when, moment, columns)).then(whole(index))
            for index, persona in enumerate(rulebook.personas)
        ]
        index = nw.min_horizontal(*holding) if holding else whole(None)
        names = [persona.name for persona in rulebook.personas]
        roles = [persona.role for persona in rulebook.personas]
        return frame.with_columns(persona_index=index).with_columns(
            persona=chosen("persona_index", names),
            persona__key=chosen("persona_index", names),
            buyer_role=chosen("persona_index", roles),
            buyer_role__key=chosen("persona_index", roles),
        )

    def columns(self, rulebook: Rulebook) -> dict[str, nw.Expr]:
        return {name: nw.col(name) for name in ("persona_index", "persona", "buyer_role")}

    def cited(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[RuleRef]:
        """Behind the profile too, which a persona may choose."""
        if row["persona_index"] is not None and ("profile" in after or self.writes(after)):
            yield RuleRef(self.name, rulebook.personas[row["persona_index"]].id)

    def reasons(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[Message]:
        name = row["persona"]
        yield Message.of("reason.persona", persona=name) if name else Message.of("reason.no_persona")


PERSONA = _Persona()
