"""What each answer makes of a change, and what is sent again in the same run."""

from collections import Counter

import pytest

from engine.changes.states import State
from engine.messages import Message
from sync.apply.answers import TRIES_MAX, comes_again, ended
from sync.salesforce.writes import Answer, WriteResult
from sync.store.changes import Move
from tests.engine.small_org import change_of

CHANGE = change_of(1, rating="Warm")
_ENDS = {
    "done": (Answer("L1", WriteResult.DONE), State.APPLIED, None),
    "no answer": (Answer("L1", WriteResult.UNKNOWN), State.UNKNOWN, None),
    "gone": (Answer("L1", WriteResult.GONE), State.GONE, None),
    "blocked": (Answer("L1", WriteResult.BLOCKED), State.APPROVED, None),
    "converted": (Answer("L1", WriteResult.CONVERTED), State.APPROVED, None),
    "no access": (Answer("L1", WriteResult.NO_ACCESS), State.APPROVED, None),
    "refused": (
        Answer("L1", WriteResult.REFUSED, "STRING_TOO_LONG", "too long", ("Title", "City")),
        State.REFUSED,
        Message.of("note.refused", code="STRING_TOO_LONG", fields="Title City"),
    ),
    "a duplicate": (
        Answer("L1", WriteResult.REFUSED, "DUPLICATES_DETECTED", "one there", rule="Leads"),
        State.REFUSED,
        Message.of("note.duplicate", code="DUPLICATES_DETECTED", rule="Leads"),
    ),
    "not got to": (Answer("L1", WriteResult.LEFT), State.APPROVED, Message.of("note.left")),
    "moved once": (Answer("L1", WriteResult.MOVED), State.APPROVED, None),
    "locked once": (Answer("L1", WriteResult.LOCKED), State.APPROVED, None),
}


@pytest.mark.parametrize(("answer", "state", "note"), _ENDS.values(), ids=_ENDS.keys())
def test_each_answer_gives_a_change_its_state(answer: Answer, state: State, note: Message | None) -> None:
    assert ended(CHANGE, answer, Counter()) == Move("C1", state, note)


@pytest.mark.parametrize(("result", "note"), [(WriteResult.MOVED, "note.moving"), (WriteResult.LOCKED, "note.locked")])
def test_after_so_many_tries_it_is_left_for_the_next_run_and_says_why(result: WriteResult, note: str) -> None:
    tries, answer = Counter[str](), Answer("L1", result)
    told = [ended(CHANGE, answer, tries).note for _ in range(TRIES_MAX)]
    assert told == [None] * (TRIES_MAX - 1) + [Message.of(note)]
    assert tries == {"C1": TRIES_MAX}


@pytest.mark.parametrize("result", list(WriteResult))
def test_only_what_met_another_version_or_a_lock_comes_again(result: WriteResult) -> None:
    again = [comes_again(CHANGE, Answer("L1", result), {"C1": tries}) for tries in (0, TRIES_MAX - 1, TRIES_MAX)]
    may = result in {WriteResult.MOVED, WriteResult.LOCKED}
    assert again == [may, may, False]
