"""Which profile a prospect is graded by: what the persona chooses, else the default."""

from collections.abc import Iterator, Mapping

import narwhals as nw

from engine.conditions.expressions import Columns, Frame, chosen, whole
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook
from engine.values import Values
from engine.verdicts.verdict import Output, Row, Verdict


class _Profile(Verdict):
    name = "profile"
    outputs = (Output("profile", Kind.PICKLIST, none="agreement.no_profile"),)

    def is_said(self, rulebook: Rulebook) -> bool:
        return bool(rulebook.profiles)

    def words(self, rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
        return {"profile": tuple(profile.name for profile in rulebook.profiles)}

    def made_of(self, rulebook: Rulebook) -> frozenset[str]:
        return frozenset({"persona"} if any(persona.profile for persona in rulebook.personas) else ())

    def decide(self, frame: Frame, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
        """Adds `profile_index` too: what the persona chooses, else the default, else null."""
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

    def columns(self, rulebook: Rulebook) -> dict[str, nw.Expr]:
        return {name: nw.col(name) for name in ("profile_index", "profile")}

    def reasons(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[Message]:
        if row["profile"]:
            yield Message.of("reason.profile", profile=row["profile"])


PROFILE = _Profile()
