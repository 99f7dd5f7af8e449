"""The plan as a pure function: the same values give the same plan, and only what differs is proposed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.set_field import SetField
from engine.changes.change import Change, Standing
from engine.changes.memory import EMPTY, Memory, Quiet
from engine.changes.plan import Plan, Withdrawal
from engine.changes.states import State
from engine.conditions.conditions import Leaf
from engine.conditions.fields import Field, Kind
from engine.messages import Message
from engine.moments import Moment
from engine.plan.planner import plan
from engine.rulebook.rulebook import (
    Assignment,
    AutomationRule,
    Criterion,
    Level,
    Persona,
    Pool,
    Profile,
    Reference,
    Rulebook,
)
from engine.snapshots import Queue, Range, Snapshot, User
from engine.verdicts.registry import TARGETS

AT = datetime(2026, 11, 20, tzinfo=UTC)
BIG = Leaf(Field("employees", Kind.INTEGER), "at least", 300)
RULES = Rulebook(
    name="small",
    digest="d",
    personas=(Persona("big", "big", "decision maker", BIG),),
    profiles=(Profile("fit", "fit", (Criterion("size", "size", 2, (Level("match", 2, BIG),)),)),),
    default_profile="fit",
    assignment=Assignment(
        pools=(Pool("team", "team", (Reference("ann@x"), Reference("bob@x"))),),
        intake=(Reference("Inbound"),),
        default_pool="team",
    ),
)
PEOPLE = (User("ANN", "ann@x", "Ann", is_active=True), User("BOB", "bob@x", "Bob", is_active=True),
          User("GONE", "gone@x", "Gone", is_active=False))  # fmt: skip
QUEUES = (Queue("QUEUE", "Inbound", "Inbound", objects=("Lead",)),
          Queue("CASES", "Cases", "Cases", objects=("Case",)))  # fmt: skip
ESTABLISHED = replace(EMPTY, is_established=True)


def snapshot(*leads: Mapping[str, Any]) -> Snapshot:
    """Leads of Ann's unless they say otherwise; what the org holds in write-back fields is empty."""
    at = {"created_at": AT, "modified_at": AT, "stamp": AT, "read_at": AT}
    rows = [
        {"id": f"L{number}", "object": "Lead", "owner_id": "ANN", "is_converted": False, "employees": None, **at,
         **{f"org__{target}": None for target in TARGETS}, **lead}
        for number, lead in enumerate(leads)
    ]  # fmt: skip
    kinds: dict[str, Any] = {name: pl.Datetime("us", "UTC") for name in at} | {"employees": pl.Int64}
    kinds |= {f"org__{target}": pl.Int64 if target in {"grade_rank", "score"} else pl.String for target in TARGETS}
    kinds |= {"id": pl.String, "object": pl.String, "owner_id": pl.String, "is_converted": pl.Boolean}
    names = ("prospect_id", "kind", "asset", "campaign", "source")
    nothing = pl.DataFrame(schema={**dict.fromkeys(names, pl.String), "at": pl.Datetime("us", "UTC")})
    frame: nw.DataFrame[Any] = nw.from_native(pl.DataFrame(rows, schema=kinds), eager_only=True)
    part = Range(frame, nw.from_native(nothing, eager_only=True))
    return Snapshot("ORG", "run-1", (part,), PEOPLE, QUEUES)


def planned(given: Snapshot, memory: Memory = ESTABLISHED, rules: Rulebook = RULES) -> Plan:
    return plan(given, rules, memory, moment=Moment(AT, "Asia/Tokyo"))


def _open(changes: Iterable[Change], *, ids: Iterable[str]) -> dict[str, Standing]:
    """These changes, approved, under other ids."""
    named = zip(changes, ids, strict=True)
    return {
        change.record_id: Standing(replace(change, change_id=name), State.APPROVED, "run-0") for change, name in named
    }


def test_the_same_values_give_the_same_plan() -> None:
    leads = ({"employees": 500}, {"owner_id": "QUEUE"}, {"employees": 10})
    assert planned(snapshot(*leads)).digest == planned(snapshot(*leads)).digest


def test_a_plan_has_a_digest_that_no_change_id_touches() -> None:
    """The same proposals and withdrawals under other ids, in another order of ids."""
    waiting = planned(snapshot({"owner_id": "QUEUE"}, {"owner_id": "QUEUE"})).changes
    given = snapshot({"employees": 500}, {"employees": 500})
    one = planned(given, replace(ESTABLISHED, open_changes=_open(waiting, ids=("a", "b"))))
    other = planned(given, replace(ESTABLISHED, open_changes=_open(waiting, ids=("d", "c"))))
    other = replace(
        other, changes=tuple(replace(change, change_id=f"new-{change.record_id}") for change in other.changes)
    )
    assert [withdrawal.record_id for withdrawal in one.withdrawn] == ["L0", "L1"]
    assert one.withdrawn != other.withdrawn
    assert one.digest == other.digest


def test_a_plan_that_withdraws_another_record_has_another_digest() -> None:
    proposed = planned(snapshot({"employees": 500}))
    of_one, of_other = (
        replace(proposed, withdrawn=(Withdrawal("c", record, Message("withdrawn.left")),)) for record in ("L1", "L2")
    )
    assert of_one.digest != of_other.digest


def test_another_zone_gives_another_digest() -> None:
    """The moment is part of a plan: another zone may be another day."""
    proposed = planned(snapshot({"employees": 500}))
    assert (proposed.at, proposed.zone) == (AT, "Asia/Tokyo")
    assert proposed.digest != replace(proposed, zone="Europe/London").digest


def test_another_value_gives_another_digest() -> None:
    assert planned(snapshot({"employees": 500})).digest != planned(snapshot({"employees": 10})).digest


def test_only_what_differs_is_proposed() -> None:
    held = {"org__persona": "big", "org__buyer_role": "decision maker", "org__profile": "fit", "org__grade": "C-"}
    (change,) = planned(snapshot({"employees": 500, **held, "org__grade_rank": 3})).changes
    assert (dict(change.before), dict(change.after)) == ({"grade_rank": 3}, {"grade_rank": 4})


def test_nothing_is_proposed_when_the_org_shows_what_the_rules_want() -> None:
    held = {"org__persona": "big", "org__buyer_role": "decision maker", "org__profile": "fit", "org__grade": "C-"}
    assert planned(snapshot({"employees": 500, **held, "org__grade_rank": 4})).changes == ()


def test_a_change_knows_what_its_decision_read() -> None:
    (change,) = planned(snapshot({"employees": 500})).changes
    assert dict(change.inputs) == {"employees": 500}


def test_the_oldest_lead_is_served_first() -> None:
    later, earlier = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    found = planned(snapshot({"owner_id": "QUEUE", "created_at": later}, {"owner_id": "QUEUE", "created_at": earlier}))
    assert [change.after["owner"] for change in found.changes] == ["BOB", "ANN"]


def test_an_inactive_owner_always_needs_another() -> None:
    memory = replace(ESTABLISHED, applied={"L0": {"owner": "ANN"}})
    (change,) = planned(snapshot({"owner_id": "GONE"}), memory).changes
    assert change.after["owner"] == "BOB"


def test_a_user_nobody_may_see_keeps_the_lead() -> None:
    (change,) = planned(snapshot({"owner_id": "ELSEWHERE"})).changes
    assert not change.moves_owner


def test_a_queue_for_other_objects_is_given_nothing() -> None:
    """The rule is told of as one that names somebody who may not own leads."""
    assign = AutomationRule("r", "r", BIG, (Assign(queue=Reference("Cases")),))
    found = planned(snapshot({"owner_id": "QUEUE", "employees": 500}), rules=replace(RULES, rules=(assign,)))
    assert [change.moves_owner for change in found.changes] == [False]
    assert [notice.message.key for notice in found.notices] == ["notice.not_allowed"]


def test_a_field_that_the_object_lacks_is_read_as_empty_and_never_set() -> None:
    """Only contacts have a team and a branch; the rules are asked of leads, too."""
    given = snapshot({"employees": 500})
    (part,) = given.ranges
    absent = ("team", "team__key", "branch", "branch__key")
    wider = part.prospects.with_columns(nw.lit(None, nw.String).alias(name) for name in absent)
    lacking = replace(given, ranges=(replace(part, prospects=wider, absent=frozenset(absent)),))
    is_empty = Leaf(Field("team", Kind.TEXT), "is empty", operand=True)
    rules = (
        AutomationRule("reads", "reads", is_empty, (AddTag("teamless"),)),
        AutomationRule("sets", "sets", BIG, (SetField("branch", "A", key="a"),)),
    )
    (change,) = planned(lacking, rules=replace(RULES, rules=rules)).changes
    assert ("branch" in change.after, change.effects.tags_added) == (False, (("teamless", "reads"),))


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_a_change_on_its_way_is_left_alone(state: State) -> None:
    (change,) = planned(snapshot({"owner_id": "QUEUE"})).changes
    on_its_way = replace(ESTABLISHED, open_changes={"L0": Standing(change, state, "run-0")})
    found = planned(snapshot({"owner_id": "ANN"}), on_its_way)
    assert (found.changes, found.counts["kept"], found.withdrawn) == ((), 1, ())


def test_an_open_change_of_a_converted_lead_is_withdrawn() -> None:
    (change,) = planned(snapshot({"owner_id": "QUEUE"})).changes
    memory = replace(ESTABLISHED, open_changes={"L0": Standing(change, State.APPROVED, "run-0")})
    found = planned(snapshot({"owner_id": "QUEUE", "is_converted": True}), memory)
    assert [each.because.key for each in found.withdrawn] == ["withdrawn.left"]


def test_a_refused_change_stays_quiet_while_it_means_the_same() -> None:
    (change,) = planned(snapshot({"employees": 500})).changes
    memory = replace(ESTABLISHED, quiet={"L0": (Quiet(change.target_digest, change.meaning_digest),)})
    found = planned(snapshot({"employees": 500}), memory)
    assert (found.changes, found.counts["quiet"]) == ((), 1)


def test_a_baseline_has_no_owner_moves_unless_asked() -> None:
    given = snapshot({"owner_id": "QUEUE", "employees": 500})
    found = plan(given, RULES, EMPTY, moment=Moment(AT, "Asia/Tokyo"), with_owners=False)
    assert [change.moves_owner for change in found.changes] == [False]


def test_scope_says_what_may_be_written_at_all() -> None:
    found = planned(snapshot({"employees": 500}, {"employees": 10}), rules=replace(RULES, scope=BIG))
    assert ([change.record_id for change in found.changes], found.counts["in_scope"]) == (["L0"], 1)


def test_a_scope_that_is_unknown_keeps_the_lead_out() -> None:
    assert planned(snapshot({"employees": None}), rules=replace(RULES, scope=BIG)).changes == ()
