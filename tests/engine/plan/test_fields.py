"""Of several fields each is decided by itself: what is left alone in one says nothing of the next."""

from dataclasses import replace
from typing import Any

import pytest

from engine.actions.set_field import SetField
from engine.changes.memory import EMPTY, Memory
from engine.rulebook.rulebook import AutomationRule, Otherwise, Rulebook
from tests.engine.small_org import BIG, KNOWN, draft_of

FIRST = AutomationRule("first", "First", BIG, (SetField("rating", "Warm", Otherwise.CLEAR, key="warm"),))
EMPTIES = AutomationRule("first", "First", BIG, (SetField("rating", None),))
SECOND = AutomationRule("second", "Second", KNOWN, (SetField("phone", "03"),))
OURS = replace(EMPTY, applied={"L0": {"rating": "Warm"}})
LEAD: dict[str, Any] = {"title": "CEO", "employees": 500}

_LEFT_ALONE: dict[str, tuple[AutomationRule, Memory, dict[str, Any]]] = {
    "in place": (FIRST, EMPTY, {**LEAD, "rating": "Warm"}),
    "no rule's": (FIRST, EMPTY, {**LEAD, "employees": 10}),
    "somebody else's": (FIRST, OURS, {**LEAD, "rating": "Cold"}),
    "not ours to empty": (EMPTIES, EMPTY, {**LEAD, "rating": "Cold"}),
}


@pytest.mark.parametrize(("rule", "memory", "lead"), _LEFT_ALONE.values(), ids=_LEFT_ALONE.keys())
def test_the_field_behind_one_that_is_left_alone_is_written(
    rule: AutomationRule, memory: Memory, lead: dict[str, Any]
) -> None:
    assert draft_of(Rulebook("r", "d", rules=(rule, SECOND)), memory, **lead).after == {"phone": "03"}
