"""Of how many prospects anything is known, by source."""

from datetime import UTC, datetime, timedelta

import polars as pl

from mapping.frames.activities import ACTIVITY_SCHEMA, Coverage

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def prospects(*ids: str) -> pl.DataFrame:
    return pl.DataFrame({"id": ids, "read_at": [NOW] * len(ids)})


def happened(*rows: tuple[str, str, int]) -> pl.DataFrame:
    """(prospect, source, days ago)"""
    return pl.DataFrame(
        [{"prospect_id": who, "source": source, "at": NOW - timedelta(days=days)} for who, source, days in rows],
        schema={name: kind for name, kind in ACTIVITY_SCHEMA.items() if name in {"prospect_id", "source", "at"}},
    )


def test_prospects_are_counted_by_source_over_all_ranges() -> None:
    coverage = Coverage(["Task", "Visit", "Mail"])
    coverage.add(prospects("a", "b", "c"), happened(("a", "Task", 3), ("a", "Visit", 2), ("b", "Task", 1)))
    coverage.add(prospects("d"), happened(("d", "Task", 9), ("other", "Visit", 0)))
    assert (coverage.prospects, coverage.known) == (4, 3)
    assert coverage.by_source == {
        "Task": (3, NOW - timedelta(days=1)),
        "Visit": (1, NOW - timedelta(days=2)),
        "Mail": (0, None),
    }


def test_what_lies_ahead_tells_nothing() -> None:
    coverage = Coverage(["Task"])
    coverage.add(prospects("a"), happened(("a", "Task", -30)))
    assert coverage.known == 0


def test_no_prospects_are_no_share() -> None:
    coverage = Coverage([])
    assert (coverage.prospects, coverage.known, coverage.by_source) == (0, 0, {})
