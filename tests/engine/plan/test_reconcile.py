"""Reconcile: a draft against what is open for its record, on its way, or was turned down; and the change it becomes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.assignment.needs import Need
from engine.assignment.pools import Candidate
from engine.changes.change import Change, Effects, OwnerWhy, RuleRef, Standing, Turn, change_id
from engine.changes.memory import EMPTY, Memory, Quiet
from engine.changes.states import State
from engine.messages import Message
from engine.plan.drafts import Draft
from engine.plan.reconcile import (
    Outcome,
    Past,
    assembled,
    is_on_its_way,
    is_quiet_assignment,
    reconcile,
    requested,
    without_owner,
)
from engine.rulebook.rulebook import Assignment, Pool, Reference, Rulebook
from tests.engine.small_org import AT, BASE, change_of, directory_of

ASKED = change_of(rating="Warm")
OTHER_TARGET = replace(ASKED, change_id="C9", after={"rating": "Hot"})
OTHER_BASE = replace(ASKED, change_id="C9", before={"rating": "Cold"})
SAME_ELSEWHEN = replace(
    ASKED, change_id="C9", because=(Message.of("reason.score"),), rules=(RuleRef("rule", "renamed"),)
)
NOBODY = Past(standing=None, is_on_its_way=False, is_rewritten=False, quiet=(), moved=())


def quiet(change: Change) -> Quiet:
    return Quiet(change.target_digest, change.meaning_digest)


def past(
    standing: Change | None = None, *turned_down: Change, on_its_way: bool = False, rewritten: bool = False
) -> Past:
    open_now = Standing(standing, State.APPROVED, "plan-0") if standing else None
    return Past(open_now, on_its_way, rewritten, tuple(quiet(each) for each in turned_down), ())


_OUTCOMES = {
    "nothing asked, nothing open": (None, NOBODY, Outcome(withdraws="withdrawn.settled")),
    "nothing asked any more": (None, past(ASKED), Outcome(withdraws="withdrawn.settled")),
    "asked anew": (ASKED, NOBODY, Outcome(ASKED, withdraws="withdrawn.target")),
    "the same is open": (SAME_ELSEWHEN, past(ASKED), Outcome(is_kept=True)),
    "itself is open": (ASKED, past(ASKED), Outcome(is_kept=True)),
    "itself on another base, within a second": (replace(OTHER_BASE, change_id="C0"), past(ASKED), Outcome(is_kept=True)),
    "another target": (OTHER_TARGET, past(ASKED), Outcome(OTHER_TARGET, withdraws="withdrawn.target")),
    "another base": (OTHER_BASE, past(ASKED), Outcome(OTHER_BASE, withdraws="withdrawn.meaning")),
    "to other fields of the org": (ASKED, past(ASKED, rewritten=True), Outcome(ASKED, withdraws="withdrawn.target")),
    "on its way, the same": (ASKED, past(ASKED, on_its_way=True), Outcome(is_kept=True)),
    "on its way, another target": (OTHER_TARGET, past(ASKED, on_its_way=True), Outcome(is_kept=True)),
    "on its way, nothing asked": (None, past(ASKED, on_its_way=True), Outcome(is_kept=True)),
    "turned down": (ASKED, past(None, ASKED), Outcome(is_quiet=True, withdraws="withdrawn.target")),
    "turned down long ago": (ASKED, past(None, OTHER_TARGET, ASKED), Outcome(is_quiet=True, withdraws="withdrawn.target")),
    "turned down over another base": (ASKED, past(None, OTHER_BASE), Outcome(ASKED, withdraws="withdrawn.target")),
    "turned down for another target": (ASKED, past(None, OTHER_TARGET), Outcome(ASKED, withdraws="withdrawn.target")),
    "turned down, another open": (ASKED, past(OTHER_TARGET, ASKED), Outcome(is_quiet=True, withdraws="withdrawn.target")),
    "turned down, to be written elsewhere": (
        ASKED,
        past(ASKED, ASKED, rewritten=True),
        Outcome(is_quiet=True, withdraws="withdrawn.target"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "before", "outcome"), _OUTCOMES.values(), ids=_OUTCOMES.keys())
def test_what_becomes_of_a_draft(change: Change | None, before: Past, outcome: Outcome) -> None:
    assert reconcile(change, before) == outcome


def test_two_facts_that_match_half_each_are_no_match() -> None:
    halves = (replace(quiet(ASKED), meaning_digest="other"), replace(quiet(ASKED), target_digest="other"))
    assert not replace(NOBODY, quiet=halves).is_quiet(ASKED)


OPEN = Standing(ASKED, State.APPROVED, "plan-0")
_ON_ITS_WAY = {
    "approved": (OPEN, EMPTY, False),
    "planned": (replace(OPEN, state=State.PLANNED), EMPTY, False),
    "held": (replace(OPEN, state=State.HELD), EMPTY, False),
    "sending": (replace(OPEN, state=State.SENDING), EMPTY, True),
    "unknown": (replace(OPEN, state=State.UNKNOWN), EMPTY, True),
    "sent once": (OPEN, replace(EMPTY, sent=frozenset({"C0"})), True),
    "another was sent": (OPEN, replace(EMPTY, sent=frozenset({"C1"})), False),
    "sent once, to other fields": (OPEN, replace(EMPTY, sent=frozenset({"C0"}), rewritten=frozenset({"C0"})), False),
    "sending, to other fields": (replace(OPEN, state=State.SENDING), replace(EMPTY, rewritten=frozenset({"C0"})), True),
    "takes another back": (replace(OPEN, change=replace(ASKED, rules=(RuleRef("revert", "C1"),))), EMPTY, True),
}


@pytest.mark.parametrize(("standing", "memory", "answer"), _ON_ITS_WAY.values(), ids=_ON_ITS_WAY.keys())
def test_what_is_on_its_way_is_left_to_be_settled(standing: Standing, memory: Memory, *, answer: bool) -> None:
    assert is_on_its_way(standing, memory) is answer
    assert Past.of(replace(memory, open_changes={"L0": standing}), "L0").is_on_its_way is answer


def test_the_past_of_a_record_is_its_own() -> None:
    facts, times = (quiet(ASKED),), (AT,)
    memory = replace(
        EMPTY, open_changes={"L0": OPEN}, quiet={"L0": facts}, moved={"L0": times}, rewritten=frozenset({"C0"})
    )
    assert Past.of(memory, "L0") == Past(OPEN, is_on_its_way=False, is_rewritten=True, quiet=facts, moved=times)
    assert Past.of(memory, "L1") == NOBODY
    assert Past.of(replace(memory, rewritten=frozenset({"C1"})), "L0").is_rewritten is False


# A draft that gives a field, rests on two inputs and names its rules and pool.
NEED = Need("L0", "Lead", "INBOUND", OwnerWhy.QUEUE, pool="team", rule="hand out")
RULES = Rulebook(
    "small",
    "d",
    assignment=Assignment((Pool("team", "team", (Reference("ann@x"), Reference("bob@x"))),), (Reference("Inbound"),)),
)
DIRECTORY = directory_of(RULES)
WHY = Message.of("reason.set", rule="warm", field="rating", value="Warm")
DRAFT = Draft(
    object="Lead",
    record_id="L0",
    owner="INBOUND",
    created_at=AT,
    base=BASE,
    before={"rating": None},
    after={"rating": "Warm"},
    inputs={"rating": {"employees": 500}, "owner": {"title": "ceo"}},
    effects=Effects(),
    need=None,
    riders={"grade_reason": "size+2 = C-"},
    rules=(RuleRef("profile", "fit"), RuleRef("rule", "warm"), RuleRef("pool", "team")),
    because=(WHY,),
    respected=(),
    undecided=False,
    owner_rules=(RuleRef("pool", "team"),),
)
OWNERLESS = replace(DRAFT, before={}, after={}, inputs={"owner": {"title": "ceo"}}, because=(), need=NEED)
NOTHING = replace(OWNERLESS, need=None, inputs={})
TOLD = Message.of("reason.owner.turn", pool="team", passed=0)
CANDIDATE = Candidate("BOB", Turn("team", "BOB", 7), (TOLD,))


def test_a_draft_becomes_the_change_of_its_fields() -> None:
    identity = change_id(org_id="ORG", object_name="Lead", record_id="L0", at=AT, after=DRAFT.after, effects=Effects())
    assert assembled(DRAFT, None, org_id="ORG", at=AT) == Change(
        identity,
        "Lead",
        "L0",
        "INBOUND",
        {"rating": None},
        {"rating": "Warm"},
        BASE,
        inputs={"employees": 500, "title": "ceo"},
        riders={"grade_reason": "size+2 = C-"},
        rules=(RuleRef("profile", "fit"), RuleRef("rule", "warm"), RuleRef("pool", "team")),
        because=(WHY,),
    )


def test_a_draft_and_who_was_found_become_a_change_of_fields_and_owner() -> None:
    found = assembled(replace(DRAFT, need=NEED), CANDIDATE, org_id="ORG", at=AT)
    after = {"rating": "Warm", "owner": "BOB"}
    effects = Effects(turn=Turn("team", "BOB", 7))
    identity = change_id(org_id="ORG", object_name="Lead", record_id="L0", at=AT, after=after, effects=effects)
    assert found == replace(
        assembled(DRAFT, None, org_id="ORG", at=AT),
        change_id=identity,
        before={"rating": None, "owner": "INBOUND"},
        after=after,
        riders={
            "grade_reason": "size+2 = C-",
            "previous_owner": "INBOUND",
            "owner_reason": "queue; pool team; rule hand out",
        },
        effects=effects,
        owner_why=NEED.why,
        owner_because=(TOLD,),
    )


def test_an_owner_that_a_rule_names_costs_no_turn() -> None:
    tagged = replace(OWNERLESS, effects=Effects(tags_added=(("vip", "r"),)), need=replace(NEED, pool=None, owner="BOB"))
    found = assembled(tagged, Candidate("BOB"), org_id="ORG", at=AT)
    assert (found.after, found.effects) == ({"owner": "BOB"}, tagged.effects)
    assert found.riders["owner_reason"] == "queue; rule hand out"


def test_what_is_only_remembered_carries_no_grade_along() -> None:
    tagged = replace(NOTHING, effects=Effects(tags_added=(("vip", "r"),)))
    assert assembled(tagged, None, org_id="ORG", at=AT).riders == {}


TAGGING = replace(NOTHING, effects=Effects(firings=("r",)))
BOTH = replace(DRAFT, need=NEED)
_REQUESTED = {
    "nothing": (NOTHING, None, None),
    "fields": (DRAFT, None, (DRAFT, None)),
    "something to remember": (TAGGING, None, (TAGGING, None)),
    "an owner, found": (OWNERLESS, CANDIDATE, (OWNERLESS, CANDIDATE)),
    "an owner, nobody found": (OWNERLESS, Candidate(None, notice=TOLD), None),
    "an owner, not looked for": (OWNERLESS, None, None),
    "fields and an owner, found": (BOTH, CANDIDATE, (BOTH, CANDIDATE)),
    "fields and an owner, nobody found": (BOTH, Candidate(None, notice=TOLD), (without_owner(BOTH), None)),
}


@pytest.mark.parametrize(("draft", "candidate", "made_of"), _REQUESTED.values(), ids=_REQUESTED.keys())
def test_what_a_draft_asks_for_depends_on_who_was_found(
    draft: Draft, candidate: Candidate | None, made_of: tuple[Draft, Candidate | None] | None
) -> None:
    expected = assembled(*made_of, org_id="ORG", at=AT) if made_of else None
    assert requested(draft, candidate, org_id="ORG", at=AT) == expected


def test_without_its_owner_a_draft_rests_on_what_its_fields_read() -> None:
    behind = (RuleRef("rule", "hand out"), RuleRef("pool", "team"))
    asked = replace(DRAFT, need=NEED, rules=(*DRAFT.rules[:2], *behind), owner_rules=behind)
    expected = replace(
        DRAFT,
        need=None,
        inputs={"rating": {"employees": 500}},
        rules=(RuleRef("profile", "fit"), RuleRef("rule", "warm")),
        owner_rules=(),
    )
    assert without_owner(asked) == expected


def turned_down(owner: str | None, *, pool: str | None = "team") -> Quiet:
    """A fact that some owner was turned down for OWNERLESS."""
    turn = Turn(pool, owner or "", 3) if pool else None
    found = assembled(OWNERLESS, Candidate(owner, turn), org_id="ORG", at=AT)
    return Quiet(found.target_digest, found.meaning_digest, owner, pool)


_BOB_NAMED = replace(OWNERLESS, need=replace(NEED, pool=None, owner="BOB"))
_QUIET = {
    "nobody was turned down": (OWNERLESS, (), EMPTY, False),
    "somebody of the pool was": (OWNERLESS, (turned_down("BOB"),), EMPTY, True),
    "the second of two was": (OWNERLESS, (replace(turned_down("ANN"), meaning_digest="x"), turned_down("BOB")), EMPTY, True),
    "over another base": (OWNERLESS, (replace(turned_down("BOB"), meaning_digest="x"),), EMPTY, False),
    "with other fields": (OWNERLESS, (replace(turned_down("BOB"), target_digest="x"),), EMPTY, False),
    "from another pool": (OWNERLESS, (replace(turned_down("BOB"), pool="others"),), EMPTY, False),
    "for its fields only": (OWNERLESS, (replace(turned_down("BOB"), owner=None),), EMPTY, False),
    "who may own it no more": (OWNERLESS, (turned_down("LEFT"),), EMPTY, False),
    "who had it last": (OWNERLESS, (turned_down("BOB"),), replace(EMPTY, applied={"L0": {"owner": "BOB"}}), False),
    "whom a rule names": (_BOB_NAMED, (turned_down("BOB", pool=None),), EMPTY, True),
    "whom a rule named": (_BOB_NAMED, (turned_down("ANN", pool=None),), EMPTY, False),
    "who needs nobody": (NOTHING, (turned_down("BOB"),), EMPTY, False),
}  # fmt: skip


@pytest.mark.parametrize(("draft", "facts", "memory", "answer"), _QUIET.values(), ids=_QUIET.keys())
def test_the_same_assignment_turned_down_asks_no_pool_again(
    draft: Draft, facts: tuple[Quiet, ...], memory: Memory, *, answer: bool
) -> None:
    asked = replace(NOBODY, quiet=facts)
    found = is_quiet_assignment(
        draft, asked, memory=memory, directory=DIRECTORY, org_id="ORG", at=AT + timedelta(days=1)
    )
    assert found is answer
