"""Who is this? The first persona whose condition holds, and the profile it chooses."""

from typing import Any

import narwhals as nw

from engine.compile import Columns, compile_condition
from engine.literals import chosen, whole
from engine.moments import Moment
from engine.rulebooks import Rulebook


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


def with_profile(frame: nw.LazyFrame[Any], rulebook: Rulebook) -> nw.LazyFrame[Any]:
    """Adds `profile_index` and `profile`: what the persona chooses, else the default, else null."""
    positions = {profile.id: index for index, profile in enumerate(rulebook.profiles)}
    by_persona = [
        nw.when(nw.col("persona_index") == index).then(whole(positions[persona.profile]))
        for index, persona in enumerate(rulebook.personas)
        if persona.profile is not None
    ]
    default = positions[rulebook.default_profile] if rulebook.default_profile is not None else None
    names = [profile.name for profile in rulebook.profiles]
    return frame.with_columns(profile_index=nw.coalesce(*by_persona, whole(default))).with_columns(
        profile=chosen("profile_index", names), profile__key=chosen("profile_index", names)
    )
