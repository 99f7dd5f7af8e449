"""What tests of files ask for: a small field map, and a rulebook written as the lines that matter."""

from collections.abc import Callable

import pytest

from config.field_map.load import map_from_text
from config.rulebook.folder import rulebook_from
from config.words.catalogue import Language, Words
from engine.errors import RulebookError
from engine.rulebook.rulebook import Rulebook
from mapping.field_map.field_map import FieldMap

MAP = """
prospects:
  Lead:
    fields:
      company: Company
      title: Title
      department: {field: Department__c, kind: text, key: department}
      employees: NumberOfEmployees
      revenue: AnnualRevenue
      industry: Industry
      rating: Rating
      opted_out: HasOptedOutOfEmail
      last_activity: LastActivityDate
      bounced_at: EmailBouncedDate
      record_type: RecordTypeId
      ae_grade: {field: pi__grade__c, kind: text}
      our_grade: {field: Grade__c, kind: text}
related:
  Campaign: {fields: {type: Type, name: Name}}
activities:
  - {object: Task, prospect: WhoId, at: CreatedDate, kind: task, fields: {minutes: CallDurationInSeconds}, lookups: {campaign: {field: C__c, object: Campaign}}}
  - object: Web_Activity__c
    prospect: Lead__c
    at: Occurred_At__c
    kind: {field: Type__c, values: {Page View: page view, Form Submission: form submission}}
"""
HEADER = "name: 試験\n"


@pytest.fixture
def field_map() -> FieldMap:
    return map_from_text(MAP)


@pytest.fixture
def rulebook(field_map: FieldMap) -> Callable[..., Rulebook]:
    """`rulebook(**{"automation/a.yaml": "..."})`: the rulebook of some files; rulebook.yaml has a name unless given."""

    def make(**texts: str) -> Rulebook:
        return rulebook_from({"rulebook.yaml": HEADER, **texts}, field_map)

    return make


@pytest.fixture
def complaints(rulebook: Callable[..., Rulebook]) -> Callable[..., list[str]]:
    """What is wrong with some files: `code place`, in the order people read them."""

    def find(**texts: str) -> list[str]:
        with pytest.raises(RulebookError) as caught:
            rulebook(**texts)
        for language in Language:
            # Whatever is wrong has words in both languages for all it tells.
            Words(language).error(caught.value)
        return [f"{problem.code} {problem.where.removeprefix('rulebook/')}" for problem in caught.value.problems]

    return find
