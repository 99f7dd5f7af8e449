"""A plan of a part: only those are looked at to whom something has happened, and nothing is other than if all had been."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.changes.plan import Plan
from engine.changes.states import OPEN, State
from engine.errors import LeadsyncError
from sync.app import open_worker
from sync.audit.verify import verify_store
from sync.cycle import propose
from sync.plan.affected import OF_NOBODY, OF_RECORDS
from sync.plan.revert import revert
from sync.review.decisions import give_back, lift
from sync.run import Worker, begin
from sync.sandbox.exchange import RefusalError
from sync.sandbox.server import Opened
from sync.sandbox.worlds import World
from sync.store import changes, checkpoints, plans, runs
from sync.store.events import Event
from sync.store.plans import PlanRecord
from sync.store.vocabulary import RunVerb
from tests import people
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage, staged

MAP = """
prospects:
  Lead:
    fields: {title: Title, employees: NumberOfEmployees, prefecture: State, rating: Rating, email: Email}
  Contact:
    fields: {title: Title, prefecture: MailingState, employees: {related: account employees}, email: Email}
    lookups: {account: AccountId}
related:
  Account: {fields: {industry: Industry, employees: NumberOfEmployees}}
activities:
  - {object: Task, prospect: WhoId, at: CreatedDate, kind: form submission}
  - {files: "exports/*.csv", prospect: email, match: email, at: at, kind: page view}
"""
RULES = {
    **RULEBOOK,
    "rulebook.yaml": RULEBOOK["rulebook.yaml"]
    + "change limit: {percent: 10, min: 4, max: 100}\nowner limit: {percent: 20, min: 2}\npeople win: {default: 2 days}\n",
    "scoring.yaml": "points: {form submission: 50, page view: 10}\n",
    "automation/rules.yaml": RULEBOOK["automation/rules.yaml"]
    + "\n- {name: makers, when: {account industry: Machinery}, then: [{tag: maker}]}\n",
}
MINUTE, HOUR, DAY = 60, 3_600, 86_400


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An org whose baseline is behind us, and whose last plan looked at everybody."""
    with begun(tmp_path / "folder", peopled, rulebook=RULES, field_map=MAP) as one:
        yield one


def peopled(stage: Stage) -> None:
    for number in range(6):
        stage.add_lead(Title="課長", NumberOfEmployees=200 * number, Email=f"lead{number}@example.jp")
    for number in range(2):
        account = stage.add("Account", Name=f"会社{number}", OwnerId=stage.owner_id("suzuki"), NumberOfEmployees=100)
        named = {"LastName": "佐々木", "AccountId": account, "Email": f"contact{number}@example.jp"}
        stage.add("Contact", OwnerId=stage.owner_id("tanaka"), **named)
    stage.cycle(with_owners=False)
    stage.plan()
    stage.plan()


def evaluated(plan: Plan) -> int:
    return plan.counts["evaluated"]


def lead_of(stage: Stage, number: int = 0) -> str:
    """One of the leads there are."""
    leads = sorted(one for one, lead in stage.server.world.tables["Lead"].items() if not lead.get("IsDeleted"))
    return leads[number % len(leads)]


def dropped(stage: Stage, name: str, rows: Mapping[str, str]) -> None:
    """A file of page views, by e-mail address."""
    path = stage.folder / "exports" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("email,at\n" + "".join(f"{who},{at}\n" for who, at in rows.items()), encoding="utf-8")


def test_an_idle_run_looks_at_nobody(stage: Stage) -> None:
    assert evaluated(stage.plan()) == 0


def test_one_edit_makes_one_evaluation(stage: Stage) -> None:
    lead = lead_of(stage)
    stage.edit("suzuki", lead, NumberOfEmployees=5000)
    plan = stage.plan()
    assert (evaluated(plan), [change.record_id for change in plan.changes]) == (1, [lead])


def test_an_activity_makes_its_prospect_looked_at(stage: Stage) -> None:
    stage.add("Task", WhoId=lead_of(stage, 2), Status="Completed")
    plan = stage.plan()
    assert (evaluated(plan), [change.record_id for change in plan.changes]) == (1, [lead_of(stage, 2)])


def test_an_account_makes_its_contacts_looked_at(stage: Stage) -> None:
    account = next(iter(stage.server.world.tables["Account"]))
    stage.edit("suzuki", account, Industry="Machinery", NumberOfEmployees=900)
    assert evaluated(stage.plan()) == 1


def test_a_time_to_come_is_looked_at_when_it_has_come(stage: Stage) -> None:
    dropped(stage, "planned.csv", {"lead1@example.jp": "2026-11-20T12:00:00+09:00"})
    assert [evaluated(stage.plan()), evaluated(stage.plan())] == [1, 0]
    stage.advance(4 * HOUR)
    plan = stage.plan()
    assert (evaluated(plan), len(plan.changes)) == (1, 1)


def test_the_first_plan_of_a_day_looks_at_all(stage: Stage) -> None:
    stage.advance(DAY)
    first, second = stage.plan(), stage.plan()
    assert (evaluated(first), evaluated(second)) == (8, 0)


def test_when_a_person_leaves_all_are_looked_at(stage: Stage) -> None:
    stage.leave("suzuki")
    assert evaluated(stage.plan()) == 8


def test_all_are_looked_at_when_asked_for(stage: Stage) -> None:
    assert looked_at_all(stage.worker).counts["evaluated"] == 8


def test_what_the_edit_of_one_leaves_alone_is_counted_all_the_same(stage: Stage) -> None:
    stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.plan()
    stage.edit("suzuki", lead_of(stage), NumberOfEmployees=5000)
    assert stage.plan().counts["kept"] == 1


def test_figures_of_everybody_are_those_of_the_last_run_that_looked_at_all(stage: Stage) -> None:
    stage.plan()
    with stage.worker.store.read() as tx:
        header, run = plans.record(tx, stage.run_id), runs.run(tx, stage.run_id)
    assert header is not None
    assert run is not None
    assert (told := run.figures.plan) is not None
    assert (survey := told.survey) is not None
    assert header.whole_id != header.plan_id
    assert (told.whole, header.counts["in_scope"], survey.coverage.prospects) == (header.whole_id, 8, 8)


def test_a_limit_is_told_by_all_and_holds_no_drips(stage: Stage) -> None:
    """Four changes may be made at once; they come one by one, and each waits."""
    for number in range(6):
        stage.add_lead(owner="Inbound_Leads", Title="課長", Email=f"new{number}@example.jp")
    stage.plan()
    assert stage.states() == {State.HELD: 6}
    stage.edit("suzuki", lead_of(stage), NumberOfEmployees=5000)
    assert (evaluated(stage.plan()), stage.states()) == (14, {State.HELD: 1})
    with stage.worker.store.read() as tx:
        verify_store(tx)  # what was put away of the part was dropped, and what was shown is told


@pytest.mark.long
def test_what_waits_weighs_once_however_often_its_record_is_touched(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    for number in range(3):
        stage.plan()
        stage.touch(lead, pi__score__c=float(number))
    assert stage.plan().counts["kept"] == 1
    with stage.worker.store.read() as tx:
        assert (checkpoint := checkpoints.latest(tx))
    assert checkpoint.weight.leaving == {stage.owner_id("Inbound_Leads"): 1}


def test_all_are_looked_at_when_more_are_due_than_a_range_holds(stage: Stage) -> None:
    dropped(stage, "planned.csv", {f"lead{number}@example.jp": "2026-11-20T12:00:00+09:00" for number in range(4)})
    assert evaluated(stage.plan()) == 4
    stage.advance(4 * HOUR)
    small = replace(stage.worker, settings=stage.worker.settings.model_copy(update={"range_records": 3}))
    with begin(small, RunVerb.PLAN) as run:
        assert propose(run, with_owners=True).counts["evaluated"] == 8


def test_every_event_of_the_audit_says_whom_it_stirs() -> None:
    assert {*OF_RECORDS, *OF_NOBODY, Event.PULLED} == set(Event)
    assert not OF_RECORDS & OF_NOBODY


# --- whatever happens


def edited(stage: Stage, number: int) -> None:
    values: list[dict[str, str | int | None]] = [
        {"NumberOfEmployees": 5000}, {"NumberOfEmployees": None}, {"Title": "部長"}, {"State": "大阪府"},
        {"Rating": "Cold"}, {"Title": None}, {"Email": "lead0@example.jp"}, {"Persona__c": "nobody"},
    ]  # fmt: skip
    stage.edit("takahashi", lead_of(stage, number), **values[number % len(values)])


def related(stage: Stage, number: int) -> None:
    accounts = sorted(stage.server.world.tables["Account"])
    values = ({"Industry": "Machinery"}, {"NumberOfEmployees": 5000}, {"Industry": "Retail"})[number % 3]
    stage.edit("takahashi", accounts[number % len(accounts)], **values)


def owned(stage: Stage, number: int) -> None:
    owner = ("Inbound_Leads", "yamamoto", "suzuki", "smith")[number % 4]
    stage.edit("takahashi", lead_of(stage, number), OwnerId=stage.owner_id(owner))


def called(stage: Stage, number: int) -> None:
    stage.add("Task", WhoId=lead_of(stage, number), Status="Completed")


def recalled(stage: Stage, number: int) -> None:
    """A call turns out to have been with somebody else."""
    tasks = sorted(stage.server.world.tables["Task"])
    if tasks:
        stage.edit("takahashi", tasks[number % len(tasks)], WhoId=lead_of(stage, number + 1))


def visited(stage: Stage, number: int) -> None:
    """Somebody by an address, perhaps later today."""
    at = stage.worker.clock.now() + timedelta(minutes=(number % 5 - 2) * 97)
    dropped(stage, f"visits{number}.csv", {f"lead{number % 8}@example.jp": at.isoformat()})


def merged(stage: Stage, number: int) -> None:
    winner, loser = lead_of(stage, number), lead_of(stage, number + 1)
    if winner != loser:
        stage.server.act(partial(_merged, winner=winner, loser=loser))


def _merged(world: World, now: datetime, *, winner: str, loser: str) -> World:
    return people.merge(world, now, "takahashi", winner_id=winner, loser_id=loser)


def approved(stage: Stage, number: int) -> None:
    waits = sorted(standing_of(stage))
    stage.approve(*(waits[: number % 3 + 1] if number % 2 else ())) if waits else None


def standing_of(stage: Stage) -> list[str]:
    with stage.worker.store.read() as tx:
        return [each.record_id for each in changes.waiting(tx, stage.run_id, after="", most=99)]


def rejected(stage: Stage, number: int) -> None:
    if waits := sorted(standing_of(stage)):
        stage.reject(waits[number % len(waits)])


def taken_back(stage: Stage, number: int) -> None:
    with stage.worker.store.read() as tx:
        ids = plans.ids(tx)
    with begin(stage.worker, RunVerb.REVERT) as run:
        revert(run, runs_that_wrote(stage)[number % len(ids)] if runs_that_wrote(stage) else ids[0])


def runs_that_wrote(stage: Stage) -> list[str]:
    with stage.worker.store.read() as tx:
        return [run.run_id for run in runs.latest(tx, limit=99) if run.verb == "apply"] * 9


ACTIONS: Mapping[str, Callable[[Stage, int], object]] = {
    "edit": edited,
    "relate": related,
    "own": owned,
    "call": called,
    "recall": recalled,
    "visit": visited,
    "merge": merged,
    "convert": lambda stage, number: stage.convert(lead_of(stage, number)),
    "remove": lambda stage, number: stage.remove(lead_of(stage, number)),
    "add": lambda stage, number: stage.add_lead(owner=("Inbound_Leads", "suzuki")[number % 2], Title="課長"),
    "many": lambda stage, _: [stage.add_lead(owner="Inbound_Leads", Title="課長") for _ in range(4)],
    "leave": lambda stage, number: stage.leave(("ito", "nakamura", "tanaka", "yamamoto", "suzuki")[number % 5]),
    "touch": lambda stage, number: stage.touch(lead_of(stage, number), pi__score__c=float(number)),
    "approve": approved,
    "reject": rejected,
    "apply": lambda stage, _: stage.apply(),
    "lift": lambda stage, _: lift(stage.worker.store, record_ids=None, actor="os:a@desk", at=stage.worker.clock.now()),
    "give back": lambda stage, number: give_back(
        stage.worker, [lead_of(stage, number)], fields=None, actor="os:chief@desk"
    ),
    "take back": taken_back,
    "hours": lambda stage, number: stage.advance((number % 4 + 1) * 2 * HOUR),
    "midnight": lambda stage, _: stage.advance(DAY),
    "nothing": lambda _stage, _number: None,
}
STEPS = st.tuples(st.sampled_from(sorted(ACTIONS)), st.integers(0, 23))


def looked_at_all(worker: Worker) -> PlanRecord:
    with begin(worker, RunVerb.PLAN) as run:
        return propose(run, with_owners=True, looks_at_all=True)


def picture(worker: Worker, header: PlanRecord) -> dict[str, object]:
    """What a plan leaves open and tells, but for when it was made and how many it looked at."""
    with worker.store.read() as tx:
        standings = changes.in_state(tx, OPEN)
    told: dict[str, object] = {
        one.change.record_id: (
            one.state, one.note, one.change.target_digest, one.change.meaning_digest, dict(one.change.after),
            one.change.effects, one.plan_id == header.plan_id,
        )
        for one in standings
    }  # fmt: skip
    told["counts"] = {name: n for name, n in header.counts.items() if name not in {"evaluated", "in_scope"}}
    return told | {"notices": sorted(notice.record_id for notice in header.notices), "proposed": header.proposed}


def seen_by_all(stage: Stage, folder: Path) -> dict[str, object]:
    """The same by a plan of everybody in a copy of the folder."""
    shutil.copytree(stage.folder, folder)
    with open_worker(folder, sandbox=Opened.of(stage.server)) as worker:
        return picture(worker, looked_at_all(worker))


@pytest.mark.long
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(steps=st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=3, max_size=7))
def test_a_plan_of_a_part_leaves_what_one_of_all_would(steps: list[list[tuple[str, int]]]) -> None:
    with TemporaryDirectory() as home:
        folder, numbers = Path(home), count()
        with staged(folder / "folder", rulebook=RULES, field_map=MAP) as stage:
            peopled(stage)
            for together in steps:
                for name, number in together:
                    with suppress(LeadsyncError, RefusalError, KeyError):  # not possible here and now
                        ACTIONS[name](stage, number)
                stage.advance(2 * MINUTE)
                expected = seen_by_all(stage, folder / f"copy{next(numbers)}")
                with begin(stage.worker, RunVerb.PLAN) as run:
                    stage.run_id = run.run_id
                    found = picture(stage.worker, propose(run, with_owners=True))
                assert found == expected, together
