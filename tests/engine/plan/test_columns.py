"""A frame's values as what changes hold, and what memory and directory know as columns of a frame."""

from dataclasses import replace
from datetime import UTC, date, datetime

import narwhals as nw
import pytest

from engine.changes.memory import EMPTY
from engine.plan.drafts import prepare, scalar
from engine.rulebook.rulebook import Rulebook
from engine.values import Scalar
from tests.engine.small_org import directory_of, prospects


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


def test_what_memory_and_directory_know_becomes_columns() -> None:
    memory = replace(
        EMPTY,
        tags={"L0": frozenset({("vip", "b"), ("vip", "a"), ("expo", "a")})},
        firings={"L0": frozenset({"y", "x"})},
        applied={"L0": {"rating": "Hot", "title": None, "grade": "A", "owner": "ANN", "phone": "03"}},
    )
    frame = prepare(prospects({}, {"owner_id": "SECOND"}), memory, directory_of(Rulebook("small", "d")))
    told = ("tags", "marks", "firings", "ours", "object__key", "owner_kind", "owner_kind__key")
    assert [tuple(row[name] for name in told) for row in frame.iter_rows(named=True)] == [
        (
            ";expo;vip;",
            ";expo\x1fa;vip\x1fa;vip\x1fb;",
            ";x;y;",
            "\x1erating\x1f'Hot'\x1e\x1ephone\x1f'03'\x1e",
            "Lead",
            "user",
            "user",
        ),
        ("", "", "", "", "Lead", "queue", "queue"),
    ]
    # Nobody has a role here, and still it is text.
    assert {frame.schema[name] for name in (*told, "owner_role")} == {nw.String()}
