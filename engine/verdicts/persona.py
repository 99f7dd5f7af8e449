"""Who is this? The first persona whose condition holds, and the profile it chooses."""

from typing import Any

import narwhals as nw

from engine.conditions.expressions import Columns, compile_condition
from engine.conditions.literals import chosen, whole
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook


def with_persona(frame: nw.LazyFrame[Any], rulebook: Rulebook, moment: Moment, columns: Columns) -> nw.LazyFrame[Any]:
    """Adds `persona_index`, `persona`, `buyer_role` and the columns rules read them by. Nobody is a verdict: null.

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
