"""map.yaml: what it says, and every way of getting it wrong named at its line and column."""

from pathlib import Path

import pytest

from config.field_map.load import load_map, map_from_text
from config.words.catalogue import Language, Words
from engine.conditions.fields import Kind
from engine.errors import MapError
from mapping.field_map.field_map import ActivitySource, MappedField
from mapping.field_map.write_back import WRITE_BACK

HEAD = "prospects:\n  Lead:\n    fields:\n"


def field(entry: str) -> MappedField:
    """The one field of a map."""
    return map_from_text(f"{HEAD}      {entry}\n").objects[0].fields[0]


def complaints(text: str) -> list[str]:
    """What is wrong, each with its place; all of it can be said in both languages."""
    with pytest.raises(MapError) as found:
        map_from_text(text)
    for language in Language:
        Words(language).error(found.value)
    return [f"{problem.code} {problem.where.removeprefix('map.yaml:')}" for problem in found.value.problems]


def advice(text: str) -> str:
    with pytest.raises(MapError) as found:
        map_from_text(text)
    return Words(Language.ENGLISH).error(found.value)


@pytest.mark.parametrize(
    ("entry", "api_name", "kind", "key", "facets"),
    [
        ("employees: NumberOfEmployees", "NumberOfEmployees", Kind.INTEGER, None, ()),
        ("company: Company", "Company", Kind.TEXT, "company", ("form",)),
        ("phone: Phone", "Phone", Kind.TEXT, "plain", ()),
        ("rating: Rating", "Rating", Kind.PICKLIST, "value", ()),
        ("state: {field: State, kind: picklist}", "State", Kind.PICKLIST, "value", ()),
        ("title: {field: Title, key: plain}", "Title", Kind.TEXT, "plain", ()),
        ("department: {field: D__c, kind: text, key: department}", "D__c", Kind.TEXT, "department", ("function",)),
        ("ae_score: {field: pi__score__c, kind: decimal}", "pi__score__c", Kind.DECIMAL, None, ()),
        ("従業員数: NumberOfEmployees", "NumberOfEmployees", Kind.INTEGER, None, ()),
    ],
)
def test_a_field_knows_its_kind_and_its_key(
    entry: str, api_name: str, kind: Kind, key: str | None, facets: tuple[str, ...]
) -> None:
    found = field(entry)
    assert (found.api_name, found.kind, found.key, found.facets) == (api_name, kind, key, facets)


def test_a_field_remembers_its_place() -> None:
    assert field("company: Company").where == "map.yaml:4:16"


def test_write_back_has_defaults_and_takes_other_names() -> None:
    text = "prospects: {Lead: {write back: {grade: Fit__c}}}"
    defaults = {target.name: target.api_name for target in WRITE_BACK}
    assert map_from_text(text).objects[0].write_back == {**defaults, "grade": "Fit__c"}


def test_an_activity_source_may_tell_its_kind_by_a_field() -> None:
    text = (
        "prospects: {Lead: {}}\n"
        "activities:\n"
        "  - {object: Web__c, prospect: [Lead__c, Contact__c], at: At__c, asset: Page__c,\n"
        "     kind: {field: Type__c, values: {Form: form submission}}}\n"
    )
    assert map_from_text(text).activities == (
        ActivitySource(
            "Web__c",
            ("Lead__c", "Contact__c"),
            "At__c",
            kind_field="Type__c",
            kinds={"Form": "form submission"},
            asset="Page__c",
            where="map.yaml:3:5",
        ),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["MP-106 map.yaml"]),
        ("# nothing yet\n", ["MP-106 map.yaml"]),
        ("activities: []\n", ["MP-120 1:1"]),
        ("prospects: Lead\n", ["MP-116 1:12"]),
        ("prospects: {}\n", ["MP-120 1:12"]),
        ("prospect: {Lead: {}}\n", ["MP-103 1:1", "MP-120 1:1"]),
        ("prospects: {リード: {}}\n", ["MP-129 1:13"]),
        (HEAD + "      company: Company\n      company: Name\n", ["MP-107 5:7"]),
        (HEAD + "      company:\n", ["MP-108 4:7"]),
        (HEAD + "      company: [Company]\n", ["MP-116 4:16"]),
        (HEAD + "      company: 会社名\n", ["MP-129 4:16"]),
        (HEAD + "      score: Score__c\n", ["MP-121 4:7"]),
        (HEAD + "      title__rank: Title\n", ["MP-122 4:7"]),
        (HEAD + "      size: {field: Size__c, kind: integr}\n", ["MP-123 4:36"]),
        (HEAD + "      size: Size__c\n", ["MP-124 4:13"]),
        (HEAD + "      title: {field: Title, key: titel}\n", ["MP-125 4:34"]),
        (HEAD + "      size: {field: NumberOfEmployees, key: plain}\n", ["MP-126 4:45"]),
        (HEAD + "      title: {kind: text}\n", ["MP-120 4:14"]),
        (HEAD + "      title: {field: Title, knd: text}\n", ["MP-103 4:29"]),
        ("prospects: {Lead: {write back: {grade: pi__grade__c}}}\n", ["MP-127 1:40"]),
        ("prospects: {Lead: {write back: {grade: Persona__c}}}\n", ["MP-128 1:32"]),
        ("prospects: {Lead: {write back: {grad: Grade__c}}}\n", ["MP-103 1:33"]),
        ("prospects: {Lead: {}}\nactivities: {object: Task}\n", ["MP-109 2:13"]),
        ("prospects: {Lead: {}}\nactivities:\n  - {object: Task, at: CreatedDate}\n", ["MP-120 3:5", "MP-120 3:5"]),
        ("prospects: {Lead: {}}\nactivities:\n  - {object: T, prospect: W, at: C, kind: [a]}\n", ["MP-111 3:43"]),
        ("prospects: {Lead: {}}\nactivities:\n  - {object: T, prospect: [], at: C, kind: a}\n", ["MP-108 3:27"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_at_its_place(text: str, found: list[str]) -> None:
    assert complaints(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("prospects:\n\tLead: {}\n", ["MP-101 2:1"]),
        ("prospects:\n  Lead：\n    fields: {}\n", ["MP-102 2:7"]),
        (HEAD + "      company：Company\n", ["MP-102 4:7"]),
        (HEAD + "      company:Company\n", ["MP-110 4:7"]),
        ("prospects: &a {Lead: {}}\nactivities: *a\n", ["MP-113 1:12"]),
        ("prospects: {Lead: {}}\n---\n", ["MP-112 2:1"]),
        ("prospects: {Lead: {}\n", ["MP-100 2:1"]),
        (HEAD + '      size: "Size__c\\0"\n', ["MP-142 4:13"]),
    ],
)
def test_wrong_yaml_is_named_for_what_it_is(text: str, found: list[str]) -> None:
    assert complaints(text) == found


def test_everything_wrong_is_told_at_once() -> None:
    text = f"{HEAD}      score: Title\n      size: Size__c\n    write back: {{grade: pi__x__c}}\n"
    assert complaints(text) == ["MP-121 4:7", "MP-124 5:13", "MP-127 6:25"]


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("size: NumberOfEmployee", "did you mean the standard field 'NumberOfEmployees'?"),
        ("size: Size__c", "write '{field: Size__c, kind: ...}' with one of: text"),
        ("size: {field: Size__c, kind: integr}", "did you mean 'integer'?"),
        ("title: {field: Title, key: titel}", "did you mean 'title'?"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(entry: str, meant: str) -> None:
    assert meant in advice(f"{HEAD}      {entry}\n")


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="MP-104"):
        load_map(tmp_path / "map.yaml")


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_bytes(f"{HEAD}      会社名: Company\n".encode("cp932"))
    with pytest.raises(MapError, match="Shift_JIS"):
        load_map(path)


def test_a_file_from_windows_is_the_same_map(tmp_path: Path) -> None:
    text = f"{HEAD}      company: Company\n"
    path = tmp_path / "map.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load_map(path) == map_from_text(text)


def test_the_text_of_a_map_gives_the_map_back() -> None:
    found = map_from_text(f"{HEAD}      company: Company\n")
    assert map_from_text(found.text) == found


@pytest.mark.parametrize(
    "other",
    [
        f"# a comment\n{HEAD}      title: Title\n      company: Company\n",
        f"{HEAD}      title: {{field: Title, kind: text, key: title}}\n      company: Company\n",
        f"{HEAD}      title: Title\n      company: Company\n    write back: {{grade: Grade__c}}\n",
    ],
)
def test_comments_order_and_spelled_out_defaults_make_no_other_version(other: str) -> None:
    assert map_from_text(other).digest == map_from_text(f"{HEAD}      company: Company\n      title: Title\n").digest


def test_another_field_makes_another_version() -> None:
    assert map_from_text(f"{HEAD}      a: Title\n").digest != map_from_text(f"{HEAD}      a: Company\n").digest
