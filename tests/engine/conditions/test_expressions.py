"""Conditions in three values: how groups join unknown answers, and what a count of activities asks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import narwhals as nw
import pytest

from engine.conditions.conditions import ALWAYS, NEVER, ActivityCount, Condition, Group, Join, Leaf, instead
from engine.conditions.expressions import Columns, compile_condition
from engine.conditions.fields import Field, Kind
from engine.moments import Moment
from engine.rulebook.rulebook import AutomationRule, Rulebook
from engine.verdicts.registry import activity_columns

YES, NO = ALWAYS, NEVER
UNKNOWN = Leaf(Field("employees", Kind.INTEGER), "at least", 300)  # the prospect's is empty


def answer(condition: Condition, frame: nw.DataFrame[Any], moment: Moment) -> bool | None:
    [found] = frame.select(answer=compile_condition(condition, moment, Columns()))["answer"].to_list()
    return None if found is None else bool(found)


@pytest.mark.parametrize(
    ("join", "parts", "expected"),
    [
        (Join.ALL, (YES, YES), True),
        (Join.ALL, (YES, UNKNOWN), None),
        (Join.ALL, (NO, UNKNOWN), False),
        (Join.ANY, (YES, UNKNOWN), True),
        (Join.ANY, (NO, UNKNOWN), None),
        (Join.ANY, (NO, NO), False),
        (Join.NONE, (NO, NO), True),
        (Join.NONE, (NO, UNKNOWN), None),
        (Join.NONE, (YES, UNKNOWN), False),
        (Join.ALL, (), True),
        (Join.ANY, (), False),
        (Join.NONE, (), True),
    ],
)
def test_a_group_joins_answers_as_kleene_does(
    *,
    join: Join,
    parts: tuple[Condition, ...],
    expected: bool | None,
    moment: Moment,
    prospects: Callable[..., nw.DataFrame[Any]],
) -> None:
    assert answer(Group(join, parts), prospects({"employees": None}), moment) is expected


@pytest.mark.parametrize("counts_as", [True, False])
def test_empty_counts_as_settles_the_answer_of_a_whole_group(
    *, counts_as: bool, moment: Moment, prospects: Callable[..., nw.DataFrame[Any]]
) -> None:
    frame = prospects({"employees": None})
    assert answer(Group(Join.ALL, (YES, UNKNOWN), counts_as), frame, moment) is counts_as
    assert answer(Group(Join.ALL, (NO, UNKNOWN), counts_as), frame, moment) is False


def test_empty_counts_as_settles_a_leaf_before_its_group_is_joined(
    moment: Moment, prospects: Callable[..., nw.DataFrame[Any]]
) -> None:
    settled = Leaf(UNKNOWN.field, UNKNOWN.operator, UNKNOWN.operand, empty_counts_as=False)
    assert answer(Group(Join.NONE, (settled,)), prospects({"employees": None}), moment) is True


FORMS = ActivityCount(("form",), within_days=14)


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (ActivityCount(), 4),
        (ActivityCount(("form",)), 3),
        (ActivityCount(("form", "page view")), 4),
        (ActivityCount(("form",), asset="contact"), 2),
        (ActivityCount(("form",), within_days=14), 2),
        (ActivityCount(("webinar",)), 0),
        (ActivityCount(campaign="701"), 1),
    ],
)
def test_a_count_takes_what_happened_and_nothing_to_come(
    counted: ActivityCount, expected: int, moment: Moment, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook("counts", "0", rules=(AutomationRule("r", "r", counted, ()),))
    happened = [
        {"kind": "form", "at": moment.at, "asset": "contact"},
        {"kind": "form", "at": moment.day_start(14), "asset": "catalogue"},
        {"kind": "form", "at": moment.day_start(14) - timedelta(seconds=1), "asset": "contact"},
        {"kind": "page view", "at": moment.at, "asset": None, "campaign": "701"},
        {"kind": "form", "at": moment.at + timedelta(seconds=1), "asset": "contact"},
        {"kind": "form", "at": None, "asset": "contact"},
        {"kind": "form", "at": moment.at, "asset": "contact", "prospect_id": "somebody else"},
    ]
    assert verdict_of(rulebook, {}, *happened)["activity__0"] == expected


TYPE, AMOUNT = Field("campaign type", Kind.PICKLIST), Field("amount", Kind.DECIMAL)
WEBINAR, TRADE_SHOW = Leaf(TYPE, "is", "webinar"), Leaf(TYPE, "is", "trade show")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param(WEBINAR, 2, id="its field says so"),
        pytest.param(Leaf(TYPE, "is not", "webinar"), 1, id="of those that say something else"),
        pytest.param(Leaf(TYPE, "is empty", operand=True), 1, id="nobody there to tell is empty"),
        pytest.param(Leaf(TYPE, "is", "webinar", empty_counts_as=True), 3, id="unless unknown is settled"),
        pytest.param(Group(Join.ANY, (WEBINAR, TRADE_SHOW)), 3, id="any of several"),
        pytest.param(Group(Join.NONE, (WEBINAR,)), 1, id="none of an unknown does not count"),
        pytest.param(Group(Join.ALL, (WEBINAR, Leaf(AMOUNT, "at least", 100.0))), 1, id="all of them"),
    ],
)
def test_a_count_asks_the_activity_s_own_fields(
    where: Condition, expected: int, moment: Moment, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook("counts", "0", rules=(AutomationRule("r", "r", ActivityCount(where=where), ()),))
    happened = [
        {"kind": "response", "at": moment.at, "campaign type": "webinar", "amount": 100.0},
        {"kind": "response", "at": moment.at, "campaign type": "webinar", "amount": None},
        {"kind": "response", "at": moment.at, "campaign type": "trade show"},
        {"kind": "task", "at": moment.at, "campaign type": None},
    ]
    assert verdict_of(rulebook, {}, *happened)["activity__0"] == expected


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (ActivityCount(("form",), at_least=1), False),
        (ActivityCount(("form",), at_least=0, at_most=0), True),
        (ActivityCount(("form",), at_least=0, at_most=3), True),
    ],
)
def test_who_did_nothing_is_counted_as_zero_and_never_unknown(
    *, counted: ActivityCount, expected: bool, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook("counts", "0", rules=(AutomationRule("r", "r", counted, ()),))
    assert verdict_of(rulebook, {})["rule__0"] is expected


def test_counts_that_differ_in_thresholds_share_a_column() -> None:
    few, many = ActivityCount(("form",), at_least=1), ActivityCount(("form",), at_least=5)
    rulebook = Rulebook("counts", "0", rules=(AutomationRule("r", "r", Group(Join.ANY, (few, FORMS, many)), ()),))
    assert activity_columns(rulebook) == {few: "activity__0", FORMS: "activity__1", many: "activity__0"}


def test_counts_that_ask_other_fields_do_not() -> None:
    one, other = ActivityCount(where=WEBINAR), ActivityCount(where=TRADE_SHOW)
    rulebook = Rulebook("counts", "0", rules=(AutomationRule("r", "r", Group(Join.ANY, (one, other)), ()),))
    assert activity_columns(rulebook) == {one: "activity__0", other: "activity__1"}


def test_one_leaf_is_replaced_wherever_it_stands() -> None:
    condition = Group(Join.ALL, (YES, Group(Join.ANY, (UNKNOWN, FORMS)), FORMS))
    expected = Group(Join.ALL, (YES, Group(Join.ANY, (UNKNOWN, NO)), FORMS))
    assert instead(condition, 1, NO) == expected
