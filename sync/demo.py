"""The demo: the main job on the sandbox org, with other people at work between its steps.

Run 1 is a baseline with owner moves asked for. Then leads arrive, reps move and correct some, and one of them leaves;
run 2 answers that, while reps and the connector go on changing leads between its plan and its apply. Run 3 has nothing
left to propose.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from config.settings.settings import FILE, load_settings
from config.starters.start import start_folder
from config.words.catalogue import Words
from engine.changes.change import Change
from engine.changes.states import State
from engine.errors import AuditError, UsageError
from engine.values import Scalar
from mapping.field_map.field_map import FieldMap
from mapping.payloads import payload
from sync.app import host_time, open_worker
from sync.audit.export import export
from sync.audit.verify import verify_export, verify_store
from sync.cycle import propose, settle
from sync.doctor.examination import examine
from sync.doctor.prerequisites import Check
from sync.plan.lookup import plan_named
from sync.reports.files import write_reports
from sync.reports.forms import Form
from sync.review.decisions import approve
from sync.run import Worker, begin
from sync.sandbox.clock import OrgClock
from sync.sandbox.database import Write
from sync.sandbox.generate import generate
from sync.sandbox.people import Happened, Office
from sync.sandbox.people_names import INTEGRATION, username
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.server import Opened, SandboxServer, opened
from sync.store import changes, runs
from sync.store.plans import PlanRecord
from sync.store.vocabulary import RunVerb
from sync.views.plan_report import report_of
from sync.views.report import RunReport

LEADS_MIN, LEADS_MAX = 20, 200_000
# 9:00 in Tokyo; every demo of one seed tells the same story, whatever the date of the host.
START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
_HOUR_SECONDS = 3600.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoRun:
    """One round of plan, approval and apply. `states`: how many of the changes its plan first proposed are in each now."""

    run: str
    pulled: Mapping[str, int]
    proposed: int
    owners: int  # of those, how many move an owner
    states: Mapping[State, int]
    rebased: int
    api_calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What the demo left behind and how it went. `unexplained_writes` compares the org's own log with ours."""

    folder: Path
    leads: int
    runs: tuple[DemoRun, ...]
    idle_plan_changes: int
    unexplained_writes: int
    report: Path
    audit: Path
    audit_entries: int
    audit_ok: bool
    checks: tuple[Check, ...]
    reports: tuple[RunReport, ...]


def run_demo(folder: Path, *, leads: int, seed: int, words: Words, say: Say) -> DemoSummary:
    """Start a folder with a sandbox org and run the main job three times. UsageError SB-104 for an impossible size."""
    if not LEADS_MIN <= leads <= LEADS_MAX:
        raise UsageError.of("SB-104", given=leads, least=LEADS_MIN, most=LEADS_MAX)  # the demo cannot make {given}…
    start_folder(folder)
    say(words.say("demo.building", leads=leads))
    world = SavedWorld(folder / "data" / "sandbox").save(generate(leads=leads, seed=seed, now=START))
    clock = OrgClock.starting_at(START, host_time)
    with SandboxServer(world, clock) as server, open_worker(folder, sandbox=Opened.of(server)) as worker:
        return _Demo(worker, server, words, say, seed).told(folder, leads)


def hurry(folder: Path) -> None:
    """Let the demo's worker look every minute instead of every quarter of an hour: who watches does not wait that long."""
    if load_settings(folder).origin("syncs"):
        return
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write('\n# デモ用: 毎分実行 / for the demo: every minute\nsyncs:\n  leads: {cron: "* * * * *"}\n')


@dataclass(frozen=True, slots=True)
class Day:
    """What time it is in the org when a day has passed, and what people did."""

    now: datetime
    zone: str
    happened: Happened


def next_day(folder: Path) -> Day:
    """A day passes in the sandbox org of a folder: people and the connector work, and its clock goes on by 24 hours.

    UsageError SB-102 without a sandbox org, SB-103 while a process serves it.
    """
    settings = load_settings(folder)
    if not settings.is_sandbox:
        raise UsageError.of("SB-102", str(folder))  # there is no sandbox org in this folder
    with opened(settings.data_folder / "sandbox", host_time) as org:
        if org.server is None:
            raise UsageError.of("SB-103", str(folder))  # another process is using the sandbox org of this folder
        office = Office(org.now().toordinal())
        org.server.act(office.day)
        org.server.advance(24 * _HOUR_SECONDS)
        (company,) = org.server.world.tables["Organization"].values()
        return Day(org.now(), str(company["TimeZoneSidKey"]), office.happened)


class _Demo:
    """The steps of the story, in order."""

    def __init__(self, worker: Worker, server: SandboxServer, words: Words, say: Say, seed: int) -> None:
        self.worker = worker
        self.server = server
        self.words = words
        self._say = say
        self.office = Office(seed)
        self._done: list[tuple[PlanRecord, str, int, float]] = []

    def told(self, folder: Path, leads: int) -> DemoSummary:
        checks = examine(self.worker, self.words)
        self.say("demo.first")
        self.round(with_owners=True)
        self.server.advance(2 * _HOUR_SECONDS)
        self.morning()
        self.server.advance(_HOUR_SECONDS)
        self.say("demo.second")
        self.round(between=self.between)
        self.server.advance(_HOUR_SECONDS)
        self.say("demo.third")
        idle = self.round()
        reports = tuple(self.report(run_id) for _, run_id, _, _ in self._done)
        written = [write_reports(report, folder / "data" / "reports", self.words) for report in reports]
        audit = folder / "data" / "audit.jsonl"
        with self.worker.store.read() as tx:
            head = export(tx, audit)
        return DemoSummary(
            folder=folder,
            leads=leads,
            runs=tuple(self.summed(*done) for done in self._done),
            idle_plan_changes=idle.proposed,
            unexplained_writes=self.unexplained(),
            report=written[1][Form.HTML],
            audit=audit,
            audit_entries=head.count,
            audit_ok=self.verified(audit, head.hash),
            checks=checks,
            reports=reports,
        )

    def round(self, *, with_owners: bool = False, between: Callable[[PlanRecord], None] | None = None) -> PlanRecord:
        """Plan, let the world go on, approve everything as the person at this machine, and apply."""
        watch = self.worker.clock.monotonic
        started = watch()
        with begin(self.worker, RunVerb.PLAN) as run:
            proposed = propose(run, with_owners=with_owners)
        calls, run_id, seconds = run.org.calls, run.run_id, watch() - started
        if between is not None:
            between(proposed)
        started = watch()
        approve(self.worker, run_id, change_ids=None, approver=self.worker.person)
        with begin(self.worker, RunVerb.APPLY) as run:
            settle(run)
        self._done.append((proposed, run_id, calls + run.org.calls, seconds + watch() - started))
        return proposed

    def morning(self) -> None:
        self.server.act(self.office.morning)
        happened = self.office.happened
        self.say("demo.morning", arrived=happened.arrived, moved=happened.moved, edited=happened.edited)

    def between(self, proposed: PlanRecord) -> None:
        """Reps take leads of which only the owner is to change; so there is nothing left to say about them later."""
        with self.worker.store.read() as tx:
            proposals = [standing.change for standing in changes.of_plan(tx, proposed.plan_id)]
        wanted = [change.record_id for change in proposals if set(change.after) == {"owner"}]
        waiting = [change.record_id for change in proposals]
        self.server.advance(_HOUR_SECONDS / 2)
        self.server.act(partial(self.office.between, wanted=wanted, waiting=waiting))
        self.server.advance(_HOUR_SECONDS / 2)
        self.say("demo.between", taken=self.office.happened.taken, scored=self.office.happened.scored)

    def summed(self, proposed: PlanRecord, run_id: str, api_calls: int, seconds: float) -> DemoRun:
        with self.worker.store.read() as tx:
            standings = changes.of_plan(tx, run_id)
            pulled = runs.run(tx, run_id)
        pull = pulled.figures.pull if pulled else None
        counted = Counter(standing.state for standing in standings)
        return DemoRun(
            run=run_id,
            pulled=pull.new if pull else {},
            proposed=proposed.proposed,
            owners=sum(standing.change.moves_owner for standing in standings),
            states={state: counted[state] for state in State if counted[state]},
            rebased=sum(standing.is_rebased for standing in standings),
            api_calls=api_calls,
            seconds=round(seconds, 2),
        )

    def report(self, run_id: str) -> RunReport:
        with self.worker.store.read() as tx:
            plan = plan_named(tx, run_id)
        return report_of(self.worker, plan)

    def unexplained(self) -> int:
        """Our user's updates in the org's own log, against the changes the store says are applied."""
        world = self.server.world
        ours = world.user_named(username(INTEGRATION))
        writes = [write for write in world.writes if ours and write.user_id == ours["Id"] and write.kind == "update"]
        with self.worker.store.read() as tx:
            applied = [standing.change for standing in changes.in_state(tx, {State.APPLIED})]
        return _unexplained(writes, applied, field_map=self.worker.field_map)

    def verified(self, audit: Path, head: str) -> bool:
        try:
            with self.worker.store.read() as tx:
                verify_store(tx, expect_head=head)
            verify_export(audit, expect_head=head)
        except AuditError:
            return False
        return True

    def say(self, key: str, **params: int) -> None:
        self._say(self.words.say(key, **params))


def _unexplained(writes: Iterable[Write], applied: Iterable[Change], *, field_map: FieldMap) -> int:
    """Writes without an applied change, applied changes without a write, and pairs whose values differ.

    `writes` are those of the integration user, in the order the org took them; `applied` in the order of their plans.
    """
    written: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for write in writes:
        written[write.record_id].append(write.after)
    planned: dict[str, list[Mapping[str, Scalar]]] = defaultdict(list)
    for change in applied:
        if not change.is_memory_only:
            planned[change.record_id].append(payload(change.after, field_map.object_named(change.object)))
    strange = 0
    for record_id in written.keys() | planned.keys():
        ours, theirs = planned[record_id], written[record_id]
        strange += abs(len(ours) - len(theirs))
        strange += sum(not _agree(values, after) for values, after in zip(ours, theirs, strict=False))
    return strange


def _agree(values: Mapping[str, Scalar], after: Mapping[str, object]) -> bool:
    return all(after.get(name) == value for name, value in values.items())
