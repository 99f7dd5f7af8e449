"""`explain` and the plan never disagree: the same rules, on the same records, at the same moment."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.changes import Change
from engine.fields import TARGETS
from mapping.targets import WRITE_BACK
from sync.explain import explain_record
from tests.stage import RULEBOOK, Stage, staged

# A day's border decides here: in Tokyo it is Saturday the 21st by now, in London still Friday.
EARLY_ON_SATURDAY = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
# One of the generated leads came on the 8th, in the evening: thirteen days ago in Tokyo, twelve in London.
RECENT = {
    "automation/rules.yaml": RULEBOOK["automation/rules.yaml"]
    + """
- name: new
  when: {created_at: {within: 12 days}}
  then:
    - set: {field: rating, value: Warm}
"""
}
WRITTEN = {target.name: target.api_name for target in WRITE_BACK if target.name in TARGETS} | {"rating": "Rating"}


def asked_for(stage: Stage, change: Change) -> dict[str, Any]:
    """The values `explain` says the rules want and the org does not show."""
    verdict = explain_record(stage.worker, change.record_id).explanation.verdict
    wanted = {field: verdict[f"to__{field}"] for field in WRITTEN if verdict[f"by__{field}"] is not None}
    held = stage.lead(change.record_id)
    return {name: value for name, value in wanted.items() if value is not None and value != held.get(WRITTEN[name])}


def test_explain_gives_the_verdict_of_the_plan_for_every_lead_changed(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=30, rulebook=RULEBOOK | RECENT, now=EARLY_ON_SATURDAY) as stage:
        proposed = stage.plan()
        explained = {change.record_id: asked_for(stage, change) for change in proposed.changes}
    planned = {
        change.record_id: {field: value for field, value in change.after.items() if field != "owner"}
        for change in proposed.changes
    }
    assert len(planned) >= 20
    assert explained == planned


def test_explain_tells_whose_lead_it_was_when_the_plan_was_made(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        lead = stage.add_lead(Title="課長", Company="株式会社山田製作所")
        stage.plan()
        found = explain_record(stage.worker, lead)
    assert (found.name, found.owner) == ("株式会社山田製作所", "鈴木 一郎")
