"""A frame's values as what changes hold: JSON scalars."""

from datetime import UTC, date, datetime

import pytest

from engine.plan.drafts import scalar
from engine.values import Scalar


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("x", "x"),
        (7, 7),
        (True, True),
        (0.5, 0.5),
        (date(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC), "2026-11-20T01:02:03Z"),
    ],
    ids=str,
)
def test_a_frames_value_as_a_scalar(value: object, expected: Scalar) -> None:
    assert scalar(value) == expected


def test_a_value_that_is_no_scalar_is_refused() -> None:
    with pytest.raises(TypeError, match="list"):
        scalar(["x"])
