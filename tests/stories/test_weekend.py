"""A weekend between approval and apply: the connector is at work all the time, and a few people are."""

from pathlib import Path

import pytest

from engine.changes.states import State
from tests import people
from tests.stage import RULEBOOK, staged

LEADS = 300
MOVED = 7


@pytest.mark.long
def test_a_weekend_of_connector_edits_spoils_nothing_and_peoples_own_moves_stay(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=LEADS, rulebook=RULEBOOK) as stage:
        proposed = stage.plan()
        stage.approve()
        moved = [change.record_id for change in proposed.changes if change.moves_owner][:MOVED]
        stage.advance(24 * 3600)
        stage.server.act(lambda world, now: people.connector_weekend(world, now, 0.8))
        for record_id in moved:
            stage.edit("takahashi", record_id, OwnerId=stage.owner_id("watanabe"))
        stage.advance(24 * 3600)
        stage.server.act(lambda world, now: people.connector_weekend(world, now, 0.8, seed=2))

        stage.apply()

        assert stage.states() == {State.APPLIED: len(proposed.changes) - MOVED, State.CONFLICT: MOVED}
        assert {stage.owner(record_id) for record_id in moved} == {"watanabe"}
        assert stage.our_writes(moved[0]) == []
