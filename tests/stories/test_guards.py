"""Guards as people meet them: what is held and why, what goes on, and what nobody decides in time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.changes.states import State
from engine.errors import PlanStaleError
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage, ids

_DAY_SECONDS = 86_400


@contextmanager
def ruled(folder: Path, *lines: str) -> Iterator[Stage]:
    """The stage with more in its rulebook.yaml; the baseline is behind us."""
    header = RULEBOOK["rulebook.yaml"] + "".join(f"{line}\n" for line in lines)
    with begun(folder, Stage.plan, rulebook={**RULEBOOK, "rulebook.yaml": header}) as stage:
        yield stage


def test_more_of_a_leavers_leads_than_their_limit_are_held_and_new_leads_go_on(tmp_path: Path) -> None:
    with ruled(tmp_path / "f", "owner limit: {percent: 20, min: 2, leavers: 50}") as stage:
        theirs = [stage.add_lead(owner="ito", Title="課長") for _ in range(4)]
        stage.cycle()
        stage.leave("ito")
        other = stage.add_lead(owner="Inbound_Leads", Title="課長")
        stage.plan()
        assert {stage.standing_of(lead) for lead in theirs} == {State.HELD}
        assert {stage.note_of(lead) for lead in theirs} == {"note.limit.owner"}
        assert stage.standing_of(other) is State.PLANNED
        assert stage.approve() == 5


def test_a_new_owner_gets_only_so_many_from_one_plan(tmp_path: Path) -> None:
    with ruled(tmp_path / "f", "owner limit: {new owner: 1}") as stage:
        leads = [stage.add_lead(owner="Inbound_Leads", Title="課長") for _ in range(4)]
        stage.plan()
        held = [lead for lead in leads if stage.standing_of(lead) is State.HELD]
        assert len(held) == 2  # of three who take turns, the first got two
        assert {stage.note_of(lead) for lead in held} == {"note.limit.new_owner"}


def test_a_rule_that_suddenly_holds_for_many_is_held_for_all_of_them(tmp_path: Path) -> None:
    with ruled(tmp_path / "f", "rule limit: {percent: 40}") as stage:
        big = [stage.add_lead(NumberOfEmployees=5000) for _ in range(2)]
        small = [stage.add_lead(NumberOfEmployees=400) for _ in range(2)]
        stage.plan()
        assert {stage.note_of(lead) for lead in big} == {"note.limit.rule"}
        assert {stage.standing_of(lead) for lead in small} == {State.APPROVED}


def test_what_nobody_decides_in_time_expires_and_is_judged_afresh(stage: Stage) -> None:
    """Asked on a Friday: it stands until Tuesday night, and a plan on Wednesday asks anew."""
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.plan()
    first = stage.run_id
    stage.advance(4 * _DAY_SECONDS)
    assert ids(stage.plan()) == []
    stage.advance(_DAY_SECONDS)
    assert ids(stage.plan()) == [lead]
    assert stage.states(first) == {State.EXPIRED: 1}
    assert stage.states() == {State.PLANNED: 1}


def test_an_apply_expires_what_waited_too_long_and_sends_what_was_approved(stage: Stage) -> None:
    waiting, approved = (stage.add_lead(owner="Inbound_Leads", Title="課長") for _ in range(2))
    stage.plan()
    stage.approve(approved)
    stage.advance(6 * _DAY_SECONDS)
    stage.apply()
    assert (stage.standing_of(waiting), stage.note_of(waiting)) == (State.EXPIRED, "note.expired")
    assert stage.standing_of(approved) is State.APPLIED


def test_an_expired_plan_can_no_longer_be_approved_though_no_run_has_looked_at_it(stage: Stage) -> None:
    stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.plan()
    stage.advance(30 * _DAY_SECONDS)
    with pytest.raises(PlanStaleError, match="PL-406"):
        stage.approve()


def test_a_long_list_is_decided_whole_or_not_at_all_when_one_of_it_is_strange(stage: Stage) -> None:
    leads = [stage.add_lead(owner="Inbound_Leads", Title="課長") for _ in range(3)]
    stage.plan()
    with pytest.raises(PlanStaleError, match="PL-403"):
        stage.approve(*leads, "00Q000000000000AAA")
    assert stage.states() == {State.PLANNED: 3}
