"""The first plan of an org is a baseline: it waits for a person, whole, and moves owners only when asked."""

from pathlib import Path

import pytest

from engine.changes.states import State
from engine.errors import UsageError
from tests.scenes import begun
from tests.stage import Stage, staged


def planned(stage: Stage) -> None:
    """A baseline that waits."""
    stage.plan(with_owners=False)


@pytest.mark.long
def test_a_baseline_waits_for_a_person(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=20) as stage:
        proposed = stage.plan(with_owners=False)
        assert proposed.is_baseline
        assert stage.states() == {State.PLANNED: len(proposed.changes)}


def test_a_baseline_moves_no_owner_unless_asked(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=30) as stage:
        assert not any(change.moves_owner for change in stage.plan(with_owners=False).changes)


def test_a_baseline_moves_owners_when_asked(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=30) as stage:
        assert any(change.moves_owner for change in stage.plan(with_owners=True).changes)


def test_a_part_of_a_baseline_cannot_be_approved(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=20) as stage:
        first = stage.plan().changes[0]
        with pytest.raises(UsageError, match="PL-402"):
            stage.approve(first.record_id)


@pytest.mark.long
def test_an_unapproved_baseline_is_followed_by_another_baseline(tmp_path: Path) -> None:
    with begun(tmp_path / "folder", planned, leads=20) as stage:
        again = stage.plan(with_owners=False)
        assert again.is_baseline
        assert again.changes == ()


@pytest.mark.long
def test_owners_move_in_the_plan_after_a_baseline_of_fields(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=30) as stage:
        stage.cycle(with_owners=False)
        proposed = stage.plan(with_owners=False)
        assert not proposed.is_baseline
        assert all(set(change.after) == {"owner"} for change in proposed.changes)
        assert proposed.changes


@pytest.mark.long
def test_a_baseline_that_still_waits_is_a_baseline_at_the_third_plan_too(tmp_path: Path) -> None:
    with begun(tmp_path / "folder", planned, leads=20) as stage:
        stage.plan(with_owners=False)
        stage.add_lead(Title="課長")
        third = stage.plan(with_owners=False)
        stage.apply()
        assert (third.is_baseline, stage.states(), stage.our_writes()) == (True, {State.PLANNED: 1}, [])


def test_a_rejected_baseline_is_followed_by_a_baseline(tmp_path: Path) -> None:
    with begun(tmp_path / "folder", planned, leads=20) as stage:
        stage.reject()
        stage.plan(with_owners=False)
        stage.add_lead(Title="課長")
        assert stage.plan(with_owners=False).is_baseline


def test_a_second_baseline_that_is_approved_does_not_approve_the_first(tmp_path: Path) -> None:
    with begun(tmp_path / "folder", planned, leads=20) as stage:
        stage.add_lead(Title="課長")
        stage.plan(with_owners=False)
        stage.approve()
        assert stage.plan(with_owners=False).is_baseline
