"""The examples of config/README.md are read by the very readers they describe."""

from datetime import date, time
from pathlib import Path

import pytest

from config.field_map.load import load_map, map_from_text
from config.rulebook.folder import rulebook_from
from engine.rulebook.policy import Pace, Stance

ROOM = Path(__file__).parents[2] / "config"
_BLOCKS = [part.split("```")[0] for part in (ROOM / "README.md").read_text(encoding="utf-8").split("```yaml\n")[1:]]
_MAP, _POLICY, _CONDITIONS, _SEGMENTS = (
    next(block for block in _BLOCKS if sign in block) for sign in ("prospects:", "people win:", "everyone", "rank: 1")
)
EXAMPLES = _CONDITIONS.splitlines()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_condition(example: str) -> None:
    rule = f"- name: r\n  then: [{{tag: t}}]\n  when:\n    {example}\n"
    made = rulebook_from(
        {"rulebook.yaml": "name: x\n", "automation/a.yaml": rule, "segments/a.yaml": _SEGMENTS},
        load_map(ROOM / "starters" / "manufacturer" / "map.yaml"),
    )
    assert len(made.rules) == 1


def test_the_example_of_a_map_is_a_map() -> None:
    found = map_from_text(_MAP)
    assert [mapped.name for mapped in found.objects[1].readable] == [
        "email",
        "account name",
        "account industry",
        "company",
    ]
    assert [source.label for source in found.activities] == [
        "CampaignMember",
        "OpportunityContactRole",
        "Task",
        "exports/*.csv",
    ]
    assert [mapped.name for mapped in found.details] == ["campaign type", "role", "deal amount"]


def test_the_example_of_a_rulebooks_policy_is_read_whole() -> None:
    policy = rulebook_from({"rulebook.yaml": _POLICY}, load_map(ROOM / "starters" / "manufacturer" / "map.yaml")).policy
    assert policy.people_win.of("score").stance is Stance.CONTEST
    assert (policy.limits.new_owner_max, policy.limits.rule_percent, policy.expiry_days) == (500, 5, 2)
    assert policy.pace == Pace(2000, time(8), time(20), working_days_only=True)
    assert policy.calendar.closed[date(2026, 11, 23)] == "勤労感謝の日"
    assert policy.calendar.closed[date(2027, 1, 3)] == ""
    assert [freeze.last for freeze in policy.freezes] == [date(2027, 1, 5)]
