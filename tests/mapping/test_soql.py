"""SOQL that means what its values say, whatever they hold; checked by reading it back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.soql import by_ids, literal, moment, select
from sync.sandbox.soql import Comparison, Literal, parse, parse_condition

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_versions_come_in_the_order_of_their_stamps() -> None:
    assert select("Lead", ["Id", "Company"], since=AT, until=AT + timedelta(hours=1)) == (
        "SELECT Id, Company FROM Lead WHERE SystemModstamp >= 2026-11-21T09:30:00.000Z"
        " AND SystemModstamp < 2026-11-21T10:30:00.000Z ORDER BY SystemModstamp, Id"
    )


def test_a_query_goes_on_behind_the_last_row() -> None:
    assert select("Lead", ["Id"], after=(AT, "00Q000000000001EAA")) == (
        "SELECT Id FROM Lead WHERE (SystemModstamp > 2026-11-21T09:30:00.000Z"
        " OR (SystemModstamp = 2026-11-21T09:30:00.000Z AND Id > '00Q000000000001EAA')) ORDER BY SystemModstamp, Id"
    )


def test_records_are_asked_for_once_each() -> None:
    wanted = ["00Q000000000002EAA", "00Q000000000001EAA", "00Q000000000002EAA"]
    expected = "SELECT Id FROM Lead WHERE Id IN ('00Q000000000001EAA', '00Q000000000002EAA') ORDER BY Id"
    assert by_ids("Lead", ["Id"], wanted) == expected


def test_no_ids_are_no_query() -> None:
    with pytest.raises(ValueError, match="no ids"):
        by_ids("Lead", ["Id"], [])


@pytest.mark.parametrize("name", ["", "Id FROM User --", "Owner.", "1st", "役職"])
def test_what_is_no_name_never_gets_into_a_query(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the message is the name itself
        select("Lead", [name])


def test_times_are_told_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert moment(datetime(2026, 11, 21, 18, 30, 0, 123456, tzinfo=tokyo)) == "2026-11-21T09:30:00.123Z"


@given(st.text(max_size=30))
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    assert parse_condition(f"Name = {literal(text)}") == Comparison("Name", "=", (Literal("text", text),))


@given(
    st.sampled_from(["O'Neil", "\\", "\\'", "' OR Id != '", "\n", '"']).flatmap(
        lambda part: st.tuples(st.text(max_size=5), st.just(part))
    )
)
def test_no_text_breaks_out_of_its_quotes(parts: tuple[str, str]) -> None:
    text = "".join(parts)
    found = parse(select("Group", ["Id"], where={"DeveloperName": text})).where
    assert found == Comparison("DeveloperName", "=", (Literal("text", text),))
