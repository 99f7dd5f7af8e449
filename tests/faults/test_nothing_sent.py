"""What must not be written is not even asked of the org, though it would refuse: its refusal is no guard of ours.

Guarded, a change may be asked for once under the version it was judged on; what has moved since is what that guard is for.
"""

import json
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime

import pytest

from engine.changes.states import State
from sync.sandbox.exchange import Request
from tests.stage import Stage, in_blocks, waiting


def _convert(stage: Stage, lead: str) -> None:
    stage.convert(lead)


def _remove(stage: Stage, lead: str) -> None:
    stage.remove(lead)


def _new_owner_leaves(stage: Stage, lead: str) -> None:
    stage.leave(stage.owner_of_change(stage.change_of(lead).change_id))


def _take(stage: Stage, lead: str) -> None:
    stage.edit("smith", lead, OwnerId=stage.owner_id("smith"))


def _grade(stage: Stage, lead: str) -> None:
    stage.edit("suzuki", lead, Grade__c="B")


Happens = Callable[[Stage, str], None]


@pytest.mark.parametrize(
    ("happens", "state"),
    [(_convert, State.BLOCKED), (_remove, State.GONE), (_new_owner_leaves, State.BLOCKED)],
    ids=["converted", "deleted", "the new owner left"],
)
def test_what_a_pull_or_a_look_at_the_users_showed_is_not_asked_of_the_org(
    stage: Stage, happens: Happens, state: State
) -> None:
    """One record alone is stopped; another of the same plan, for another owner, is written as ever."""
    lead, other = waiting(stage, 2)
    happens(stage, lead)
    stage.pull()
    stage.apply()
    assert (stage.standing_of(lead), stage.asked_to_write(lead)) == (state, [])
    assert (stage.standing_of(other), len(stage.asked_to_write(other))) == (State.APPLIED, 1)


@pytest.mark.parametrize(
    ("happens", "state"),
    [(_convert, State.BLOCKED), (_remove, State.GONE), (_grade, State.CONFLICT), (_take, State.APPLIED)],
    ids=["converted", "deleted", "somebody wrote what we would", "another owner, who is none of its business"],
)
def test_unguarded_what_moved_since_is_found_before_the_org_is_asked(
    stage: Stage, happens: Happens, state: State
) -> None:
    lead, other = (stage.add_lead(Title="課長") for _ in range(2))
    stage.plan()
    happens(stage, lead)
    in_blocks(stage).apply()
    assert (stage.standing_of(lead), len(stage.asked_to_write(lead))) == (state, int(state is State.APPLIED))
    assert (stage.standing_of(other), len(stage.asked_to_write(other))) == (State.APPLIED, 1)


@pytest.mark.parametrize(
    ("happens", "state"),
    [(_convert, State.BLOCKED), (_remove, State.GONE), (_grade, State.CONFLICT), (_take, State.CONFLICT)],
    ids=["converted", "deleted", "somebody wrote what we would", "somebody took it"],
)
def test_guarded_what_moved_since_was_asked_for_once_under_the_version_it_was_judged_on(
    stage: Stage, happens: Happens, state: State
) -> None:
    lead, _ = waiting(stage, 2)
    guard = stage.change_of(lead).base.modified_at
    happens(stage, lead)
    stage.apply()
    assert (stage.standing_of(lead), stage.our_writes(lead)) == (state, [])
    assert [_guard(request, lead) for request in stage.asked_to_write(lead)] == [_http(guard)]


def test_of_a_connector_s_fields_none_is_ever_asked_for(stage: Stage) -> None:
    """Account Engagement's own fields are read and never written, though they moved meanwhile."""
    lead = stage.add_lead(Title="課長")
    stage.plan()
    stage.touch(lead, pi__score__c=55.0)
    stage.apply()
    first, again = stage.asked_to_write(lead)
    assert b"pi__" not in first.body + again.body
    assert stage.standing_of(lead) is State.APPLIED


def _guard(request: Request, record_id: str) -> str:
    """The version that a record's own part of a Composite call was sent under."""
    parts = json.loads(request.body)["compositeRequest"]
    (part,) = [part for part in parts if record_id in part["url"]]
    return str(part["httpHeaders"]["If-Unmodified-Since"])


def _http(at: datetime) -> str:
    return format_datetime(at, usegmt=True)
