"""The share of the records in scope that one rule may change: whole records, and the bound itself is within it."""

from collections import Counter

import pytest

from engine.messages import Message
from engine.plan.guards import Weight, limits_passed
from engine.rulebook.policy import Limits, Policy
from engine.rulebook.rulebook import Rulebook
from tests.engine.small_org import directory_of, refs

(A,) = refs("rule/a")
DIRECTORY = directory_of(Rulebook("r", "d"))


@pytest.mark.parametrize(
    ("percent", "in_scope", "count", "limit"),
    [
        pytest.param(10, 100, 10, None, id="at the bound"),
        pytest.param(10, 100, 11, 10, id="one more"),
        pytest.param(10, 109, 11, 10, id="a part of a record is none"),
        pytest.param(10, 110, 11, None, id="a record more in scope"),
        pytest.param(0, 100, 1, 0, id="none at all"),
        pytest.param(100, 5, 5, None, id="all"),
        pytest.param(None, 5, 99, None, id="no such limit"),
    ],
)
def test_a_rule_may_change_its_share(percent: int | None, in_scope: int, count: int, limit: int | None) -> None:
    found = Weight(in_scope=in_scope, by_rule=Counter({A: count}))
    rules = limits_passed(found, Policy(limits=Limits(rule_percent=percent)), DIRECTORY).rules
    told = {A: Message.of("note.limit.rule", rule=str(A), changes=count, limit=limit)}
    assert rules == ({} if limit is None else told)
    assert all(isinstance(message.params["limit"], int) for message in rules.values())
