"""What the audit says of each change in the end, whatever the number of entries and however few of them are held."""

from collections.abc import Mapping
from typing import Any

import pytest

from sync.audit.last_states import LastStates
from sync.store.events import Event


def proposed(change: str, *, plan: str = "p1") -> Mapping[str, Any]:
    return {"event": Event.CHANGE_PROPOSED, "plan": plan, "change": change, "to": "planned"}


def moved(change: str, to: str) -> Mapping[str, Any]:
    return {"event": Event.CHANGE_MOVED, "change": change, "to": to}


def shown(plan: str = "p1") -> Mapping[str, Any]:
    return {"event": Event.PLAN_PROPOSED, "plan": plan}


def dropped(plan: str = "p1") -> Mapping[str, Any]:
    return {"event": Event.PLAN_DROPPED, "plan": plan}


LIFE = [proposed("b"), proposed("a"), shown(), moved("b", "approved"), moved("a", "rejected"), moved("b", "applied")]


@pytest.mark.parametrize("notes_max", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(LIFE, [("a", "rejected"), ("b", "applied")], id="the last entry counts"),
        pytest.param([proposed("a")], [], id="a plan in the making"),
        pytest.param([proposed("a"), dropped()], [], id="a plan that was dropped"),
        pytest.param(
            [proposed("a"), dropped(), proposed("a", plan="p2"), shown("p2")], [("a", "planned")], id="proposed again"
        ),
        pytest.param(
            [proposed("a"), proposed("b"), dropped(), proposed("a"), shown()], [("a", "planned")], id="made anew by its run"
        ),
        pytest.param([proposed("a"), dropped(), proposed("a")], [], id="in the making anew"),
        pytest.param([{"event": Event.PAUSED, "by": "os:me@here"}, *LIFE], [("a", "rejected"), ("b", "applied")],
                     id="entries of other things"),
    ],
)  # fmt: skip
def test_the_last_word_on_each_change_is_found(
    entries: list[Mapping[str, Any]], found: list[tuple[str, str]], notes_max: int
) -> None:
    with LastStates(notes_max=notes_max) as told:
        for entry in entries:
            told.note(entry)

        assert list(told.last()) == found


def test_no_more_is_held_than_may_be() -> None:
    with LastStates(notes_max=10) as told:
        for number in range(1_000):
            told.note(moved(f"{number * 7 % 1_000:04}", "applied"))
            assert len(told._notes) < 10

        assert [change for change, _ in told.last()] == [f"{number:04}" for number in range(1_000)]
