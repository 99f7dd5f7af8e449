"""Which profile a prospect is graded by: what the persona chooses, else the default."""

from typing import Any

import narwhals as nw

from engine.conditions.literals import chosen, whole
from engine.rulebook.rulebook import Rulebook


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
