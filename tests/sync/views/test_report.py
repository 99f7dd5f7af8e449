"""Loads count what is done or may still be done, and nothing else."""

from engine.changes.states import State
from sync.views.report import Load, RunReport


def test_a_move_in_conflict_loads_nobody(report: RunReport) -> None:
    queue, suzuki, smith = report.loads[2], report.loads[0], report.loads[1]

    assert (queue.before, queue.after) == (3, 1)
    assert (suzuki.before, suzuki.after) == (5, 6)
    assert (smith.before, smith.after) == (0, 1)


def test_people_come_before_queues_and_the_busiest_first(report: RunReport) -> None:
    assert [load.owner.name for load in report.loads] == ["鈴木 一郎", "Emma Smith", "新規リード"]


def test_records_are_neither_made_nor_lost(report: RunReport) -> None:
    def total(loads: tuple[Load, ...]) -> tuple[int, int]:
        return sum(load.before for load in loads), sum(load.after for load in loads)

    assert total(report.loads) == (8, 8)


def test_states_add_up_to_the_changes(report: RunReport) -> None:
    assert report.heading.states == {State.PLANNED: 1, State.APPLIED: 2, State.CONFLICT: 1}
    assert sum(report.heading.states.values()) == len(list(report.rows))
