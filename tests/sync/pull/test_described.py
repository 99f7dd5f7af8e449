"""What the org is said to be made of before anything is read, and what rules go by that it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from config.field_map.load import map_from_text
from config.rulebook.folder import rulebook_from
from engine.errors import LeadsyncError, MapError, Problem, RulebookError
from engine.rulebook.rulebook import Rulebook
from mapping.field_map.pulled_objects import PEOPLE
from sync.pull.objects import described
from sync.sandbox.describes import _described as describe
from sync.sandbox.schema import schema
from sync.sandbox.worlds import Switches

MAP = map_from_text("""
prospects:
  Lead:
    fields: {title: Title, employees: NumberOfEmployees, rating: Rating, prefecture: State}
  Contact:
    fields: {title: Title}
    lookups: {account: {field: AccountId, object: Account}}
related:
  Account: {fields: {industry: Industry}}
activities:
  - {object: Task, prospect: WhoId, at: CreatedDate, kind: call}
  - object: Web_Activity__c
    prospect: Lead__c
    at: Occurred_At__c
    kind: {field: Type__c, values: {Page View: page view, Form Submission: form submission}}
""")
RULES = rulebook_from(
    {
        "rulebook.yaml": "name: small\n",
        "personas/who.yaml": "- {name: boss, role: decision maker, when: {title: {is not empty: yes}}}\n",
        "scoring.yaml": "points: {page view: 1, call: 5}\n",
        "automation/rules.yaml": """
- {name: warm, when: {employees: {at least: 300}}, then: [{set: {field: rating, value: Warm}}]}
- {name: steel, when: {account industry: Steel}, then: [{tag: steel}]}
- {name: called, when: {activity: {kind: call, count at least: 1}}, then: [{tag: called}]}
- {name: busy, when: {activity: {count at least: 9}}, then: [{tag: busy}]}
""",
    },
    MAP,
)


@dataclass
class Org:
    """What is said of it at first, and when it is asked again: fields and objects that nobody sees."""

    hidden: frozenset[str] = frozenset()
    hidden_again: frozenset[str] | None = None
    asked: list[str] = field(default_factory=list)

    def among(self, names: Sequence[str]) -> dict[str, Any]:
        self.asked.append("among")
        return self._seen(names, self.hidden)

    def anew(self, names: Sequence[str]) -> dict[str, Any]:
        self.asked.append("anew")
        return self._seen(names, self.hidden if self.hidden_again is None else self.hidden_again)

    def of(self, name: str) -> dict[str, Any]:
        return {"name": name, "asked": "alone"}

    def _seen(self, names: Sequence[str], hidden: frozenset[str]) -> dict[str, Any]:
        switches = Switches(hidden=hidden)
        return {
            name: describe(name, switches, "66.0", "en") for name in names if name in schema() and name not in hidden
        }


@dataclass
class Files:
    """A rulebook that learns of nothing but what it is told to lack."""

    lacks: tuple[Problem, ...] = ()
    learned: list[Mapping[str, Any]] = field(default_factory=list)

    def __call__(self) -> tuple[Rulebook, str]:
        return RULES, ""

    def learn(self, told: Mapping[str, Any]) -> tuple[Problem, ...]:
        self.learned.append(told)
        return self.lacks


def found(org: Org, files: Files | None = None) -> list[tuple[str, Any]]:
    told = described(cast("Any", org), MAP, cast("Any", files or Files()))
    return [(wanted.api_name, describe.get("name")) for wanted, describe in told]


def missing(*hidden: str, files: Files | None = None) -> tuple[type[LeadsyncError], list[tuple[str, str]]]:
    """The error, and what is said by code, with the rules that need it."""
    with pytest.raises(LeadsyncError) as raised:
        found(Org(frozenset(hidden)), files)
    said = [(problem.code, str(problem.params.get("rules", ""))) for problem in raised.value.problems]
    return type(raised.value), said


NAMES = ["Lead", "Contact", "Account", "Task", "Web_Activity__c", *(one.api_name for one in PEOPLE)]


def test_every_object_that_is_pulled_is_described_once() -> None:
    org = Org()
    assert (found(org), org.asked) == ([(name, name) for name in NAMES], ["among"])


def test_what_seems_to_be_missing_is_asked_for_again_before_it_is_told() -> None:
    org, files = Org(frozenset({"Lead.Title"}), frozenset()), Files()
    assert (found(org, files), org.asked) == ([(name, name) for name in NAMES], ["among", "anew"])
    assert len(files.learned) == 2


def test_people_whom_the_org_does_not_list_are_asked_for_alone() -> None:
    told = {wanted.api_name: one for wanted, one in described(cast("Any", Org(frozenset({"UserRole"}))), MAP, cast("Any", Files()))}  # fmt: skip
    assert told["UserRole"] == {"name": "UserRole", "asked": "alone"}


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        pytest.param("Lead.Title", [("MP-202", ""), ("MP-214", "'boss'")], id="a field of a persona"),
        pytest.param("Lead.NumberOfEmployees", [("MP-202", ""), ("MP-214", "'warm'")], id="a field of a rule"),
        pytest.param("Lead.Rating", [("MP-202", ""), ("MP-214", "'warm'")], id="a field that a rule sets"),
        pytest.param("Lead.State", [("MP-202", "")], id="a field of none"),
        pytest.param("Account.Industry", [("MP-202", ""), ("MP-214", "'steel'")], id="a field of another record"),
        pytest.param("Task", [("MP-201", ""), ("MP-214", "'call', 'called', 'busy'")], id="a kind of activity"),
        pytest.param("Web_Activity__c", [("MP-201", ""), ("MP-214", "'page view', 'busy'")], id="another kind"),
        pytest.param("Task.WhoId", [("MP-202", "")], id="a field of activities"),
    ],
)
def test_what_is_missing_is_told_with_the_rules_that_need_it(hidden: str, said: list[tuple[str, str]]) -> None:
    assert missing(hidden) == (MapError, said)


def test_an_object_that_is_missing_is_told_with_all_that_goes_by_its_fields() -> None:
    kind, said = missing("Contact")
    assert (kind, said) == (MapError, [("MP-201", ""), ("MP-214", "'boss'")])


def test_what_is_needed_is_named_where_the_map_names_it() -> None:
    with pytest.raises(MapError) as raised:
        found(Org(frozenset({"Lead.Title"})))
    lacks, needs = raised.value.problems
    assert needs == Problem("MP-214", lacks.where, {"what": "Title", "rules": "'boss'"})


def test_values_that_a_picklist_lacks_are_of_the_rulebook_unless_the_map_is_wrong_too() -> None:
    files = Files((Problem("RB-158", "rules.yaml:1"),))
    assert missing(files=files) == (RulebookError, [("RB-158", "")])
    assert missing("Lead.State", files=files) == (MapError, [("MP-202", ""), ("RB-158", "")])
