"""The ladder: golden vectors of Account Engagement, and what a criterion of several levels earns."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from engine.conditions.conditions import ALWAYS, NEVER, Condition, Leaf
from engine.conditions.fields import Field, Kind
from engine.rulebook.rulebook import Criterion, Level, Profile, Rulebook
from engine.verdicts.grade import LADDER

MATCH, NOT_MATCH = ALWAYS, NEVER
UNKNOWN = Leaf(Field("employees", Kind.INTEGER), "at least", 300)  # the prospect's is empty
DEFAULT = 2  # thirds: what each of the five criteria of the default profile is worth


def graded_by(*criteria: Criterion) -> Rulebook:
    return Rulebook("grades", "0", profiles=(Profile("only", "only", criteria),), default_profile="only")


def profile_of(states: Sequence[tuple[int, Condition]]) -> Rulebook:
    """A profile whose criteria are worth so many thirds and come out so."""
    return graded_by(
        *(Criterion(f"c{n}", f"c{n}", worth, (Level("match", worth, when),)) for n, (worth, when) in enumerate(states))
    )


@pytest.mark.parametrize(
    ("states", "steps", "grade"),
    [
        pytest.param([(DEFAULT, UNKNOWN)] * 5, None, None, id="nothing known: ungraded"),
        pytest.param([(1, MATCH)], 1, "D+", id="one third matches"),
        pytest.param([(2, MATCH)], 2, "C-", id="two thirds match"),
        pytest.param([(3, MATCH)], 3, "C", id="a whole letter matches"),
        pytest.param([(1, NOT_MATCH)], -1, "D-", id="one third does not match"),
        pytest.param([(2, NOT_MATCH)], -2, "F", id="two thirds do not match"),
        pytest.param([(DEFAULT, MATCH)] * 5, 10, "A+", id="default profile, 5 match"),
        pytest.param([(DEFAULT, MATCH)] * 4 + [(DEFAULT, UNKNOWN)], 8, "A-", id="4 match, 1 unknown"),
        pytest.param([(DEFAULT, MATCH)] * 4 + [(DEFAULT, NOT_MATCH)], 6, "B", id="4 match, 1 does not"),
        pytest.param([(DEFAULT, MATCH)] * 3 + [(DEFAULT, NOT_MATCH)] * 2, 2, "C-", id="3 match, 2 do not"),
        pytest.param([(DEFAULT, NOT_MATCH)] * 5, -10, "F", id="5 do not match"),
        pytest.param([(2, MATCH), (2, NOT_MATCH)], 0, "D", id="equal weights cancel out: D, graded"),
        pytest.param([(2, MATCH)] * 6, 12, "A+", id="6 match: saturated"),
        pytest.param([(2, MATCH)] * 6 + [(2, NOT_MATCH)], 10, "A+", id="12 then -2: summed, then clamped once"),
    ],
)
def test_the_golden_vectors_hold(
    states: Sequence[tuple[int, Condition]],
    steps: int | None,
    grade: str | None,
    verdict_of: Callable[..., dict[str, Any]],
) -> None:
    verdict = verdict_of(profile_of(states), {"employees": None})
    found = {name: verdict[name] for name in ("graded", "grade_steps", "grade_rank", "grade")}
    assert found == {
        "graded": grade is not None,
        "grade_steps": steps,
        "grade_rank": LADDER.index(grade) if grade else None,
        "grade": grade,
    }


@pytest.mark.parametrize(
    ("strong", "medium", "earned"),
    [
        pytest.param(MATCH, MATCH, 3, id="the best that holds counts once"),
        pytest.param(NOT_MATCH, MATCH, 2, id="medium only"),
        pytest.param(UNKNOWN, MATCH, 2, id="an unknown level does not hide one that holds"),
        pytest.param(NOT_MATCH, NOT_MATCH, -3, id="none holds: costs its worth"),
        pytest.param(NOT_MATCH, UNKNOWN, None, id="none holds and one is unknown: unknown"),
    ],
)
def test_a_criterion_of_several_levels_earns_the_best(
    strong: Condition, medium: Condition, earned: int | None, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    title = Criterion("title", "title", 3, (Level("strong", 3, strong), Level("medium", 2, medium)))
    assert verdict_of(graded_by(title), {"employees": None})["earned__0__0"] == earned


def test_without_a_profile_there_is_no_grade_and_the_org_keeps_its_own(
    verdict_of: Callable[..., dict[str, Any]],
) -> None:
    verdict = verdict_of(Rulebook("none", "0"), {})
    assert (verdict["grade"], verdict["by__grade"], verdict["by__profile"]) == (None, None, None)


def test_ungraded_is_a_verdict_and_empties_the_field(verdict_of: Callable[..., dict[str, Any]]) -> None:
    verdict = verdict_of(profile_of([(2, UNKNOWN)]), {"employees": None})
    assert (verdict["to__grade"], verdict["by__grade"]) == (None, -1)
