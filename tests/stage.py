"""A stage for stories: one folder, its sandbox org, the worker, and the people who work in the org meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from config.field_map.load import map_from_text
from config.starters.start import start_folder
from engine.changes.change import Change
from engine.changes.memory import Memory
from engine.changes.plan import Plan
from engine.changes.states import State
from engine.messages import Message
from engine.snapshots import Snapshot
from sync.app import open_worker
from sync.apply.apply import Settlement
from sync.cycle import propose, settle
from sync.host.host import Clock
from sync.plan.snapshots import MirrorRanges
from sync.pull.pull import pull
from sync.review.decisions import approve, reject
from sync.run import Run, Worker, begin
from sync.sandbox.clock import OrgClock
from sync.sandbox.database import Record, Value, Write
from sync.sandbox.exchange import Request
from sync.sandbox.faults import Fault
from sync.sandbox.generate import generate
from sync.sandbox.people_names import username
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.server import Opened
from sync.sandbox.worlds import Switches, World
from sync.store import changes, memory
from sync.store.plans import PlanRecord
from sync.store.plans import record as plan_record
from sync.store.vocabulary import LeaseName, RunVerb
from tests import people
from tests.listening import ListeningServer
from tests.sandbox_org import queue_named
from tests.stores import make_file

START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
# Everything a story needs to see of the rules, on one page.
RULEBOOK = {
    "rulebook.yaml": """
name: story
default profile: fit
approval: {fields: policy, owners: person}
""",
    "personas/who.yaml": """
- {name: buyer, role: decision maker, when: {title: {rank at least: 部長}}}
- {name: user, role: end user, when: {title: {is not empty: yes}}}
""",
    "profiles/fit.yaml": """
- name: fit
  criteria:
    - {name: size, worth: 2/3, matches: {employees: {at least: 300}}}
    - {name: title, worth: 3/3, strong: {title: {rank at least: 部長}}, medium: {title: {rank at least: 課長}}}
""",
    "scoring.yaml": "points: {form submission: 50, page view: 1}\n",
    "automation/rules.yaml": """
- name: rate
  when: {employees: {at least: 1000}}
  then:
    - set: {field: rating, value: Warm, otherwise: clear}
- name: greet
  mode: once
  when: {title: {is not empty: yes}}
  then:
    - tag: greeted
- name: to kansai
  when: {prefecture: 大阪府}
  then:
    - assign: {pool: kansai}
""",
    "assignment.yaml": """
intake: [Inbound_Leads]
default pool: kanto
pools:
  - {name: kanto, members: [suzuki@sandbox.example, tanaka@sandbox.example, ito@sandbox.example], turn: least recent}
  - {name: kansai, members: [yamamoto@sandbox.example, nakamura@sandbox.example], turn: least recent}
""",
}


@dataclass
class Stage:
    """The org starts at 9:00 in Tokyo on 2026-11-20; time passes with the host's and by `advance`."""

    folder: Path
    server: ListeningServer
    worker: Worker

    def plan(self, *, with_owners: bool = True) -> Plan:
        """A run of propose, two minutes later."""
        self.advance(120)
        with begin(self.worker, RunVerb.PLAN) as run:
            self.run_id = run.run_id
            return whole(self.worker, propose(run, with_owners=with_owners))

    def pull(self) -> Run:
        """A run that only pulls, two minutes later."""
        self.advance(120)
        with begin(self.worker, RunVerb.PLAN) as run, self.worker.hold(LeaseName.PULL) as lease:
            run.tell(pull(run, lease))
        return run

    def set_to(self, **settings: object) -> "Stage":
        """The same folder with other settings, where waiting for the org takes no time."""
        worker = self.worker
        clock = Clock(worker.clock.now, lambda: worker.clock.now().timestamp(), self.advance)
        return replace(self, worker=replace(worker, settings=worker.settings.model_copy(update=settings), clock=clock))

    def read_by(self, field_map: str) -> "Stage":
        """The same folder with this text as its map."""
        return replace(self, worker=replace(self.worker, read_map=lambda: map_from_text(field_map)))

    def approve(self, *record_ids: str) -> int:
        """Approve the last plan, whole or these records of it."""
        return approve(self.worker, self.run_id, change_ids=record_ids or None, approver="os:reviewer@desk")

    def reject(self, *record_ids: str) -> int:
        return reject(self.worker, self.run_id, change_ids=record_ids or None, approver="os:reviewer@desk", reason="no")

    def apply(self) -> Settlement:
        """A run of settle, two minutes later."""
        self.advance(120)
        with begin(self.worker, RunVerb.APPLY) as run:
            return settle(run)

    def cycle(self, *, with_owners: bool = True) -> Plan:
        """Plan, approve all that waits, apply."""
        proposed = self.plan(with_owners=with_owners)
        self.approve()
        self.apply()
        return proposed

    def advance(self, seconds: float) -> None:
        self.server.advance(seconds)

    def add_lead(self, *, owner: str = "suzuki", **values: Value) -> str:
        """A lead of a manager's making; its id. `owner` is a stem of the cast or a queue's DeveloperName."""
        given = {"LastName": "佐々木", "Company": "株式会社山田製作所", "OwnerId": self.owner_id(owner), **values}
        return self.add("Lead", **given)

    def add(self, object_name: str, **values: Value) -> str:
        """A record of any object, of a manager's making; its id."""
        before = set(self.server.world.tables[object_name])
        self.server.act(lambda world, now: people.add(world, now, "takahashi", object_name, values))
        return next(iter(set(self.server.world.tables[object_name]) - before))

    def edit(self, who: str, record_id: str, **values: Value) -> None:
        self.server.act(lambda world, now: people.edit(world, now, who, record_id, values))

    def touch(self, record_id: str, **values: Value) -> None:
        """The connector writes its own fields."""
        self.server.act(lambda world, now: people.touch(world, now, record_id, values))

    def leave(self, who: str) -> None:
        self.server.act(lambda world, now: people.leave(world, now, who))

    def convert(self, record_id: str) -> None:
        self.server.act(lambda world, now: people.convert(world, now, "takahashi", record_id))

    def remove(self, record_id: str) -> None:
        self.server.act(lambda world, now: people.remove(world, now, "takahashi", record_id))

    def break_with(self, *faults: Fault) -> None:
        """What goes wrong from here on."""
        self.server.act(lambda world, _: replace(world, faults=(*world.faults, *faults)))

    def switch(self, switches: Switches) -> None:
        self.server.act(lambda world, _: replace(world, switches=switches))

    def owner_id(self, name: str) -> str:
        """The id behind a stem of the cast or a queue's DeveloperName."""
        world = self.server.world
        found = queue_named(world, name) or world.user_named(username(name))
        if found is None:
            raise KeyError(name)
        return str(found["Id"])

    def lead(self, record_id: str) -> Record:
        return self.server.world.tables["Lead"][record_id]

    def owner(self, record_id: str) -> str:
        """Who owns it: a stem of the cast, or a queue's DeveloperName."""
        world, owner = self.server.world, str(self.lead(record_id)["OwnerId"])
        user = world.find("User", owner)
        if user is not None:
            return str(user["Username"]).partition("@")[0]
        queue = world.find("Group", owner)
        return str(queue["DeveloperName"]) if queue else owner

    def our_writes(self, record_id: str | None = None) -> list[Write]:
        """What the org took from leadsync, by its own log."""
        ours = self.owner_id("leadsync")
        return [
            write
            for write in self.server.world.writes
            if write.user_id == ours and (record_id is None or write.record_id == record_id)
        ]

    def asked_to_write(self, record_id: str) -> list[Request]:
        """What the org was asked to write of a record, whether or not it did."""
        return [
            request
            for request in self.server.heard
            if record_id.encode() in request.body and (request.method in {"PATCH", "PUT"} or b'"PATCH"' in request.body)
        ]

    def states(self, plan_id: str | None = None) -> dict[State, int]:
        """Of the changes a plan first proposed (the last one's), how many are in each state now."""
        with self.worker.store.read() as tx:
            return changes.counts(tx, plan_id or self.run_id)

    def standing_of(self, record_id: str) -> State:
        """Where the last change of a record stands."""
        with self.worker.store.read() as tx:
            return changes.of_record(tx, record_id)[-1].state

    def change_of(self, record_id: str) -> Change:
        """The last change of a record, as it stands."""
        with self.worker.store.read() as tx:
            return changes.of_record(tx, record_id)[-1].change

    def owner_of_change(self, change_id: str) -> str:
        """Whom a change gives its record to: a stem of the cast."""
        with self.worker.store.read() as tx:
            owner = changes.find(tx, [change_id])[change_id].change.after["owner"]
        user = self.server.world.find("User", str(owner))
        return str(user["Username"]).partition("@")[0] if user else str(owner)

    def note(self, record_id: str) -> Message | None:
        """What is said of a record's last change."""
        with self.worker.store.read() as tx:
            return changes.of_record(tx, record_id)[-1].note

    def note_of(self, record_id: str) -> str | None:
        note = self.note(record_id)
        return note.key if note else None

    def memory(self) -> Memory:
        with self.worker.store.read() as tx:
            return memory.recall(tx)

    def header(self) -> PlanRecord:
        with self.worker.store.read() as tx:
            found = plan_record(tx, self.run_id)
        assert found is not None
        return found


@contextmanager
def staged(
    folder: Path,
    *,
    leads: int = 0,
    seed: int = 1,
    rulebook: Mapping[str, str] | None = None,
    field_map: str | None = None,
    world: World | None = None,
    now: datetime = START,
    activities_per_lead: float = 6.0,
) -> Iterator[Stage]:
    """A stage in a new folder. `rulebook` replaces the starter's files (relative path -> text), `field_map` its map;
    `world` is an org made elsewhere.
    """
    start_folder(folder)
    if rulebook is not None:
        write_rulebook(folder, rulebook)
    if field_map is not None:
        (folder / "map.yaml").write_text(field_map, encoding="utf-8")
    make_file(folder / "data" / "store.sqlite")
    world = world or generate(leads=leads, seed=seed, now=now, activities_per_lead=activities_per_lead)
    with raised(folder, world, now) as stage:
        yield stage


@contextmanager
def raised(folder: Path, world: World, now: datetime) -> Iterator[Stage]:
    """The stage of a folder that is there, its org and the hour in it."""
    world = SavedWorld(folder / "data" / "sandbox").save(world)
    clock = OrgClock.starting_at(now, lambda: datetime.now(UTC))
    with ListeningServer(world, clock) as server, open_worker(folder, sandbox=Opened.of(server)) as worker:
        yield Stage(folder, server, worker)


def write_rulebook(folder: Path, texts: Mapping[str, str]) -> None:
    """Put a rulebook in the place of the starter's."""
    home = folder / "rulebook"
    for path in sorted(home.rglob("*.yaml")):
        path.unlink()
    for name, text in texts.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")


def snapshot(run: Run, *, as_of: str | None = None) -> Snapshot:
    """What a plan of this run would be made from."""
    worker, org_id = run.worker, run.identity.org_id
    return MirrorRanges(worker.mirror, worker.field_map, as_of).snapshot(org_id=org_id, run_id=run.run_id)


def whole(worker: Worker, header: PlanRecord) -> Plan:
    """A plan as one value: header and changes."""
    with worker.store.read() as tx:
        proposed = [standing.change for standing in changes.of_plan(tx, header.plan_id)]
    return Plan(
        header.org_id,
        header.at,
        header.zone,
        header.rulebook,
        header.snapshot,
        header.is_baseline,
        changes=tuple(proposed),
        notices=header.notices,
        counts=header.counts,
    )


def ids(proposed: Plan) -> Sequence[str]:
    """The records a plan changes."""
    return [change.record_id for change in proposed.changes]


def without_phone(world: World, record_id: str) -> World:
    """The lead as it was before the validation rule came: no phone, and no writes accepted any more."""
    world.put({name: value for name, value in world.tables["Lead"][record_id].items() if name != "Phone"})
    return world


def waiting(stage: Stage, count: int = 3) -> list[str]:
    """Leads with an approved plan: fields and a new owner each."""
    leads = [stage.add_lead(owner="Inbound_Leads", Title="課長") for _ in range(count)]
    stage.plan()
    stage.approve()
    return leads


def in_blocks(stage: Stage) -> Stage:
    """The same folder, with nothing guarded but owner changes: everything else goes in Collections."""
    settings = stage.worker.settings.model_copy(update={"guarded_records_max": 0})
    return replace(stage, worker=replace(stage.worker, settings=settings))
