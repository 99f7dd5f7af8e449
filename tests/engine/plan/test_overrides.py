"""Whose a value is, and which records are left alone because we have just written them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import narwhals as nw
import polars as pl
import pytest

from engine.changes.memory import EMPTY, Overridden, Written
from engine.moments import Moment
from engine.plan.drafts import settling
from engine.plan.overrides import Whose, override_of, overrides_of, whose
from engine.rulebook.policy import FieldStance, Stance

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MOMENT = Moment(AT, "Asia/Tokyo")
OURS = replace(EMPTY, applied={"L": {"rating": "Warm"}})


def test_a_value_we_wrote_is_nobodys_claim() -> None:
    assert override_of("rating", "Warm", record_id="L", seen_at=AT, memory=OURS) is None


def test_a_value_we_never_wrote_is_nobodys_claim() -> None:
    assert override_of("persona", "buyer", record_id="L", seen_at=AT, memory=OURS) is None


def test_a_claim_begins_with_the_version_that_shows_it_first() -> None:
    first = override_of("rating", "Cold", record_id="L", seen_at=AT, memory=OURS)
    assert first == Overridden("Cold", AT)
    known = replace(OURS, overrides={"L": {"rating": Overridden("Cold", AT)}})
    later = AT + timedelta(days=1)
    assert override_of("rating", "Cold", record_id="L", seen_at=later, memory=known) == first
    assert override_of("rating", "Hot", record_id="L", seen_at=later, memory=known) == Overridden("Hot", later)


def test_an_emptied_value_is_a_claim_too() -> None:
    assert override_of("rating", None, record_id="L", seen_at=AT, memory=OURS) == Overridden(None, AT)


@pytest.mark.parametrize(
    ("stance", "since", "answer"),
    [
        pytest.param(FieldStance(), AT - timedelta(days=900), Whose.THEIRS, id="respected for ever"),
        pytest.param(FieldStance(Stance.CONTEST), AT, Whose.CONTESTED, id="contested at once"),
        pytest.param(FieldStance(Stance.DAYS, 3), MOMENT.day_start(3), Whose.THEIRS, id="on the last of its days"),
        pytest.param(
            FieldStance(Stance.DAYS, 3), MOMENT.day_start(3) - timedelta(seconds=1), Whose.OURS, id="behind its days"
        ),
        pytest.param(FieldStance(Stance.DAYS, 0), AT, Whose.THEIRS, id="no days still end at midnight"),
    ],
)
def test_who_decides_depends_on_the_stance(stance: FieldStance, since: datetime, answer: Whose) -> None:
    assert whose(Overridden("Cold", since), stance, MOMENT) is answer


SETTLED = AT - timedelta(minutes=15)


@pytest.mark.parametrize(
    ("written", "read_at", "run", "is_settling"),
    [
        pytest.param(AT, AT - timedelta(seconds=9), "run-1", True, id="written after it was read"),
        pytest.param(AT, AT, "run-1", True, id="within one second"),
        pytest.param(AT, AT, "run-2", False, id="read with that very run on it"),
        pytest.param(AT, AT + timedelta(seconds=1), "run-1", False, id="read since"),
        pytest.param(SETTLED, SETTLED - timedelta(hours=1), "run-1", False, id="long enough ago"),
    ],
)
def test_a_record_written_since_it_was_read_is_left_for_the_next_run(
    *, written: datetime, read_at: datetime, run: str, is_settling: bool
) -> None:
    memory = replace(EMPTY, written={"L": Written(written, "run-2")}, settled_at=SETTLED)
    frame = nw.from_native(pl.DataFrame({"id": ["L"], "read_at": [read_at], "org__run": [run]}), eager_only=True)
    assert settling(frame, memory) == (frozenset({"L"}) if is_settling else frozenset())


def test_what_was_only_given_back_settles_nothing() -> None:
    memory = replace(EMPTY, written={"L": Written(AT, None)})
    frame = nw.from_native(pl.DataFrame({"id": ["L"], "read_at": [AT], "org__run": [None]}), eager_only=True)
    assert settling(frame, memory) == frozenset()


def test_all_that_is_somebody_elses_on_a_record_is_found_field_by_field() -> None:
    memory = replace(EMPTY, applied={"L": {"rating": "Warm", "phone": "03", "title": "CEO"}, "M": {"email": "x"}})
    held = {"rating": "Cold", "phone": "03", "title": None, "email": "y"}
    assert overrides_of(held, record_id="L", seen_at=AT, memory=memory) == {
        "rating": Overridden("Cold", AT),
        "title": Overridden(None, AT),
    }


def test_another_record_s_override_is_not_this_one_s() -> None:
    known = replace(OURS, overrides={"M": {"rating": Overridden("Cold", AT - timedelta(days=9))}})
    assert override_of("rating", "Cold", record_id="L", seen_at=AT, memory=known) == Overridden("Cold", AT)


def test_nobody_has_decided_what_nobody_changed() -> None:
    assert whose(None, FieldStance(), MOMENT) is Whose.OURS


def test_a_record_of_an_org_that_does_not_keep_our_runs_settles_nothing() -> None:
    memory = replace(EMPTY, written={"L": Written(AT, "run-2")})
    frame = nw.from_native(pl.DataFrame({"id": ["L"], "read_at": [AT]}), eager_only=True)
    assert settling(frame, memory) == frozenset()
