"""Picklist values in rules: by API value or label, an error where the org has neither, and kept as they were meant."""

import pytest

from config.rulebook.folder import rulebook_from, whole_rulebook_from
from config.rulebook.values import FILE
from config.words.catalogue import Language, Words
from engine.actions.set_field import SetField
from engine.conditions.conditions import Leaf
from mapping.field_map.field_map import FieldMap
from mapping.field_map.labels import Picklist

_VALUES = Picklist({"hot": "Hot", "warm": "Warm"}, {"高": "Hot", "中": "Warm"}, ("高", "中"))
RATING = {"industry": _VALUES, "rating": _VALUES}


def texts(condition: str, value: str = "Hot") -> dict[str, str]:
    rule = f"- {{name: a, when: {{{condition}}}, then: [{{set: {{field: rating, value: {value}}}}}]}}\n"
    return {"rulebook.yaml": "name: x\n", "automation/a.yaml": rule}


@pytest.mark.parametrize(
    ("said", "compared"),
    [
        ("industry: 高", "hot"),
        ("industry: Hot", "hot"),
        ("industry: ＨＯＴ", "hot"),
        ("industry: {is one of: [高, Warm]}", ("hot", "warm")),
        ("industry: {is not: 中}", "warm"),
        ("industry: {contains: 高}", "高"),
    ],
)
def test_a_label_stands_for_its_value(field_map: FieldMap, said: str, compared: object) -> None:
    found = rulebook_from(texts(said), field_map, picklists=RATING).rules[0].when
    assert isinstance(found, Leaf)
    assert found.operand == compared


def test_what_a_rule_sets_is_the_value_whatever_its_author_wrote(field_map: FieldMap) -> None:
    actions = [
        rulebook_from(texts("industry: Hot", said), field_map, picklists=RATING).rules[0].then
        for said in ("中", "warm")
    ]
    assert [action.value for each in actions for action in each if isinstance(action, SetField)] == ["Warm", "Warm"]


def test_a_value_the_org_lacks_is_named_at_its_place(field_map: FieldMap) -> None:
    unknown = whole_rulebook_from(texts("industry: Hott"), field_map, picklists=RATING)[2]
    assert [(one.code, one.where, one.params["meant"]) for one in unknown] == [
        ("RB-158", "rulebook/automation/a.yaml:1:30", "Hot")
    ]
    assert all(Words(language).problem(one) for language in Language for one in unknown)


def test_without_an_org_values_stand_as_they_are_written(field_map: FieldMap) -> None:
    rulebook, kept, unknown = whole_rulebook_from(texts("industry: Hott"), field_map)
    assert (unknown, kept) == ((), texts("industry: Hott"))
    assert rulebook.digest == rulebook_from(texts("industry: Hott"), field_map).digest


def test_what_was_meant_is_kept_with_the_texts(field_map: FieldMap) -> None:
    """The org may rename a label: what was approved means what it meant."""
    rulebook, kept, _ = whole_rulebook_from(texts("industry: 高", "warm"), field_map, picklists=RATING)
    assert FILE in kept
    assert rulebook_from(kept, field_map) == rulebook


def test_api_values_leave_the_version_of_a_rulebook_alone(field_map: FieldMap) -> None:
    plain = texts("industry: Hot", "Warm")
    assert rulebook_from(plain, field_map, picklists=RATING).digest == rulebook_from(plain, field_map).digest


def test_another_meaning_of_a_label_is_another_version(field_map: FieldMap) -> None:
    swapped = {**RATING, "industry": Picklist(_VALUES.by_value, {"高": "Warm", "中": "Hot"})}
    digests = {rulebook_from(texts("industry: 高"), field_map, picklists=one).digest for one in (RATING, swapped)}
    assert len(digests) == 2
