"""The examples of config/README.md are read by the very readers they describe."""

from pathlib import Path

import pytest

from config.map import load_map, map_from_text
from config.rulebook.folder import rulebook_from

ROOM = Path(__file__).parents[2] / "config"
_MAP, _CONDITIONS = (
    part.split("```")[0] for part in (ROOM / "README.md").read_text(encoding="utf-8").split("```yaml\n")[1:]
)
EXAMPLES = _CONDITIONS.splitlines()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_condition(example: str) -> None:
    rule = f"- name: r\n  then: [{{tag: t}}]\n  when:\n    {example}\n"
    made = rulebook_from(
        {"rulebook.yaml": "name: x\n", "automation/a.yaml": rule},
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
    assert [source.label for source in found.activities] == ["Task", "exports/*.csv"]
