"""A record that is written between a pull and its plan: what the mirror shows of it is older than what we know."""

from functools import partial

from sync.plan.make import plan_org
from sync.pull.pull import pull
from sync.reports.shadow import comparing
from sync.run import begin
from sync.store.vocabulary import LeaseName, RunVerb
from tests.stage import Stage, ids


def test_a_record_written_between_pull_and_plan_is_left_for_the_next_run(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.plan()
    with begin(stage.worker, RunVerb.PLAN) as run, stage.worker.hold(LeaseName.PULL) as lease:
        pull(run, lease)
        stage.apply()
        header = plan_org(run, lease, comparing=partial(comparing, run), with_owners=True).plan
    assert (header.proposed, header.counts["settling"], header.counts["respected"]) == (0, 1, 0)
    assert stage.lead(lead)["Persona__c"] == "user"


def test_the_next_run_takes_it_for_what_it_is(stage: Stage) -> None:
    stage.add_lead(Title="課長")
    stage.plan()
    with begin(stage.worker, RunVerb.PLAN) as run, stage.worker.hold(LeaseName.PULL) as lease:
        pull(run, lease)
        stage.apply()
        plan_org(run, lease, comparing=partial(comparing, run), with_owners=True)
    again = stage.plan()
    assert (ids(again), again.counts["settling"], again.counts["respected"]) == ([], 0, 0)
