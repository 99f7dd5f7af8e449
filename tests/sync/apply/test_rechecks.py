"""Rechecks while a run applies: what is impossible before anything is sent, and what is read again and judged anew."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from engine.actions.set_field import SetField
from engine.changes.change import Base, Change, Effects, OwnerWhy, Turn
from engine.changes.states import State
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.moments import Moment
from engine.plan.recheck import Recheck, Ruling
from engine.rulebook.rulebook import Assignment, AutomationRule, Pool, Reference, Rulebook
from mapping.field_map.field_map import FieldMap, MappedField, ObjectMap
from mapping.field_map.types import Record
from mapping.soql import moment
from sync.apply.recheck import Rechecks
from sync.mirror.mirror import Mirror
from sync.plan.versions import PlanVersion
from sync.pull.reread import Reread
from sync.store import batches
from sync.store.changes import Move
from sync.store.database import Store
from sync.store.leases import Lease
from tests.engine.small_org import BIG
from tests.soql_org import AT, Org, key, lead

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

US, ANN, BOB, LEFT, NOBODY = (f"005{name:0>15}" for name in ("U", "A", "B", "L", "N"))
INBOUND, CASES = (f"00G{name:0>15}" for name in ("I", "C"))
SECOND = timedelta(seconds=1)
RATING, EMPLOYEES = (
    MappedField("rating", "Rating", Kind.TEXT),
    MappedField("employees", "NumberOfEmployees", Kind.INTEGER),
)
PHONE = MappedField("phone", "Phone", Kind.TEXT)
RUN = {"run": "Leadsync_Run__c"}
# Leads have no phone, so no rule sets one there.
MAP = FieldMap((ObjectMap("Contact", (RATING, EMPLOYEES, PHONE), RUN), ObjectMap("Lead", (RATING, EMPLOYEES), RUN)))
WARM = AutomationRule("warm", "warm", BIG, (SetField("rating", "Warm", key="warm"), SetField("phone", "03")))
TEAM = Pool("team", "team", (Reference("ann@x"), Reference("bob@x")))
RULEBOOK = Rulebook("r", "d", rules=(WARM,), assignment=Assignment((TEAM,), (Reference("Inbound"),), "team"))


def user(user_id: str, name: str, *, is_active: bool = True) -> Record:
    return {
        "Id": user_id, "SystemModstamp": moment(AT), "Username": f"{name}@x", "Name": name, "IsActive": is_active,
        "UserType": "Standard",
    }  # fmt: skip


PEOPLE = {str(one["Id"]): one for one in (user(ANN, "ann"), user(BOB, "bob"), user(LEFT, "left", is_active=False))}


@dataclass
class Table:
    """A store with approved changes, an org, and a mirror that a pull left."""

    store: Store
    org: Org
    mirror: Mirror
    lease: Lease
    run: str
    propose: Callable[..., None]
    plans: list[str] = field(default_factory=list)

    def of(self, plan_id: str) -> PlanVersion:
        """What a plan was made by."""
        self.plans.append(plan_id)
        return PlanVersion(RULEBOOK, MAP, Moment(AT, "Asia/Tokyo"))

    def rechecks(self) -> Rechecks:
        reread = Reread(cast("Any", self.org), self.mirror, cast("Any", self.org), timedelta())
        return Rechecks(self.store, reread, cast("Any", self), us=US)

    def approved(self, *made: Change) -> tuple[Change, ...]:
        self.propose(State.APPROVED, *made)
        return made

    def sent_before(self, *made: Change) -> None:
        """Sent in vain and approved again."""
        with self.store.transaction() as tx:
            moves = [Move(each.change_id, State.SENDING) for each in made]
            batch = batches.intend(tx, self.lease, moves, run=self.run, mode="guarded", at=AT)
            back = [Move(each.change_id, State.APPROVED) for each in made]
            batches.answer(tx, batch, back, run=self.run, at=AT)

    def hold(self, *rows: Record, name: str = "Lead") -> None:
        """The org has these records now."""
        self.org.records[name] = {str(row["Id"]): row for row in rows}


@pytest.fixture
def table(
    store: Store, mirror: Mirror, lay: Callable[..., None], lease: Lease, run: str, propose: Callable[..., None]
) -> Table:
    users = [{**one, "SystemModstamp": AT, "ManagerId": None, "UserRoleId": None, "TimeZoneSidKey": None} for one in PEOPLE.values()]  # fmt: skip
    lay("User", *users)
    group = {"Type": "Queue", "RelatedId": None}
    lay("Group", {**group, "Id": INBOUND, "DeveloperName": "Inbound", "Name": "Inbound"}, {**group, "Id": CASES, "DeveloperName": "Cases", "Name": "Cases"})  # fmt: skip
    lay("QueueSobject", {"Id": "1", "QueueId": INBOUND, "SobjectType": "Lead"}, {"Id": "2", "QueueId": CASES, "SobjectType": "Lead"})  # fmt: skip
    queues: dict[str, Record] = {"1": {"Id": "1", "QueueId": INBOUND, "SobjectType": "Lead"}, "2": {"Id": "2", "QueueId": CASES, "SobjectType": "Case"}}  # fmt: skip
    return Table(store, Org({"User": dict(PEOPLE), "QueueSobject": queues}), mirror, lease, run, propose)


def c(number: int) -> str:
    """The id of a change."""
    return f"{number:032}"


def warm(number: int, *, name: str = "Lead", **said: Any) -> Change:
    """A lead of Ann's that is to be warm."""
    base = Base(AT, AT, AT)
    change = Change(c(number), name, key(number), ANN, {"rating": None}, {"rating": "Warm"}, base)
    return replace(change, inputs={"employees": 500}, **said)


def now(number: int, **said: Any) -> Record:
    """The same lead as the org has it now: it was Bob who wrote it last."""
    return lead(number, **{"OwnerId": ANN, "NumberOfEmployees": 500, "LastModifiedById": BOB, **said})


def moving(number: int, to: str, *, owner: str = INBOUND, why: OwnerWhy = OwnerWhy.QUEUE) -> Change:
    turn = Effects(turn=Turn("team", to, 1))
    return warm(number, owner=owner, before={"owner": owner}, after={"owner": to}, owner_why=why, effects=turn)


def test_before_anything_is_sent_what_is_known_to_be_impossible_ends(table: Table, lay: Callable[..., None]) -> None:
    gone, converted, both = ({"IsDeleted": True}, {"IsConverted": True}, {"IsDeleted": True, "IsConverted": True})
    marks = {0: gone, 1: gone, 2: converted, 3: both, 4: {}}
    lay("Lead", *({"Id": key(number), "IsConverted": False, **said} for number, said in marks.items()))
    made = table.approved(
        *(warm(number) for number in marks),
        *(moving(number, to) for number, to in ((5, BOB), (6, LEFT), (7, INBOUND), (8, CASES), (9, NOBODY))),
    )
    table.sent_before(made[0])
    rechecks = table.rechecks()
    assert rechecks.barred(made) == {
        c(1): Recheck(Ruling.GONE),
        c(2): Recheck(Ruling.BLOCKED, note=Message.of("note.converted")),
        c(3): Recheck(Ruling.GONE),
        c(6): Recheck(Ruling.BLOCKED, note=Message.of("note.inactive_owner")),
        c(8): Recheck(Ruling.BLOCKED, note=Message.of("note.no_queue")),
    }
    # What was sent before is read before anything is said of it.
    assert rechecks.doubtful == {c(0)}


def test_the_new_owner_is_asked_for_as_they_are_now(table: Table) -> None:
    table.org.records["User"] = {ANN: user(ANN, "ann", is_active=False), BOB: user(BOB, "bob"), LEFT: user(LEFT, "left")}  # fmt: skip
    made = table.approved(moving(1, ANN), moving(2, LEFT))
    assert table.rechecks().barred(made).keys() == {c(1)}


def test_a_move_from_an_owner_who_is_active_again_is_doubtful(table: Table) -> None:
    made = table.approved(
        moving(1, BOB, owner=ANN, why=OwnerWhy.INACTIVE),
        moving(2, BOB, owner=LEFT, why=OwnerWhy.INACTIVE),
        moving(3, BOB, owner=NOBODY, why=OwnerWhy.INACTIVE),
        moving(4, BOB, owner=ANN, why=OwnerWhy.REASSIGN),
        warm(5, owner_why=OwnerWhy.INACTIVE),
    )
    rechecks = table.rechecks()
    assert (rechecks.barred(made), rechecks.doubtful) == ({}, {c(1)})


def test_what_was_doubtful_in_one_slice_stays_so_in_the_next(table: Table) -> None:
    one, other = table.approved(warm(1), moving(2, BOB, owner=ANN, why=OwnerWhy.INACTIVE))
    table.sent_before(one)
    rechecks = table.rechecks()
    rechecks.barred([one])
    rechecks.barred([other])
    assert rechecks.doubtful == {c(1), c(2)}


def test_without_changes_nobody_is_asked(table: Table) -> None:
    assert (table.rechecks().barred([]), table.org.asked) == ({}, [])


def test_what_is_read_again_comes_back_on_the_version_read(table: Table) -> None:
    later = AT + SECOND
    first, second, third = table.approved(warm(1), warm(2), warm(3))
    moved = {"LastModifiedDate": moment(later), "SystemModstamp": moment(later)}
    table.hold(now(1, NumberOfEmployees=600, **moved), now(2, NumberOfEmployees=5))
    by = {"by": BOB, "at": "2026-11-20 12:00"}
    assert table.rechecks().read_and_recheck([first, second, third]) == {
        c(1): Recheck(Ruling.HOLDS, replace(first, base=Base(later, later, AT), inputs={"employees": 600})),
        c(2): Recheck(Ruling.CONFLICT, note=Message.of("note.inputs_moved_by", **by), signed="note.inputs_moved_by"),
        c(3): Recheck(Ruling.GONE),
    }
    assert table.plans == [table.run]


def test_changes_of_two_objects_are_read_each_from_its_own(table: Table) -> None:
    one, other = table.approved(
        warm(1, name="Contact", before={"rating": None, "phone": None}, after={"rating": "Warm", "phone": "03"}),
        warm(2),
    )
    table.hold(now(1), name="Contact")
    table.hold(now(2))
    found = table.rechecks().read_and_recheck([one, other])
    assert {key: each.ruling for key, each in found.items()} == {c(1): Ruling.HOLDS, c(2): Ruling.HOLDS}


def test_what_carries_a_run_that_sent_it_is_ours_though_no_answer_came(table: Table) -> None:
    made = table.approved(warm(1), warm(2))
    table.sent_before(*made)
    table.hold(*(now(number, Rating="Warm", Leadsync_Run__c=run) for number, run in ((1, table.run), (2, "R0"))))  # fmt: skip
    assert table.rechecks().read_and_recheck(made) == {
        c(1): Recheck(Ruling.WRITTEN, note=Message.of("note.settled")),
        c(2): Recheck(Ruling.UNCHANGED),
    }


def test_a_queue_takes_what_it_takes_now_and_a_pool_has_whom_it_has_now(table: Table) -> None:
    queued, pooled = table.approved(moving(1, CASES), moving(2, BOB))
    table.sent_before(queued, pooled)
    table.hold(*(now(number, NumberOfEmployees=5, OwnerId=INBOUND) for number in (1, 2)))
    rechecks = table.rechecks()
    assert rechecks.barred([queued, pooled]) == {}
    found = rechecks.read_and_recheck([queued, pooled])
    assert {key: each.ruling for key, each in found.items()} == {c(1): Ruling.BLOCKED, c(2): Ruling.HOLDS}


def test_whoever_was_known_before_a_slice_is_known_after_it(table: Table) -> None:
    """Bob is asked for by one slice; Ann, who may take the lead of another, nobody asked for."""
    one, other = table.approved(moving(1, BOB), moving(2, ANN))
    table.hold(now(2, NumberOfEmployees=5, OwnerId=INBOUND))
    rechecks = table.rechecks()
    rechecks.barred([one])
    assert rechecks.read_and_recheck([other])[c(2)].ruling is Ruling.HOLDS


def test_in_a_block_what_has_not_moved_holds_as_it_is_and_the_rest_is_rechecked(table: Table) -> None:
    later = moment(AT + SECOND)
    made = table.approved(warm(1), warm(2), warm(3), warm(4))
    table.hold(
        now(1, OwnerId=BOB),
        now(2, SystemModstamp=later),
        now(3, SystemModstamp=later, IsDeleted=True),
        now(4, NumberOfEmployees=5),
    )
    rechecks = table.rechecks()
    rechecks.doubtful.add(c(4))
    found = rechecks.compare(made)
    assert found.keys() == {c(1), c(2), c(3), c(4)}
    assert found[c(1)] == Recheck(Ruling.HOLDS, made[0])
    assert found[c(2)] == Recheck(Ruling.HOLDS, replace(made[1], base=Base(AT, AT + SECOND, AT)))
    assert [found[each].ruling for each in (c(3), c(4))] == [Ruling.GONE, Ruling.CONFLICT]


def test_in_a_block_where_nothing_moved_nothing_is_rechecked(table: Table) -> None:
    (change,) = table.approved(warm(1))
    table.hold(now(1, OwnerId=BOB))
    rechecks = table.rechecks()
    assert rechecks.compare([change]) == {c(1): Recheck(Ruling.HOLDS, change)}
    assert [soql for soql in table.org.asked if "FROM Lead" in soql] == table.org.asked
    assert len(table.org.asked) == 1
