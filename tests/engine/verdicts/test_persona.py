"""Who is this: the first persona that holds, and the profile it chooses."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.conditions.conditions import ALWAYS, NEVER, Condition, Leaf
from engine.conditions.fields import Field, Kind
from engine.rulebook.rulebook import Criterion, Level, Persona, Profile, Rulebook

UNKNOWN = Leaf(Field("employees", Kind.INTEGER), "at least", 300)  # the prospect's is empty


def personas(*conditions: Condition) -> Rulebook:
    """Personas named 0, 1, ... in order, of which 1 chooses a profile of its own."""
    criteria = (Criterion("any", "any", 1, (Level("match", 1, ALWAYS),)),)
    return Rulebook(
        "personas",
        "0",
        personas=tuple(
            Persona(str(n), f"persona {n}", f"role {n}", when, profile="own" if n == 1 else None)
            for n, when in enumerate(conditions)
        ),
        profiles=(Profile("default", "Default", criteria), Profile("own", "Own", criteria)),
        default_profile="default",
    )


@pytest.mark.parametrize(
    ("conditions", "persona", "profile"),
    [
        pytest.param((ALWAYS, ALWAYS), "persona 0", "Default", id="the first that holds"),
        pytest.param((NEVER, ALWAYS), "persona 1", "Own", id="chooses its profile"),
        pytest.param((UNKNOWN, ALWAYS), "persona 1", "Own", id="an unknown one is passed over"),
        pytest.param((UNKNOWN, NEVER), None, "Default", id="nobody"),
    ],
)
def test_the_first_persona_that_holds_is_chosen(
    conditions: tuple[Condition, ...], persona: str | None, profile: str, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    verdict = verdict_of(personas(*conditions), {"employees": None})
    assert (verdict["persona"], verdict["profile"]) == (persona, profile)


def test_the_persona_brings_its_buyer_role(verdict_of: Callable[..., dict[str, Any]]) -> None:
    assert verdict_of(personas(ALWAYS), {})["to__buyer_role"] == "role 0"


def test_nobody_is_a_verdict_and_empties_the_field(verdict_of: Callable[..., dict[str, Any]]) -> None:
    verdict = verdict_of(personas(NEVER), {})
    assert (verdict["to__persona"], verdict["by__persona"]) == (None, -1)


def test_a_rulebook_without_personas_leaves_the_field_alone(verdict_of: Callable[..., dict[str, Any]]) -> None:
    assert verdict_of(personas(), {})["by__persona"] is None


def test_a_criterion_of_another_profile_earns_nothing(verdict_of: Callable[..., dict[str, Any]]) -> None:
    verdict = verdict_of(personas(NEVER, ALWAYS), {})
    assert (verdict["earned__0__0"], verdict["earned__1__0"]) == (None, 1)
