"""A queue can own no contact: a rule that would give it one is refused when the rulebook is read."""

import pytest

from config.field_map.load import map_from_text
from config.rulebook.folder import rulebook_from
from engine.errors import RulebookError

CONTACT = "  Contact: {fields: {title: Title, employees: {field: Size__c, kind: integer}}}\n"
LEAD = "  Lead: {fields: {title: Title, employees: NumberOfEmployees}}\n"


def complaints(when: str, *, objects: str = LEAD + CONTACT, scope: str = "everyone") -> list[str]:
    texts = {
        "rulebook.yaml": f"name: x\nscope: {scope}\n",
        "automation/a.yaml": f"- name: r\n  when: {when}\n  then: [{{assign: {{queue: Inbound}}}}]\n",
    }
    try:
        rulebook_from(texts, map_from_text(f"prospects:\n{objects}"))
    except RulebookError as error:
        return [f"{problem.code} {problem.where.removeprefix('rulebook/')}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    "when",
    [
        "everyone",
        "{title: {is not empty: yes}}",
        "{object: Contact}",
        "{any: [{object: Lead}, {title: 部長}]}",
        "{none: [{object: Lead}]}",
        "{object: {is one of: [Lead, Contact]}}",
    ],
)
def test_a_queue_for_contacts_is_refused(when: str) -> None:
    assert complaints(when) == ["RB-159 automation/a.yaml:3:27"]


@pytest.mark.parametrize(
    "when",
    [
        "{object: Lead}",
        "{object: {is not: Contact}, title: {is not empty: yes}}",
        "{object: {is none of: [Contact]}}",
        "{none: [{object: Contact}]}",
        "{any: [{object: Lead, title: 部長}, {all: [{object: Lead}]}]}",
    ],
)
def test_a_rule_that_leaves_contacts_out_may_name_a_queue(when: str) -> None:
    assert complaints(when) == []


def test_a_scope_that_leaves_contacts_out_will_do() -> None:
    assert complaints("everyone", scope="{object: Lead}") == []


def test_leads_alone_may_have_queues_and_contacts_alone_may_not() -> None:
    assert complaints("everyone", objects=LEAD) == []
    assert complaints("everyone", objects=CONTACT) == ["RB-159 automation/a.yaml:3:27"]
