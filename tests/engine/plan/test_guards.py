"""Guards: what a change waits for by itself, and what holds it because of all the plan does."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.assignment.directory import Directory
from engine.changes.change import Base, Change, RuleRef
from engine.changes.states import State
from engine.messages import Message
from engine.plan.guards import Entry, Passed, Weight, entry, limits_passed, moved_lately
from engine.rulebook.policy import Approver, Limits, Policy
from engine.rulebook.rulebook import Rulebook
from engine.snapshots import Queue, User
from engine.values import Scalar
from tests.engine.small_org import refs

AT = datetime(2026, 11, 20, tzinfo=UTC)
PEOPLE = (User("ANN", "ann@x", "Ann", is_active=True), User("BOB", "bob@x", "Bob", is_active=True),
          User("GONE", "gone@x", "Gone", is_active=False))  # fmt: skip
DIRECTORY = Directory.of(PEOPLE, (Queue("QUEUE", "Inbound", "Inbound", objects=("Lead",)),), Rulebook("r", "d"))
LENIENT = Limits(changes_percent=100, changes_max=10_000)


def change(number: int = 1, *, owner: str = "ANN", rules: tuple[RuleRef, ...] = (), **after: Scalar) -> Change:
    before = dict.fromkeys(after)
    return Change(f"c{number}", "Lead", f"L{number}", owner, before, after, Base(AT, AT, AT), rules=rules)


def weight(*changes: Change, in_scope: int = 100, **loads: int) -> Weight:
    found = Weight(in_scope=in_scope, loads=Counter(loads))
    for each in changes:
        found.propose(each)
    return found


def entered(one: Change, policy: Policy, *, moved: int = 0, contests: bool = False, baseline: bool = False) -> Entry:
    return entry(one, policy, moved=moved, contests=contests, waits_for_all=baseline)


_POLICIES = {
    "fields by policy": (change(grade="A"), Policy(), State.APPROVED),
    "owners by a person": (change(owner="GONE", grade="A"), Policy(), State.APPROVED),
    "memory by the policy of fields": (change(), Policy(fields=Approver.PERSON), State.PLANNED),
}


@pytest.mark.parametrize(("one", "policy", "state"), _POLICIES.values(), ids=_POLICIES.keys())
def test_policy_says_who_approves(one: Change, policy: Policy, state: State) -> None:
    assert entered(one, policy) == Entry(state)


def test_an_owner_change_waits_for_who_approves_owners_and_fields() -> None:
    moving = replace(change(), before={"owner": "ANN", "grade": None}, after={"owner": "BOB", "grade": "A"})
    assert entered(moving, Policy()).state is State.PLANNED
    assert entered(moving, Policy(owners=Approver.POLICY)).state is State.APPROVED
    by_fields = Policy(fields=Approver.PERSON, owners=Approver.POLICY)
    assert entered(moving, by_fields).state is State.PLANNED
    assert entered(replace(moving, before={"owner": "ANN"}, after={"owner": "BOB"}), by_fields).state is State.APPROVED


def test_what_goes_against_somebody_elses_value_always_waits_for_a_person() -> None:
    assert entered(change(grade="A"), Policy(), contests=True) == Entry(State.PLANNED)


def test_a_baseline_waits_for_a_person_whatever_policy_says() -> None:
    assert entered(change(grade="A"), Policy(), moved=9, baseline=True) == Entry(State.PLANNED)


def test_a_record_that_goes_to_and_fro_is_held() -> None:
    moving = replace(change(), before={"owner": "ANN"}, after={"owner": "BOB"})
    free = Policy(owners=Approver.POLICY)
    assert entered(moving, free, moved=2) == Entry(State.APPROVED)
    assert entered(moving, free, moved=3) == Entry(State.HELD, Message.of("note.ping_pong", moves=3, days=30))
    assert entered(change(grade="A"), free, moved=3) == Entry(State.APPROVED)


def test_only_the_days_that_count_count_for_ping_pong() -> None:
    times = tuple(AT - timedelta(days=days) for days in (40, 31, 30, 29, 1))
    assert moved_lately(times, Limits(), AT) == 2


def test_over_the_change_limit_the_whole_plan_is_held() -> None:
    many = [change(number, grade="A") for number in range(51)]
    assert limits_passed(weight(*many[:50]), Policy(), DIRECTORY).holds(many[0]) is None
    passed = limits_passed(weight(*many), Policy(), DIRECTORY)
    assert passed.holds(many[0]) == Message.of("note.limit", changes=51, limit=50)


def test_what_is_held_already_counts_and_what_is_planned_does_not() -> None:
    found = weight(*(change(number, grade="A") for number in range(50)))
    found.stand(change(90, grade="A"), State.PLANNED)
    assert limits_passed(found, Policy(), DIRECTORY).whole is None
    found.stand(change(91, grade="A"), State.HELD)
    assert limits_passed(found, Policy(), DIRECTORY).whole == Message.of("note.limit", changes=51, limit=50)


def test_a_plan_that_proposes_nothing_is_not_held_for_what_others_left() -> None:
    found = weight()
    for number in range(60):
        found.stand(change(number, grade="A"), State.HELD)
    assert limits_passed(found, Policy(), DIRECTORY).whole is None


def moves(count: int, *, owner: str, to: str) -> list[Change]:
    return [
        replace(change(number, owner=owner), before={"owner": owner}, after={"owner": to}) for number in range(count)
    ]


_OWNERS = {
    "within the share": ("ANN", 20, Limits(changes_min=1_000), False),
    "over the share": ("ANN", 21, Limits(changes_min=1_000), True),
    "so few always may": ("ANN", 15, Limits(changes_min=1_000, owner_percent=1, owner_min=15), False),
    "all of a leaver": ("GONE", 100, Limits(changes_min=1_000), False),
    "a leaver's own share": ("GONE", 51, Limits(changes_min=1_000, leaver_percent=50), True),
    "all of a queue": ("QUEUE", 100, Limits(changes_min=1_000), False),
}


@pytest.mark.parametrize(("owner", "count", "limits", "is_held"), _OWNERS.values(), ids=_OWNERS.keys())
def test_so_much_of_an_owners_records_may_leave_at_once(
    owner: str,
    count: int,
    limits: Limits,
    is_held: bool,  # noqa: FBT001
) -> None:
    leaving = moves(count, owner=owner, to="BOB")
    found = weight(*leaving, ANN=100, GONE=100, QUEUE=100)
    held = limits_passed(found, Policy(limits=limits), DIRECTORY).holds(leaving[0])
    assert (held is not None and held.key == "note.limit.owner") is is_held


def test_an_owner_limit_holds_moves_only() -> None:
    found = weight(*moves(50, owner="ANN", to="BOB"), ANN=100)
    passed = limits_passed(found, Policy(limits=LENIENT), DIRECTORY)
    assert passed.holds(change(99, grade="A")) is None


def test_open_moves_of_earlier_plans_count_against_an_owners_share() -> None:
    found = weight(*moves(10, owner="ANN", to="BOB"), ANN=100)
    for each in moves(11, owner="ANN", to="BOB"):
        found.stand(each, State.PLANNED)
    assert set(limits_passed(found, Policy(limits=LENIENT), DIRECTORY).owners) == {"ANN"}


def test_one_owner_gets_only_so_many_at_once_and_others_go_on() -> None:
    to_bob, to_ann = moves(3, owner="GONE", to="BOB"), moves(2, owner="GONE", to="ANN")
    limits = replace(LENIENT, new_owner_max=2)
    passed = limits_passed(weight(*to_bob, *to_ann, GONE=100), Policy(limits=limits), DIRECTORY)
    assert passed.holds(to_bob[0]) == Message.of("note.limit.new_owner", owner="BOB", changes=3, limit=2)
    assert passed.holds(to_ann[0]) is None


def test_one_rule_changes_only_so_many_at_once() -> None:
    by_rule = [change(number, rules=(RuleRef("rule", "a"), RuleRef("pool", "k")), grade="A") for number in range(11)]
    other = change(50, rules=(RuleRef("rule", "b"),), grade="A")
    limits = replace(LENIENT, rule_percent=10)
    passed = limits_passed(weight(*by_rule, other), Policy(limits=limits), DIRECTORY)
    assert passed.holds(by_rule[0]) == Message.of("note.limit.rule", rule="rule/a", changes=11, limit=10)
    assert passed.holds(other) is None


# Who owns it, who gets it (nobody: a rule sets a field), by which rule.
_MOVES = st.tuples(
    st.sampled_from(["ANN", "BOB", "GONE", "QUEUE"]),
    st.sampled_from(["BOB", "ANN", None]),
    st.sampled_from([RuleRef("rule", "a"), RuleRef("rule", "b")]),
)
_LIMITS = st.builds(
    Limits,
    changes_percent=st.integers(0, 100),
    changes_min=st.integers(0, 5),
    owner_percent=st.integers(0, 100),
    owner_min=st.integers(0, 3),
    leaver_percent=st.integers(0, 100),
    new_owner_max=st.none() | st.integers(0, 5),
    rule_percent=st.none() | st.integers(0, 100),
)


def moved(number: int, asked: tuple[str, str | None, RuleRef]) -> Change:
    owner, to, rule = asked
    after: dict[str, Scalar] = {"owner": to} if to else {"rating": "Warm"}
    return replace(change(number, owner=owner, rules=(rule,)), after=after)


@given(
    limits=_LIMITS,
    open_before=st.lists(_MOVES, max_size=8),
    proposed=st.lists(_MOVES, max_size=6),
    in_scope=st.integers(0, 60),
    looked_at=st.integers(0, 20),
    loads=st.fixed_dictionaries({name: st.integers(0, 40) for name in ("ANN", "BOB", "GONE")}),
    dice=st.data(),
)
def test_what_a_part_lets_through_everybody_would(
    limits: Limits,
    open_before: list[tuple[str, str | None, RuleRef]],
    proposed: list[tuple[str, str | None, RuleRef]],
    in_scope: int,
    looked_at: int,
    loads: dict[str, int],
    dice: st.DataObject,
) -> None:
    """Of what was open some has ended since; of those looked at some were in scope and some are."""
    policy = Policy(limits=limits)
    were, are = (dice.draw(st.integers(0, most)) for most in (min(looked_at, in_scope), looked_at))
    still = dice.draw(st.integers(0, len(open_before)))
    new = [moved(100 + number, each) for number, each in enumerate(proposed)]
    before = Weight(in_scope=in_scope)
    whole = Weight(in_scope=in_scope - were + are, loads=Counter(loads))
    for number, each in enumerate(open_before):
        before.stand(moved(number, each), State.HELD)
        if number < still:
            whole.stand(moved(number, each), State.HELD)
    part = before.after(still, looked_at=looked_at)
    part.in_scope += are
    for one in new:
        whole.propose(one)
        part.propose(one)
    if limits_passed(whole, policy, DIRECTORY).concerns(weight(*new)):
        assert limits_passed(part, policy, DIRECTORY).concerns(weight(*new))


_MORE = Limits(changes_percent=10, changes_min=5, changes_max=30)


@pytest.mark.parametrize(("in_scope", "most"), [(0, 5), (50, 5), (59, 5), (60, 6), (300, 30), (301, 30), (10_000, 30)])
def test_how_many_changes_a_plan_may_hold(in_scope: int, most: int) -> None:
    assert _MORE.changes(in_scope) == most


@pytest.mark.parametrize(("held", "is_passed"), [(99, False), (100, False), (101, True)])
def test_the_limit_of_changes_is_passed_by_one_more(held: int, *, is_passed: bool) -> None:
    found = Weight(changes=held, proposed=1, in_scope=1_000)
    limits = replace(LENIENT, changes_percent=10, changes_min=0)
    whole = limits_passed(found, Policy(limits=limits), DIRECTORY).whole
    assert whole == (Message.of("note.limit", changes=held, limit=100) if is_passed else None)


_HELD_FOR = {
    "an owner's share": Passed(owners={"ANN": Message.of("a")}),
    "a new owner's number": Passed(new_owners={"BOB": Message.of("a")}),
    "a rule's share": Passed(rules={refs("rule/a")[0]: Message.of("a")}),
    "all of it": Passed(Message.of("a")),
}
_MOVING = replace(change(rules=refs("rule/x", "rule/a")), before={"owner": "ANN"}, after={"owner": "BOB"})


@pytest.mark.parametrize("passed", _HELD_FOR.values(), ids=_HELD_FOR.keys())
def test_each_limit_holds_what_it_concerns_by_itself(passed: Passed) -> None:
    assert passed.holds(_MOVING) == Message.of("a")
    assert passed.concerns(weight(_MOVING))
    assert not passed.concerns(weight())


@pytest.mark.parametrize("passed", list(_HELD_FOR.values())[:3], ids=list(_HELD_FOR)[:3])
def test_a_limit_leaves_alone_what_it_does_not_concern(passed: Passed) -> None:
    other = replace(change(2, owner="GONE", rules=refs("rule/b")), before={"owner": "GONE"}, after={"owner": "ANN"})
    assert passed.holds(other) is None
    assert not passed.concerns(weight(other))


def test_the_limits_are_told_whole_first_then_owners_then_rules() -> None:
    owners, new = {"ANN": Message.of("owner")}, {"BOB": Message.of("new owner")}
    rules = {ref: Message.of(str(ref)) for ref in refs("rule/a", "rule/x")}
    assert Passed(Message.of("whole"), owners, new, rules).holds(_MOVING) == Message.of("whole")
    assert Passed(None, owners, new, rules).holds(_MOVING) == Message.of("owner")
    assert Passed(None, {}, new, rules).holds(_MOVING) == Message.of("new owner")
    assert Passed(None, {}, {}, rules).holds(_MOVING) == Message.of("rule/x")
    assert Passed().holds(_MOVING) is None


def test_what_a_plan_does_is_weighed_by_owner_and_by_rule() -> None:
    found = Weight(in_scope=9, loads=Counter(ANN=4))
    found.propose(_MOVING)
    found.stand(_MOVING, State.HELD)
    found.stand(replace(_MOVING, rules=refs("pool/team", "scoring")), State.APPROVED)
    found.propose(change(3, rules=refs("rule/a"), grade="A"))
    rules = dict(zip(refs("rule/a", "rule/x"), (3, 2), strict=True))
    assert found == Weight(3, 2, 9, Counter(ANN=4), Counter(ANN=3), Counter(BOB=3), Counter(rules))


def test_the_next_plan_of_a_part_begins_cautiously() -> None:
    rules = Counter(dict.fromkeys(refs("rule/a"), 1))
    before = Weight(5, 4, 100, Counter(ANN=9), Counter(ANN=2), Counter(BOB=2), rules)
    begun = before.after(3, looked_at=40)
    assert begun == Weight(3, 0, 60, Counter(), Counter(ANN=2), Counter(BOB=2), rules)
    begun.propose(_MOVING)
    assert (before.leaving, before.arriving) == (Counter(ANN=2), Counter(BOB=2))
    assert before.after(0, looked_at=101).in_scope == 0


_PING_PONG = {
    "a move fewer": (2, _MOVING, State.APPROVED),
    "as many as may be": (3, _MOVING, State.HELD),
    "fields go on": (3, change(grade="A"), State.APPROVED),
}


@pytest.mark.parametrize(("moves_", "one", "state"), _PING_PONG.values(), ids=_PING_PONG.keys())
def test_ping_pong_holds_from_so_many_moves_on(moves_: int, one: Change, state: State) -> None:
    assert entered(one, Policy(owners=Approver.POLICY), moved=moves_).state is state


def test_ping_pong_is_asked_before_who_contests() -> None:
    assert entered(_MOVING, Policy(), moved=3, contests=True).state is State.HELD


_LEAVING = {
    "all of who has gone": ("GONE", 100, 500, False),
    "all of who has gone, by a share": ("GONE", 99, 500, True),
    "all of an active owner, if it may be": ("ANN", 100, 500, False),
    "all of one whom nobody may see": ("ELSEWHERE", 1, 500, False),
}


@pytest.mark.parametrize(("owner", "percent", "count", "is_held"), _LEAVING.values(), ids=_LEAVING.keys())
def test_all_may_leave_at_once_where_the_share_is_all(owner: str, percent: int, count: int, *, is_held: bool) -> None:
    """Loads are those in scope now; more may be on its way out."""
    limits = replace(LENIENT, owner_percent=percent, leaver_percent=percent, owner_min=0)
    found = Weight(proposed=1, in_scope=10_000, leaving=Counter({owner: count}), loads=Counter({owner: 400}))
    owners = limits_passed(found, Policy(limits=limits), DIRECTORY).owners
    bound = Message.of("note.limit.owner", owner=owner, changes=count, limit=400 * percent // 100)
    assert owners == ({owner: bound} if is_held else {})


def test_a_queue_takes_as_many_as_come() -> None:
    found = Weight(proposed=1, arriving=Counter(QUEUE=50, BOB=2))
    assert limits_passed(found, Policy(limits=replace(LENIENT, new_owner_max=2)), DIRECTORY).new_owners == {}


def test_ping_pong_counts_the_days_to_the_second() -> None:
    edge = AT - timedelta(days=5)
    times = (edge, edge + timedelta(seconds=1), AT)
    assert moved_lately(times, Limits(flips_days=5), AT) == 2
