"""What plans were made by: read once for all plans of one rulebook and map, and no more of it held than that."""

from dataclasses import replace

import pytest

from sync.app import open_worker
from sync.plan.versions import PlanVersions
from sync.run import begin
from sync.sandbox.server import Opened
from sync.store.vocabulary import RunVerb
from tests.stage import RULEBOOK, Stage, write_rulebook


@pytest.fixture
def plans(stage: Stage) -> tuple[str, str, str]:
    """Two plans of one rulebook, and one of another."""
    stage.plan()
    first = stage.run_id
    stage.plan()
    second = stage.run_id
    write_rulebook(stage.folder, {**RULEBOOK, "scoring.yaml": "points: {page view: 2}\n"})
    with open_worker(stage.folder, sandbox=Opened.of(stage.server)) as worker:
        edited = replace(stage, worker=worker)
        edited.plan()
    return first, second, edited.run_id


@pytest.mark.long
def test_plans_of_one_rulebook_share_it_and_keep_their_moments(stage: Stage, plans: tuple[str, str, str]) -> None:
    with begin(stage.worker, RunVerb.APPLY) as run:
        versions = PlanVersions(stage.worker.store, run.describes)
        first, second, edited = (versions.of(plan) for plan in plans)

    assert first.rulebook is second.rulebook
    assert first.field_map is second.field_map
    assert first.moment.at < second.moment.at < edited.moment.at
    assert edited.rulebook.digest != first.rulebook.digest


@pytest.mark.long
def test_no_more_versions_are_held_than_may_be(stage: Stage, plans: tuple[str, str, str]) -> None:
    with begin(stage.worker, RunVerb.APPLY) as run:
        versions = PlanVersions(stage.worker.store, run.describes, versions_max=1)
        read = [versions.of(plan).rulebook for plan in (plans[0], plans[1], plans[2], plans[0])]

    assert read[0] is read[1]
    assert read[0] is not read[3]
    assert read[0] == read[3]
