"""The planner's phases: what is counted, whom a turn is given, what is withdrawn, and what the next plan must know."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from engine.actions.set_field import SetField
from engine.changes.change import Change, Standing, Turn
from engine.changes.memory import EMPTY, Memory, Overridden, Quiet, Written
from engine.changes.plan import Notice, Withdrawal
from engine.changes.states import State
from engine.conditions.conditions import ALWAYS
from engine.messages import Message
from engine.plan.follow_ups import FollowUp
from engine.plan.guards import Weight
from engine.plan.planner import Planned, Planner, plan
from engine.plan.proposals import Proposal
from engine.rulebook.policy import Approver, FieldStance, Limits, PeopleWin, Policy, Stance
from engine.rulebook.rulebook import Assignment, AutomationRule, Operation, Pool, Reference, Rulebook
from engine.snapshots import Range
from tests.engine.small_org import AT, BIG, MOMENT, Row, change_of, directory_of, part_of, refs, snapshot_of

WARM = AutomationRule("warm", "Warm", BIG, (SetField("rating", "Warm", key="warm"),))
POOLS = Assignment(
    (Pool("team", "team", (Reference("bob@x"), Reference("cyd@x"))),), (Reference("Inbound"),), default_pool="team"
)
RULES = Rulebook("small", "d", rules=(WARM,), assignment=POOLS)
ESTABLISHED = replace(EMPTY, is_established=True)
QUEUED: Row = {"owner_id": "INBOUND"}
BIG_ONE: Row = {"employees": 500}


@dataclass
class Made:
    """A plan, with what it proposed."""

    planned: Planned
    proposals: list[Proposal]

    @property
    def changes(self) -> dict[str, Change]:
        return {each.change.record_id: each.change for each in self.proposals}

    @property
    def states(self) -> dict[str, State]:
        return {each.change.record_id: each.entry.state for each in self.proposals}


def made(
    *parts: Range,
    memory: Memory = ESTABLISHED,
    rules: Rulebook = RULES,
    left: Iterable[Standing] = (),
    again: tuple[Range, ...] | None = None,
    memory_again: Memory | None = None,
    **said: Any,
) -> Made:
    """All phases of a plan; `again` and `memory_again` are as it is when ranges are read a second time."""
    settings: dict[str, Any] = {"moves_owners": True, **said}
    planner = Planner("ORG", rules, directory_of(rules), memory, moment=MOMENT, **settings)
    proposals = [proposal for part in parts for proposal in planner.read(part, memory)]
    assigned = planner.assigned()
    proposals += assigned.serve()
    for part in parts if again is None else again:
        proposals += assigned.read_again(part, memory_again or memory)
    assigned.leave(left, memory)
    return Made(assigned.planned("pull-1"), proposals)


def open_with(*changes: Change, state: State = State.APPROVED, **said: Any) -> Memory:
    standings = {change.record_id: Standing(change, state, "plan-0") for change in changes}
    return replace(ESTABLISHED, open_changes=standings, **said)


COUNTS = {"evaluated": 0, "kept": 0, "unassigned": 0, "settling": 0, "quiet": 0, "respected": 0, "undecided": 0, "in_scope": 0}  # fmt: skip


def test_a_plan_counts_what_it_looked_at() -> None:
    rows = (BIG_ONE, {"is_converted": True}, {"employees": 10}, {**BIG_ONE, "org__run": "run-1"})
    found = made(part_of(*rows), memory=replace(ESTABLISHED, written={"L3": Written(AT, "run-2")}))
    assert found.planned.outline.counts == {**COUNTS, "evaluated": 4, "in_scope": 3, "settling": 1}
    assert found.planned.follow_ups == {"L3": FollowUp(is_next=True)}
    assert list(found.changes) == ["L0"]
    assert found.planned.weight.loads == {"ANN": 3}


def test_ranges_add_up() -> None:
    found = made(part_of(BIG_ONE), part_of({"id": "L7", **BIG_ONE}, {"id": "L8", "employees": 1}))
    assert found.planned.outline.counts == {**COUNTS, "evaluated": 3, "in_scope": 3}
    assert (found.planned.weight.loads, sorted(found.changes)) == ({"ANN": 3}, ["L0", "L7"])


def test_what_waits_and_what_is_open_adds_up_over_ranges() -> None:
    waiting = {"org__run": "run-1"}
    first, second = (made(part_of({**BIG_ONE, "id": name})).changes[name] for name in ("L1", "L3"))
    parts = (part_of(waiting, BIG_ONE), part_of({**waiting, "id": "L2"}, {**BIG_ONE, "id": "L3"}))
    memory = open_with(first, second, written={name: Written(AT, "run-2") for name in ("L0", "L2")})
    found = made(*parts, memory=memory)
    assert found.planned.outline.counts == {**COUNTS, "evaluated": 4, "in_scope": 4, "settling": 2, "kept": 2}
    assert found.planned.seen == {"L1", "L3"}


def test_of_many_who_get_nobody_the_first_thousand_are_named() -> None:
    rules = replace(RULES, assignment=replace(POOLS, default_pool=None))
    outline = made(part_of(*[QUEUED] * 1_001), rules=rules).planned.outline
    assert (len(outline.notices), outline.counts["unassigned"]) == (1_000, 1_001)


def test_the_oldest_is_served_first_then_the_first_by_id() -> None:
    made_at = [AT, AT - timedelta(days=1), AT, AT]
    rows = [{**QUEUED, "created_at": at} for at in made_at]
    found = made(part_of(*rows))
    turns = {record_id: change.effects.turn for record_id, change in found.changes.items()}
    assert turns == {
        "L1": Turn("team", "BOB", 1),
        "L0": Turn("team", "CYD", 2),
        "L2": Turn("team", "BOB", 3),
        "L3": Turn("team", "CYD", 4),
    }
    assert found.planned.follow_ups == {}


def test_who_was_passed_over_is_counted() -> None:
    memory = replace(ESTABLISHED, applied={"L0": {"owner": "BOB"}})
    (change,) = made(part_of(QUEUED), memory=memory).changes.values()
    assert change.owner_because[-1] == Message.of("reason.owner.turn", pool="team", passed=1)


@pytest.mark.parametrize("drafts_max", [0, 1, 9])
def test_drafts_that_are_made_again_propose_the_same(drafts_max: int) -> None:
    rows = (QUEUED, {**QUEUED, **BIG_ONE}, BIG_ONE)
    found, held = made(part_of(*rows), drafts_max=drafts_max), made(part_of(*rows))
    assert found.changes == held.changes
    assert (found.planned.outline, found.planned.follow_ups) == (held.planned.outline, held.planned.follow_ups)


_MOVED_MEANWHILE = {
    "it stands": ((QUEUED,), ["L0"]),
    "somebody took it": (({"owner_id": "ANN"},), []),
    "it is gone": ((), []),
    "it is converted": (({**QUEUED, "is_converted": True},), []),
}


@pytest.mark.parametrize(("now", "proposed"), _MOVED_MEANWHILE.values(), ids=_MOVED_MEANWHILE.keys())
def test_what_moved_under_our_hands_is_left_for_the_next_run(now: tuple[Row, ...], proposed: list[str]) -> None:
    found = made(part_of(QUEUED), again=(part_of(*now),), drafts_max=0)
    assert list(found.changes) == proposed
    assert found.planned.follow_ups == ({} if proposed else {"L0": FollowUp(is_next=True)})


def test_what_is_on_its_way_meanwhile_is_left_to_be_settled() -> None:
    (change,) = made(part_of(QUEUED)).changes.values()
    found = made(part_of(QUEUED), memory_again=open_with(change, state=State.SENDING), drafts_max=0)
    assert (found.proposals, found.planned.outline.counts["kept"]) == ([], 0)


def test_a_field_that_the_object_lacks_is_lacking_the_second_time_too() -> None:
    lacking = part_of({**QUEUED, **BIG_ONE}, absent=("rating", "rating__key"))
    assert made(lacking, drafts_max=0).changes == made(lacking).changes


def test_a_plan_as_one_value_says_what_its_phases_say() -> None:
    part = part_of({**BIG_ONE, "rating": "Hot"}, QUEUED, {**QUEUED, "is_converted": True})
    memory = replace(open_with(change_of(2, rating="Hot")), applied={"L0": {"rating": "Warm"}})
    found = made(part, memory=memory)
    whole = plan(snapshot_of(part), RULES, memory, moment=MOMENT)
    assert whole.outline == found.planned.outline
    assert {change.record_id: change for change in whole.changes} == found.changes
    assert (len(whole.overrides), len(whole.withdrawn), list(found.changes)) == (1, 1, ["L1"])


NOBODY = replace(RULES, assignment=replace(POOLS, pools=(Pool("team", "team", ()),)))


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        pytest.param(NOBODY, Message.of("notice.nobody_free", pool="team"), id="nobody is free"),
        pytest.param(
            replace(RULES, assignment=replace(POOLS, default_pool=None)), Message.of("notice.no_pool"), id="no pool"
        ),
    ],
)
def test_who_gets_nobody_is_told_and_looked_at_again(rules: Rulebook, why: Message) -> None:
    found = made(part_of({**QUEUED, "id": "L5"}, {**QUEUED, "id": "L3"}), rules=rules)
    assert found.planned.outline.notices == (Notice("L3", why), Notice("L5", why))
    assert found.planned.outline.counts == {**COUNTS, "evaluated": 2, "in_scope": 2, "unassigned": 2}
    assert found.planned.follow_ups == dict.fromkeys(("L3", "L5"), FollowUp(is_next=True))


def test_who_gets_nobody_gets_the_fields_and_is_looked_at_again() -> None:
    found = made(part_of({**QUEUED, **BIG_ONE}), rules=NOBODY)
    assert dict(found.changes["L0"].after) == {"rating": "Warm"}
    assert found.planned.follow_ups == {"L0": FollowUp(is_next=True)}


def test_without_owners_only_fields_are_proposed() -> None:
    found = made(part_of({**QUEUED, **BIG_ONE}, QUEUED), moves_owners=False)
    assert {record_id: dict(change.after) for record_id, change in found.changes.items()} == {"L0": {"rating": "Warm"}}


def test_what_is_turned_down_is_quiet_and_takes_no_turn() -> None:
    first = made(part_of(QUEUED)).changes["L0"]
    fact = Quiet(first.target_digest, first.meaning_digest, "BOB", "team")
    found = made(part_of(QUEUED, QUEUED), memory=replace(ESTABLISHED, quiet={"L0": (fact,)}))
    assert {record_id: change.after["owner"] for record_id, change in found.changes.items()} == {"L1": "BOB"}
    assert found.planned.outline.counts == {**COUNTS, "evaluated": 2, "in_scope": 2, "quiet": 1}
    assert found.planned.follow_ups == {"L0": FollowUp(is_quiet=True)}


def test_an_open_assignment_that_was_turned_down_before_is_withdrawn() -> None:
    first = made(part_of(QUEUED)).changes["L0"]
    fact = Quiet(first.target_digest, first.meaning_digest, "BOB", "team")
    other = replace(first, change_id="C1", after={"owner": "CYD"})
    found = made(part_of(QUEUED), memory=replace(open_with(other), quiet={"L0": (fact,)}))
    assert found.planned.outline.withdrawn == (Withdrawal("C1", "L0", Message.of("withdrawn.target")),)
    assert found.proposals == []


def test_what_people_changed_and_what_cannot_be_decided_is_counted_and_noted() -> None:
    ours = {name: {"rating": "Warm"} for name in ("L0", "L1", "L2")}
    seen = {"L1": {"rating": Overridden("Cold", AT)}}
    rows = ({**BIG_ONE, "rating": "Hot"}, {**BIG_ONE, "rating": "Cold"}, {"rating": "Warm"})
    found = made(part_of(*rows), memory=replace(ESTABLISHED, applied=ours, overrides=seen))
    assert found.planned.outline.counts == {**COUNTS, "evaluated": 3, "in_scope": 3, "respected": 2, "undecided": 1}
    assert found.planned.outline.overrides == {"L0": {"rating": Overridden("Hot", AT)}}
    assert found.planned.follow_ups == {
        "L0": FollowUp(is_respected=True),
        "L1": FollowUp(is_respected=True),
        "L2": FollowUp(is_undecided=True),
    }


def test_what_is_open_still_is_kept_and_weighs() -> None:
    (change,) = made(part_of(BIG_ONE)).changes.values()
    found = made(part_of(BIG_ONE), memory=open_with(change, state=State.HELD))
    assert (found.proposals, found.planned.outline.withdrawn) == ([], ())
    assert found.planned.outline.counts == {**COUNTS, "evaluated": 1, "in_scope": 1, "kept": 1}
    assert (found.planned.weight.changes, found.planned.weight.proposed, found.planned.proposed.proposed) == (1, 0, 0)
    assert found.planned.seen == {"L0"}


_LEAVING = {
    "converted": ({**BIG_ONE, "is_converted": True}, State.APPROVED, ["withdrawn.left"], {}),
    "settled": ({**BIG_ONE, "rating": "Warm"}, State.APPROVED, ["withdrawn.settled"], {}),
    "converted, on its way": ({**BIG_ONE, "is_converted": True}, State.SENDING, [], {"L0": FollowUp(is_next=True)}),
    "on its way": (BIG_ONE, State.UNKNOWN, [], {}),
}


@pytest.mark.parametrize(("row", "state", "why", "follow_ups"), _LEAVING.values(), ids=_LEAVING.keys())
def test_what_nothing_asks_for_any_more_is_withdrawn_unless_it_is_on_its_way(
    row: Row, state: State, why: list[str], follow_ups: dict[str, FollowUp]
) -> None:
    (change,) = made(part_of(BIG_ONE)).changes.values()
    found = made(part_of(row), memory=open_with(change, state=state))
    assert [each.because.key for each in found.planned.outline.withdrawn] == why
    assert found.planned.follow_ups == follow_ups


def test_what_is_in_no_range_is_withdrawn_in_the_order_of_records() -> None:
    changes = [change_of(number, rating="Hot") for number in (5, 3)]
    memory = open_with(*changes)
    found = made(part_of(), memory=memory, left=memory.open_changes.values())
    left = Message.of("withdrawn.left")
    assert found.planned.outline.withdrawn == (Withdrawal("C3", "L3", left), Withdrawal("C5", "L5", left))


def test_what_a_person_takes_back_stands_whatever_is_wanted() -> None:
    back = replace(change_of(rating="Hot"), rules=refs("revert/C9"))
    found = made(part_of(BIG_ONE), memory=open_with(back))
    assert (found.proposals, found.planned.outline.withdrawn, found.planned.outline.counts["kept"]) == ([], (), 1)


_POLICY = Policy(owners=Approver.POLICY, limits=Limits(changes_percent=100))
# Of a lead of the intake, or of one of Ann's that is to be Warm.
FIELDS = replace(RULES, rules=(replace(WARM, when=ALWAYS),), assignment=Assignment())
_STATES = {
    "live": (replace(RULES, policy=_POLICY), ESTABLISHED, State.APPROVED),
    "a baseline": (replace(RULES, policy=_POLICY), EMPTY, State.PLANNED),
    "shadow": (replace(RULES, policy=_POLICY, operation=Operation.SHADOW), ESTABLISHED, State.PLANNED),
    "owners by a person": (RULES, ESTABLISHED, State.PLANNED),
    "fields by policy": (replace(FIELDS, policy=_POLICY), ESTABLISHED, State.APPROVED),
    "fields against somebody's value": (
        replace(FIELDS, policy=replace(_POLICY, people_win=PeopleWin(FieldStance(Stance.CONTEST)))),
        replace(ESTABLISHED, applied={"L0": {"rating": "Cold"}}),
        State.PLANNED,
    ),
    "ping-pong": (replace(RULES, policy=_POLICY), replace(ESTABLISHED, moved={"L0": (AT, AT, AT)}), State.HELD),
    "ping-pong long ago": (
        replace(RULES, policy=_POLICY),
        replace(ESTABLISHED, moved={"L0": (AT - timedelta(days=31),) * 9}),
        State.APPROVED,
    ),
}


@pytest.mark.parametrize(("rules", "memory", "state"), _STATES.values(), ids=_STATES.keys())
def test_the_state_a_change_enters_with(rules: Rulebook, memory: Memory, state: State) -> None:
    row = QUEUED if rules.assignment.intake else {}
    assert made(part_of(row), rules=rules, memory=memory).states == {"L0": state}


def test_a_baseline_and_shadow_pass_no_limit() -> None:
    strict = replace(RULES, policy=Policy(limits=Limits(changes_min=0, changes_percent=0)))
    part = part_of(BIG_ONE)
    assert made(part, rules=strict).planned.passed.whole == Message.of("note.limit", changes=1, limit=0)
    assert made(part, rules=strict, memory=EMPTY).planned.passed.whole is None
    assert made(part, rules=replace(strict, operation=Operation.SHADOW)).planned.passed.whole is None


def test_a_plan_of_a_part_carries_what_the_others_weigh() -> None:
    strict = replace(RULES, policy=Policy(limits=Limits(changes_min=3, changes_percent=0)))
    light, heavy = (made(part_of(BIG_ONE), rules=strict, carried=Weight(changes=open_)) for open_ in (2, 3))
    assert (light.planned.may_pass, heavy.planned.may_pass) == (False, True)
    assert heavy.planned.weight.changes == 4


def test_of_a_part_what_is_kept_was_counted_already() -> None:
    (change,) = made(part_of(BIG_ONE)).changes.values()
    memory = open_with(change, state=State.HELD)
    assert made(part_of(BIG_ONE), memory=memory, carried=Weight(changes=1)).planned.weight.changes == 1
    back = replace(change, rules=refs("revert/C9"))
    memory = open_with(back, state=State.HELD)
    assert made(part_of(BIG_ONE), memory=memory, carried=Weight(changes=1)).planned.weight.changes == 2


def test_who_falls_due_later_today_is_told_to_the_next_plan() -> None:
    at = AT + timedelta(hours=2)
    found = made(part_of({"employees": 10}, happened=({"kind": "form", "at": at},)))
    assert found.planned.follow_ups == {"L0": FollowUp(due_at=at)}


def test_the_outline_bears_what_the_plan_was_made_of() -> None:
    outline = made(part_of(), memory=EMPTY).planned.outline
    assert (outline.org_id, outline.at, outline.zone, outline.rulebook, outline.snapshot, outline.is_baseline) == (
        "ORG", AT, "Asia/Tokyo", "d", "pull-1", True,
    )  # fmt: skip
