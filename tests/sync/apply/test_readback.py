"""What became of changes that got no answer, and whose version a record has by now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.changes.change import Change
from engine.changes.states import State
from engine.messages import Message
from engine.plan.recheck import Recheck, Ruling
from sync.apply.readback import Edition, Seen, settled
from sync.apply.recheck import signed
from sync.store.changes import Move
from tests.engine.small_org import AT, change_of

ASKED: Change = replace(change_of(1, rating="Warm"), before={"rating": "Cold"})
OURS = Edition("R7", "Integration", "2026-11-20 12:00", is_ours=True)
THEIRS = Edition("R1", "山田 太郎", "2026-11-20 12:00", is_ours=False)
NOBODY_S = Edition(None, None, "2026-11-20 12:00", is_ours=False)
SETTLED = Message.of("note.settled")
BY_THEM = Message.of("note.changed_by", by="山田 太郎", at="2026-11-20 12:00")
WITHIN, AFTER = Message.of("note.changed_within"), Message.of("note.changed_after")


def seen(rating: str | None, edition: Edition) -> Seen:
    return Seen({"id": "L1", "org__rating": rating, "rating": rating}, edition)


_BECAME = {
    "nothing there": (None, State.GONE, SETTLED),
    "ours, and there": (seen("Warm", OURS), State.APPLIED, SETTLED),
    "ours, and changed by a flow of ours": (seen("Hot", OURS), State.APPLIED, WITHIN),
    "ours, and changed by somebody": (seen("Hot", replace(THEIRS, run="R7")), State.APPLIED, BY_THEM),
    "ours, and changed by who knows whom": (seen("Hot", replace(NOBODY_S, run="R7")), State.APPLIED, AFTER),
    "theirs, the same value": (seen("Warm", THEIRS), State.UNCHANGED, SETTLED),
    "as it was": (seen("Cold", THEIRS), State.APPROVED, SETTLED),
    "theirs, another value": (seen("Hot", THEIRS), State.CONFLICT, SETTLED),
    "emptied": (seen(None, NOBODY_S), State.CONFLICT, SETTLED),
}


@pytest.mark.parametrize(("found", "state", "note"), _BECAME.values(), ids=_BECAME.keys())
def test_what_got_no_answer_is_settled_by_what_stands_there(found: Seen | None, state: State, note: Message) -> None:
    assert settled(ASKED, found, frozenset({"R7"})) == Move("C1", state, note)


@pytest.mark.parametrize(
    ("edition", "told"), [(OURS, WITHIN), (THEIRS, BY_THEM), (NOBODY_S, AFTER), (replace(OURS, by=None), AFTER)]
)
def test_what_is_not_there_any_more_says_who_was_last(edition: Edition, told: Message) -> None:
    assert edition.changed_after() == told


def test_a_version_is_told_in_the_zone_of_the_org_and_known_as_ours_by_its_author() -> None:
    row = {"org__run": "R7", "modified_by": "005A", "modified_at": AT + timedelta(seconds=59)}
    assert Edition.of(row, zone="Asia/Tokyo", us="005A") == Edition("R7", "005A", "2026-11-20 12:00", is_ours=True)
    assert Edition.of(row, zone="Pacific/Honolulu", us="005B") == Edition(
        "R7", "005A", "2026-11-19 17:00", is_ours=False
    )
    assert Edition.of({**row, "modified_by": None}, zone="UTC", us="005A").is_ours is False


MOVED = Recheck(Ruling.CONFLICT, note=Message.of("note.moved", field="rating"), signed="note.moved_by")
SIGNED = replace(MOVED, note=Message.of("note.moved_by", field="rating", by="山田 太郎", at="2026-11-20 12:00"))
_WHOSE = {
    "nothing there": (MOVED, None, MOVED),
    "gone": (Recheck(Ruling.GONE), OURS, Recheck(Ruling.GONE)),
    "theirs": (MOVED, THEIRS, SIGNED),
    "nobody's": (MOVED, NOBODY_S, MOVED),
    "ours of another run": (MOVED, replace(OURS, run="R1"), MOVED),
    "theirs, which no note says": (replace(MOVED, signed=None), THEIRS, replace(MOVED, signed=None)),
    "theirs without a note": (Recheck(Ruling.HOLDS), THEIRS, Recheck(Ruling.HOLDS)),
    "ours, and there": (Recheck(Ruling.UNCHANGED), OURS, Recheck(Ruling.WRITTEN, note=SETTLED)),
    "ours, and changed since": (MOVED, replace(THEIRS, run="R7"), Recheck(Ruling.WRITTEN, note=BY_THEM)),
}


@pytest.mark.parametrize(("found", "edition", "told"), _WHOSE.values(), ids=_WHOSE.keys())
def test_what_a_run_of_ours_wrote_counts_as_written_and_other_versions_are_signed(
    found: Recheck, edition: Edition | None, told: Recheck
) -> None:
    assert signed(found, edition, frozenset({"R7"})) == told
