"""Verdicts as fields: what of them is written, which items of the rulebook stand behind it, and the reasons told."""

from dataclasses import replace
from typing import Any

import pytest

from engine.actions.set_field import SetField
from engine.changes.change import Effects, Standing
from engine.changes.memory import EMPTY, Memory, Quiet
from engine.changes.states import State
from engine.conditions.conditions import Leaf
from engine.conditions.fields import Field, Kind
from engine.messages import Message
from engine.plan.drafts import Draft
from engine.plan.reasons import effect_reasons, owner_reason
from engine.rulebook.rulebook import AutomationRule, Band, Criterion, Level, Persona, Points, Profile, Rulebook
from engine.values import Values
from tests.engine.small_org import AT, BIG, change_of, draft_of, refs

CHIEF = Leaf(Field("title", Kind.TEXT), "is", "ceo")

# Verdicts: persona, profile, grade and priority, with the items of the rulebook behind them and what they read.
VERDICTS = Rulebook(
    "verdicts",
    "d",
    personas=(
        Persona("boss", "Boss", "decision maker", CHIEF),
        Persona("many", "Many", "user", BIG),
    ),
    profiles=(
        Profile("other", "Other", ()),
        Profile("fit", "Fit", (Criterion("size", "Size", 2, (Level("match", 2, BIG),)), Criterion("post", "Post", 1, (Level("match", 1, CHIEF),)))),
    ),
    default_profile="fit",
)  # fmt: skip


def test_verdicts_become_fields_with_what_they_read_and_why() -> None:
    found = draft_of(VERDICTS, employees=500, title="CEO")
    assert found.after == {
        "persona": "Boss",
        "buyer_role": "decision maker",
        "profile": "Fit",
        "grade": "C",
        "grade_rank": 5,
    }
    by_persona, by_grade = {"employees": 500, "title": "ceo"}, {"employees": 500, "title": "ceo"}
    assert found.inputs == {
        "persona": by_persona, "buyer_role": by_persona, "profile": {}, "grade": by_grade, "grade_rank": by_grade
    }  # fmt: skip
    assert found.rules == refs("persona/boss", "profile/fit")
    assert found.riders["grade_reason"] == "size+2 post+1 = C"
    assert found.because == (
        Message.of("reason.persona", persona="Boss"),
        Message.of("reason.profile", profile="Fit"),
        Message.of("reason.grade", grade="C", reason="size+2 post+1 = C"),
    )


_HELD: dict[str, Any] = {"org__persona": "Boss", "org__buyer_role": "decision maker", "org__profile": "Fit", "org__grade": "C", "org__grade_rank": 5}  # fmt: skip
# What alone is another in the org -> what is proposed, and which items stand behind it.
_VERDICTS: dict[str, tuple[dict[str, Any], Values, tuple[str, ...]]] = {
    "nothing": ({}, {}, ()),
    "persona": ({"org__persona": "Many"}, {"persona": "Boss"}, ("persona/boss",)),
    "buyer role": ({"org__buyer_role": "user"}, {"buyer_role": "decision maker"}, ("persona/boss",)),
    "profile": ({"org__profile": None}, {"profile": "Fit"}, ("persona/boss", "profile/fit")),
    "grade": ({"org__grade": "D"}, {"grade": "C"}, ("profile/fit",)),
    "rank": ({"org__grade_rank": 4}, {"grade_rank": 5}, ("profile/fit",)),
    "title, nobody's now": (
        {"title": None, "employees": 10, "org__grade": "F", "org__grade_rank": 0},
        {"persona": None, "buyer_role": None},
        (),
    ),
}


@pytest.mark.parametrize(("other", "after", "behind"), _VERDICTS.values(), ids=_VERDICTS.keys())
def test_of_verdicts_only_what_differs_is_written(
    other: dict[str, Any], after: Values, behind: tuple[str, ...]
) -> None:
    found = draft_of(VERDICTS, **{"employees": 500, "title": "CEO", **_HELD, **other})
    assert (found.after, found.rules) == (after, refs(*behind))


def test_nobody_and_ungraded_are_verdicts_and_say_so() -> None:
    unknown = draft_of(VERDICTS, **_HELD)
    assert unknown.after == {"persona": None, "buyer_role": None, "grade": None, "grade_rank": None}
    assert unknown.because == (Message.of("reason.no_persona"), Message.of("reason.ungraded"))
    assert unknown.riders["grade_reason"] == "size? post? = -"


SCORED = Rulebook(
    "scored",
    "d",
    points=(Points("form", 10_000), Points("visit", 1_000)),
    bands=(Band("cold", 0), Band("warm", 15)),
    score_step=5,
)


def score_of(score: int, memory: Memory = EMPTY, *, held: int | None = None, rulebook: Rulebook = SCORED) -> Draft:
    happened = tuple({"kind": "visit", "at": AT} for _ in range(score))
    return draft_of(rulebook, memory, happened, org__score=held)


def _asking(score: int) -> Memory:
    return replace(EMPTY, open_changes={"L0": Standing(change_of(score=score), State.APPROVED, "p")})


def _turned_down(score: int) -> Memory:
    return replace(EMPTY, quiet={"L0": (Quiet("t", "m", score=None), Quiet("t", "m", score=score))})


_SCORES = {
    "the first": (score_of, {"score": 7}, {"score": 7}),
    "crept": (score_of, {"score": 7, "held": 3}, {}),
    "crept down": (score_of, {"score": 7, "held": 11}, {}),
    "moved by a step": (score_of, {"score": 7, "held": 2}, {"score": 7}),
    "another band": (score_of, {"score": 15, "held": 14}, {"score": 15}),
    "what is asked for stands": (score_of, {"score": 7, "memory": _asking(5)}, {"score": 5}),
    "what is asked for stands before what is there": (score_of, {"score": 7, "memory": _asking(5), "held": 9}, {"score": 5}),
    "what is asked for is too far": (score_of, {"score": 12, "memory": _asking(5)}, {"score": 12}),
    "what was turned down stands": (score_of, {"score": 7, "memory": _turned_down(6)}, {"score": 6}),
    "what is there stands before what was turned down": (score_of, {"score": 7, "memory": _turned_down(6), "held": 8}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "given", "after"), _SCORES.values(), ids=_SCORES.keys())
def test_a_score_is_written_when_it_left_its_step(asked: Any, given: dict[str, Any], after: Values) -> None:
    assert asked(**given).after == after


def test_a_score_says_what_it_is_and_that_scoring_is_behind_it() -> None:
    found = score_of(7)
    assert (found.rules, found.because) == (refs("scoring"), (Message.of("reason.score", score=7),))


ABOVE = AutomationRule(
    "warm", "Warm", Leaf(Field("score", Kind.INTEGER), "at least", 10), (SetField("rating", "Warm", key="warm"),)
)
READING = Rulebook("reading", "d", points=SCORED.points, rules=(ABOVE,))
_READ = {
    "itself": (EMPTY, None, 12),
    "what is there": (EMPTY, 11, 11),
    "not over an edge of a rule": (EMPTY, 9, 12),
    "what an open change read": (
        replace(EMPTY, open_changes={"L0": Standing(replace(change_of(phone="x"), inputs={"score": 13}), State.APPROVED, "p")}),
        11,
        13,
    ),
    "what was turned down, before what is there": (_turned_down(13), 11, 13),
}  # fmt: skip


@pytest.mark.parametrize(("memory", "held", "read"), _READ.values(), ids=_READ.keys())
def test_the_score_a_rule_rests_on_stays_while_the_score_creeps(memory: Memory, held: int | None, read: int) -> None:
    assert score_of(12, memory, held=held, rulebook=READING).inputs["rating"] == {"score": read}


PRIORITIES = Rulebook(
    "priorities", "d", profiles=VERDICTS.profiles, default_profile="fit", points=SCORED.points, bands=SCORED.bands
)


def test_a_priority_says_what_it_is_or_that_there_is_none() -> None:
    graded, ungraded = draft_of(PRIORITIES, title="CEO", employees=500), draft_of(PRIORITIES, org__priority="Ccold")
    assert (graded.after["priority"], graded.because[-1]) == ("Ccold", Message.of("reason.priority", priority="Ccold"))
    assert (ungraded.after["priority"], ungraded.because[-1]) == (None, Message.of("reason.no_priority"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("x" * 248, f"{'x' * 248}+1 = D+", id="just fits"),
        pytest.param("x" * 249, f"{'x' * 249}… = D+", id="one sign too many"),
        pytest.param("x" * 300, f"{'x' * 249}… = D+", id="far too many"),
    ],
)
def test_a_grade_s_reason_fits_into_its_field_and_keeps_the_grade(name: str, reason: str) -> None:
    profile = Profile("fit", "Fit", (Criterion(name, "x", 1, (Level("match", 1, BIG),)),))
    long = Rulebook("long", "d", profiles=(profile,), default_profile="fit")
    assert draft_of(long, employees=500).riders["grade_reason"] == reason


@pytest.mark.parametrize(
    ("why", "pool", "rule", "text"),
    [
        ("queue", None, None, "queue"),
        ("queue", "team", None, "queue; pool team"),
        ("reassign", None, "hand out", "reassign; rule hand out"),
        ("inactive user", "関東", "有望リードを関東へ", "inactive user; pool 関東; rule 有望リードを関東へ"),
        ("queue", "x" * 300, None, f"queue; pool {'x' * 243}"),
    ],
    ids=["alone", "pool", "rule", "both", "as much as fits"],
)
def test_an_owner_s_reason(why: str, pool: str | None, rule: str | None, text: str) -> None:
    assert owner_reason(why=why, pool=pool, rule=rule) == text


def test_what_a_rule_that_is_gone_left_is_told_by_its_id() -> None:
    effects = Effects((("vip", "a"),), (("old", "b"),), ("c",))
    assert effect_reasons(effects, Rulebook("none", "d")) == (
        Message.of("reason.tagged", rule="a", tag="vip"),
        Message.of("reason.untagged", rule="b", tag="old"),
        Message.of("reason.fired", rule="c"),
    )
