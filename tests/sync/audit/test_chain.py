"""The chain: every way of tampering is found, and named at the first entry that is not as it was."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import AuditError
from sync.audit.export import line
from sync.audit.verify import verify_export
from sync.store.audit import GENESIS, Entry, Head, Link, canonical_bytes, chain, link_hash
from sync.store.audit_values import value_hash
from sync.store.events import Event

Lines: TypeAlias = list[bytes]
_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def _links(count: int = 8) -> list[Link]:
    facts = ({"change": f"c{n}", "note": '部長 "x"\\ \u2028 \x00', "figures": {"seconds": n / 7}} for n in range(count))
    return chain([Entry(Event.CHANGE_MOVED, _AT + timedelta(seconds=1), "run-1", each) for each in facts], Head())


def _lines(count: int = 8) -> Lines:
    return [line(link) for link in _links(count)]


@pytest.fixture
def verify(tmp_path: Path) -> Callable[..., Head]:
    """Verify these lines as an export."""

    def check(lines: Sequence[bytes], expect_head: str | None = None) -> Head:
        path = tmp_path / "audit.jsonl"
        path.write_bytes(b"".join(lines))
        return verify_export(path, expect_head=expect_head)

    return check


def test_a_chain_starts_from_nothing_and_each_entry_names_the_one_before() -> None:
    links = _links(3)
    assert [link.prev for link in links] == [GENESIS, links[0].hash, links[1].hash]
    assert [json.loads(link.body)["seq"] for link in links] == [1, 2, 3]


def test_a_chain_goes_on_where_it_stopped() -> None:
    links = _links(3)
    entry = Entry(Event.RUN_STARTED, _AT, "run-2")
    (more,) = chain([entry], Head(3, links[-1].hash))
    assert (more.seq, more.prev) == (4, links[-1].hash)


def test_an_untouched_export_verifies(verify: Callable[..., Head]) -> None:
    assert verify(_lines()) == Head(8, _links()[-1].hash)
    assert verify([]) == Head(0, GENESIS)


def _edited(lines: Lines) -> Lines:
    return [*lines[:3], lines[3].replace(b"c3", b"c9"), *lines[4:]]


def _restamped(lines: Lines) -> Lines:
    """Edited, with a hash that fits; the next entry gives it away."""
    body = _links()[3].body.replace(b"c3", b"c9")
    return [*lines[:3], b'{"entry":' + body + b',"hash":"' + link_hash(body).encode() + b'"}\n', *lines[4:]]


_TAMPERED: dict[str, tuple[Callable[[Lines], Lines], str, int]] = {
    "edited": (_edited, "AU-101", 4),
    "edited and restamped": (_restamped, "AU-104", 5),
    "deleted": (lambda lines: [*lines[:3], *lines[4:]], "AU-102", 4),
    "first deleted": (lambda lines: lines[1:], "AU-102", 1),
    "several deleted": (lambda lines: [*lines[:2], *lines[5:]], "AU-102", 3),
    "inserted twice": (lambda lines: [*lines[:4], lines[3], *lines[4:]], "AU-103", 5),
    "reordered": (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "AU-102", 3),
    "foreign line": (lambda lines: [*lines[:2], b"{}\n", *lines[2:]], "AU-105", 3),
    "blank line": (lambda lines: [*lines[:2], b"\n", *lines[2:]], "AU-105", 3),
    "rewritten with spaces": (
        lambda lines: [json.dumps(json.loads(each)).encode() + b"\n" for each in lines],
        "AU-105",
        1,
    ),
    "broken off": (lambda lines: [*lines[:-1], lines[-1][:-9]], "AU-107", 8),
}


@pytest.mark.parametrize(("tamper", "code", "seq"), _TAMPERED.values(), ids=_TAMPERED.keys())
def test_tampering_is_named_at_the_first_bad_entry(
    tamper: Callable[[Lines], Lines], code: str, seq: int, verify: Callable[..., Head]
) -> None:
    with pytest.raises(AuditError) as raised:
        verify(tamper(_lines()))
    (problem,) = raised.value.problems
    assert (problem.code, problem.params["seq"]) == (code, seq)


@pytest.mark.parametrize("bit", [0, 3, 7])
def test_every_flipped_byte_is_found(bit: int, verify: Callable[..., Head]) -> None:
    whole = b"".join(_lines(3))
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        with pytest.raises(AuditError):
            verify([bytes(flipped)])


def test_every_deletion_but_of_the_end_is_found(verify: Callable[..., Head]) -> None:
    lines = _lines()
    for place in range(len(lines) - 1):
        with pytest.raises(AuditError):
            verify([*lines[:place], *lines[place + 1 :]])


def test_a_cut_off_end_is_found_only_with_a_head_kept_elsewhere(verify: Callable[..., Head]) -> None:
    links, lines = _links(), _lines()
    assert verify(lines[:5]).count == 5
    with pytest.raises(AuditError, match="AU-106"):
        verify(lines[:5], expect_head=links[-1].hash)


def test_an_older_head_is_still_in_a_chain_that_grew(verify: Callable[..., Head]) -> None:
    assert verify(_lines(), expect_head=_links()[4].hash).count == 8


def test_a_chain_written_anew_is_found_only_with_a_head_kept_elsewhere(verify: Callable[..., Head]) -> None:
    anew = [line(link) for link in chain([Entry(Event.CHANGE_MOVED, _AT, facts={"change": "other"})], Head())]
    assert verify(anew).count == 1
    with pytest.raises(AuditError, match="AU-106"):
        verify(anew, expect_head=_links()[0].hash)


@given(
    st.lists(
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
        )
    )
)
def test_whatever_an_entry_holds_no_false_alarm_is_raised(figures: list[dict[str, str]]) -> None:
    links = chain([Entry(Event.RUN_FINISHED, _AT, facts={"figures": each}) for each in figures], Head())
    assert all(line(link).count(b"\n") == 1 and link_hash(link.body) == link.hash for link in links)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_TEXTS, _JSON, max_size=3))
def test_bodies_are_canonical_whatever_they_hold(value: dict[str, Any]) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


def test_a_keyed_hash_tells_equal_from_different_and_nothing_else() -> None:
    key, other = "00" * 32, "11" * 32
    assert value_hash(key, "grade", "A") == value_hash(key, "grade", "A")
    different = [value_hash(key, "grade", "B"), value_hash(key, "persona", "A"), value_hash(other, "grade", "A")]
    assert value_hash(key, "grade", "A") not in different
