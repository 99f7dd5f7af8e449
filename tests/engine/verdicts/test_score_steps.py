"""A score is written when it reached another band or moved by a step; one that crept inside its step is none."""

import narwhals as nw
import polars as pl
import pytest

from engine.actions.add_tag import AddTag
from engine.conditions.conditions import Condition, Leaf
from engine.conditions.fields import Field, Kind
from engine.rulebook.rulebook import AutomationRule, Band, Rulebook
from engine.verdicts.registry import conditions_of
from engine.verdicts.score_steps import ScoreSteps

SCORE = Field("score", Kind.INTEGER)
BANDS = (Band("4", 0), Band("3", 25), Band("2", 50))


def score_steps(*conditions: Condition) -> ScoreSteps:
    rules = tuple(AutomationRule(str(n), str(n), when, (AddTag("t"),)) for n, when in enumerate(conditions))
    rulebook = Rulebook("scored", "0", bands=BANDS, score_step=5, rules=rules)
    return ScoreSteps.of(rulebook, conditions_of(rulebook))


@pytest.mark.parametrize(
    ("score", "told", "written"),
    [
        pytest.param(34, 30, 30, id="inside its step"),
        pytest.param(35, 30, 35, id="a step up"),
        pytest.param(39, 44, 39, id="a step down"),
        pytest.param(24, 25, 24, id="another band below"),
        pytest.param(50, 49, 50, id="another band above"),
        pytest.param(-4, 0, 0, id="the lowest band has no beginning"),
        pytest.param(7, None, 7, id="nothing told yet"),
    ],
)
def test_a_score_is_written_when_it_left_its_step(score: int, told: int | None, written: int) -> None:
    assert score_steps().written(score, (told,)) == written


def test_the_first_that_was_told_stands() -> None:
    assert score_steps().written(34, (None, 38, 31)) == 38


@pytest.mark.parametrize(
    ("leaf", "told", "read"),
    [
        pytest.param(Leaf(SCORE, "at least", 33), 32, 34, id="a threshold between"),
        pytest.param(Leaf(SCORE, "at least", 36), 32, 32, id="a threshold above both"),
        pytest.param(Leaf(SCORE, "is", 34), 33, 34, id="the very score asked for"),
        pytest.param(Leaf(SCORE, "is", 34), 35, 34, id="right above the score asked for"),
        pytest.param(Leaf(SCORE, "between", (30, 33)), 33, 34, id="right above a span"),
        pytest.param(Leaf(SCORE, "is empty", operand=True), 33, 33, id="a question without a number"),
    ],
)
def test_a_decision_rests_on_a_score_for_which_conditions_answer_the_same(leaf: Leaf, told: int, read: int) -> None:
    assert score_steps(leaf).read(34, (told,)) == read


def test_a_condition_makes_no_score_another() -> None:
    assert score_steps(Leaf(SCORE, "at least", 33)).written(34, (32,)) == 32


def test_columns_answer_as_single_scores_do() -> None:
    known = score_steps()
    pairs = [(score, held) for score in range(-7, 60, 3) for held in (*range(-6, 60, 4), None)]
    frame = nw.from_native(pl.DataFrame(pairs, schema={"score": pl.Int64, "held": pl.Int64}, orient="row"))
    found = frame.select(differs=known.differs(nw.col("score"), nw.col("held")))["differs"].to_list()
    assert found == [known.written(score, (held,)) != held for score, held in pairs]
