"""What the org fills in by itself when a record is created."""

from datetime import UTC, datetime

from sync.sandbox.generate import generate
from tests.people import add

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_lead_without_a_status_gets_the_first_one() -> None:
    world = add(generate(leads=0, seed=1, now=NOW), NOW, "suzuki", "Lead", {"LastName": "原", "Company": "原鉄工"})
    (lead,) = world.tables["Lead"].values()
    assert lead["Status"] == "Open - Not Contacted"
