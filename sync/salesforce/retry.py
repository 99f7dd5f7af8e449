"""When a call is made again: the only place, by the class of its fault. A write that may have been applied never is."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from sync.salesforce.errors import CallError, Course
from sync.salesforce.login_settings import Patience

Result = TypeVar("Result")
Sleep = Callable[[float], None]


def patiently(ask: Callable[[], Result], *, patience: Patience, sleep: Sleep, writes: bool) -> Result:
    """The result of the first attempt that succeeds, else the last attempt's CallError. No dice: one worker, one org."""

    def worth_it(error: BaseException) -> bool:
        if not isinstance(error, CallError) or error.fault.course is not Course.RETRY:
            return False
        # An org that asks for more patience than there is gets none: the next run will see.
        return error.fault.wait_seconds <= patience.longest_wait_seconds and not (
            writes and error.fault.may_have_applied
        )

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.fault.wait_seconds if isinstance(error, CallError) else 0.0
        doubled = patience.first_wait_seconds * 2.0 ** (state.attempt_number - 1)
        return max(asked, min(doubled, patience.longest_wait_seconds))

    return Retrying(
        retry=retry_if_exception(worth_it),
        stop=stop_after_attempt(patience.attempts),
        wait=wait,
        sleep=sleep,
        reraise=True,
    )(ask)
