"""When a call is made again, and after how long, by what it came to: nothing else is needed for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest

from sync.salesforce.calls import patiently
from sync.salesforce.errors import CallError, Course, Fault
from sync.salesforce.login_settings import Patience

AGAIN = Fault(Course.RETRY, "SF-111")
PATIENCE = Patience(attempts=4, first_wait_seconds=1.0, longest_wait_seconds=3.0)


@dataclass
class Call:
    """A call that comes to these faults one after the other, then to an answer."""

    faults: list[Fault | Exception]
    made: int = 0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> str:
        self.made += 1
        if not self.faults:
            return "answer"
        fault = self.faults.pop(0)
        raise CallError(fault) if isinstance(fault, Fault) else fault


def asked(faults: Iterable[Fault | Exception], *, writes: bool = False) -> tuple[str, int, list[float]]:
    """What became of it, how often it was made, and what was waited between."""
    call = Call(list(faults))
    try:
        found = patiently(call, patience=PATIENCE, sleep=call.waits.append, writes=writes)
    except CallError as error:
        found = f"{error.fault.course} {error.fault.code}".strip()
    return found, call.made, call.waits


def waiting(seconds: float) -> Fault:
    return replace(AGAIN, wait_seconds=seconds)


DOUBT = replace(AGAIN, may_have_applied=True)
_READS: dict[str, tuple[list[Fault | Exception], tuple[str, int, list[float]]]] = {
    "at once": ([], ("answer", 1, [])),
    "after one fault": ([AGAIN], ("answer", 2, [1.0])),
    "waits double up to the longest": ([AGAIN] * 3, ("answer", 4, [1.0, 2.0, 3.0])),
    "in the end the last fault": ([*[AGAIN] * 3, replace(AGAIN, code="LAST")], ("retry LAST", 4, [1.0, 2.0, 3.0])),
    "as long as the org asks": ([waiting(2.5)], ("answer", 2, [2.5])),
    "at least as long as without": ([AGAIN, waiting(1.5)], ("answer", 3, [1.0, 2.0])),
    "as long as there is patience": ([waiting(3.0)], ("answer", 2, [3.0])),
    "a moment longer than that": ([waiting(3.001)], ("retry", 1, [])),
    "what may have been applied is read again": ([DOUBT], ("answer", 2, [1.0])),
}


@pytest.mark.parametrize(("faults", "expected"), _READS.values(), ids=_READS.keys())
def test_reading_is_patient(faults: list[Fault | Exception], expected: tuple[str, int, list[float]]) -> None:
    assert asked(faults) == expected


@pytest.mark.parametrize("writes", [False, True], ids=["reads", "writes"])
@pytest.mark.parametrize("course", [course for course in Course if course is not Course.RETRY])
def test_what_is_not_to_be_retried_is_asked_once(course: Course, *, writes: bool) -> None:
    assert asked([replace(AGAIN, course=course)], writes=writes) == (course.value, 1, [])


def test_a_write_that_surely_had_no_effect_is_sent_again() -> None:
    assert asked([AGAIN, waiting(3.0)], writes=True) == ("answer", 3, [1.0, 3.0])


def test_a_write_that_may_have_been_applied_never_is() -> None:
    assert asked([DOUBT], writes=True) == ("retry", 1, [])
    assert asked([AGAIN, DOUBT], writes=True) == ("retry", 2, [1.0])


def test_what_is_no_fault_of_a_call_is_raised_as_it_is() -> None:
    with pytest.raises(ValueError, match="not ours"):
        asked([ValueError("not ours")])
