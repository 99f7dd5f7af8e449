"""A stage with a small rulebook, for stories that build their own leads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stage import Stage, staged

# Everything a story needs to see of the rules, on one page.
RULEBOOK = {
    "rulebook.yaml": """
name: story
default profile: fit
approval: {fields: policy, owners: person}
""",
    "personas/who.yaml": """
- {name: buyer, role: decision maker, when: {title: {rank at least: 部長}}}
- {name: user, role: end user, when: {title: {is not empty: yes}}}
""",
    "profiles/fit.yaml": """
- name: fit
  criteria:
    - {name: size, worth: 2/3, matches: {employees: {at least: 300}}}
    - {name: title, worth: 3/3, strong: {title: {rank at least: 部長}}, medium: {title: {rank at least: 課長}}}
""",
    "scoring.yaml": "points: {form submission: 50, page view: 1}\n",
    "automation/rules.yaml": """
- name: rate
  when: {employees: {at least: 1000}}
  then:
    - set: {field: rating, value: Warm, otherwise: clear}
- name: greet
  mode: once
  when: {title: {is not empty: yes}}
  then:
    - tag: greeted
- name: to kansai
  when: {prefecture: 大阪府}
  then:
    - assign: {pool: kansai}
""",
    "assignment.yaml": """
intake: [Inbound_Leads]
default pool: kanto
pools:
  - {name: kanto, members: [suzuki@sandbox.example, tanaka@sandbox.example, ito@sandbox.example], turn: least recent}
  - {name: kansai, members: [yamamoto@sandbox.example, nakamura@sandbox.example], turn: least recent}
""",
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An empty org and the rulebook above; the baseline (of nothing) is behind us."""
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        stage.plan()
        yield stage
