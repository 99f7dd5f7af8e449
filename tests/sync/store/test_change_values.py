"""Changes survive the store exactly."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.changes.change import Base, Change, Effects, OwnerWhy, RuleRef, Turn
from engine.digests import canonical
from engine.messages import Message
from sync.store.change_values import change_body, change_from
from sync.store.columns import instant_text

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS
_VALUES = st.dictionaries(_TEXTS, _SCALARS, max_size=4)
_INSTANTS = st.datetimes(datetime(1700, 1, 1), datetime(4000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_TAGS = st.lists(st.tuples(_TEXTS, _TEXTS), max_size=2).map(tuple)
_MESSAGES = st.lists(st.builds(Message, _TEXTS, _VALUES), max_size=2).map(tuple)
_EFFECTS = st.builds(
    Effects,
    _TAGS,
    _TAGS,
    st.lists(_TEXTS, max_size=2).map(tuple),
    st.none() | st.builds(Turn, _TEXTS, _TEXTS, st.integers()),
)


@given(
    st.builds(
        Change,
        change_id=_TEXTS,
        object=_TEXTS,
        record_id=_TEXTS,
        owner=_TEXTS,
        before=_VALUES,
        after=_VALUES,
        base=st.builds(Base, _INSTANTS, _INSTANTS, _INSTANTS),
        inputs=_VALUES,
        riders=_VALUES,
        effects=_EFFECTS,
        rules=st.lists(st.builds(RuleRef, st.sampled_from(["rule", "pool", "scoring"]), _TEXTS), max_size=2).map(tuple),
        because=_MESSAGES,
        owner_why=st.none() | st.sampled_from(OwnerWhy),
        owner_because=_MESSAGES,
    )
)
def test_a_change_comes_back_as_it_was(change: Change) -> None:
    import json

    again = change_from(json.loads(canonical(change_body(change))))
    assert again == change
    assert again.digest == change.digest


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        instant_text(datetime(2026, 11, 21))  # noqa: DTZ001
