"""The exported fields are what an admin deploys: the agreed API names and types, on every object alike."""

from xml.etree.ElementTree import Element, fromstring

import pytest

from config.words.catalogue import Language, Words, catalogue
from engine.conditions.fields import LATER
from engine.verdicts.registry import RIDERS, TARGETS
from mapping.field_map.write_back import WRITE_BACK
from sync.salesforce.field_source import CHANGE_KEY, source

_ROOT = "force-app/main/default"
_TAG = "{http://soap.sforce.com/2006/04/metadata}"

AGREED = [
    ("Persona__c", "Text", 80),
    ("Buyer_Role__c", "Text", 40),
    ("Profile__c", "Text", 80),
    ("Grade__c", "Text", 2),
    ("Grade_Rank__c", "Number", 2),
    ("Score__c", "Number", 6),
    ("Priority__c", "Text", 4),
    ("Segment__c", "Text", 255),
    ("Grade_Reason__c", "Text", 255),
    ("Owner_Reason__c", "Text", 255),
    ("Previous_Owner__c", "Text", 18),
    ("Assigned_At__c", "DateTime", 0),
    ("Return_Reason__c", "Text", 255),
    ("Leadsync_Run__c", "Text", 40),
]


@pytest.mark.parametrize("object_name", ["Lead", "Contact"])
@pytest.mark.parametrize(("api_name", "type_name", "size"), AGREED, ids=[api_name for api_name, _, _ in AGREED])
def test_each_field_has_the_agreed_type_on_both_objects(
    object_name: str, api_name: str, type_name: str, size: int
) -> None:
    field = _field(_export(), f"{_ROOT}/objects/{object_name}/fields/{api_name}.field-meta.xml")

    assert (_of(field, "fullName"), _of(field, "type")) == (api_name, type_name)
    assert int(_of(field, "length") or _of(field, "precision") or 0) == size
    assert _of(field, "scale") == ("0" if type_name == "Number" else "")


def test_every_field_the_engine_decides_or_sends_along_is_in_the_table() -> None:
    assert {field.name for field in WRITE_BACK} == {*TARGETS, *RIDERS, *LATER}


def test_created_tasks_get_a_unique_external_id_in_a_directory_of_its_own() -> None:
    field = _field(_export(), "activities/main/default/objects/Activity/fields/Leadsync_Change__c.field-meta.xml")

    told = {tag: _of(field, tag) for tag in ("type", "length", "unique", "externalId")}

    assert told == {"type": "Text", "length": "64", "unique": "true", "externalId": "true"}


def test_a_name_the_map_changed_is_the_name_that_is_exported() -> None:
    files = _export(names={"Lead": {"persona": "LS_Persona__c"}})

    assert f"{_ROOT}/objects/Lead/fields/LS_Persona__c.field-meta.xml" in files
    assert f"{_ROOT}/objects/Lead/fields/Persona__c.field-meta.xml" not in files
    assert "<members>Lead.LS_Persona__c</members>" in files["manifest/package.xml"]
    assert (
        "<field>Lead.LS_Persona__c</field>" in files[f"{_ROOT}/permissionsets/Leadsync_Worker.permissionset-meta.xml"]
    )


@pytest.mark.parametrize("name", ["Rating", "acme__Persona__c"])
def test_a_standard_or_packaged_field_is_not_exported(name: str) -> None:
    assert name not in "".join(_export(names={"Lead": {"persona": name}}))


@pytest.mark.parametrize(
    ("name", "editable"),
    [
        ("Worker", {"Lead.Return_Reason__c": "false", "Lead.Persona__c": "true"}),
        ("People", {"Lead.Return_Reason__c": "true", "Lead.Persona__c": "false"}),
    ],
    ids=["worker", "people"],
)
def test_people_write_the_return_reason_and_the_worker_all_the_rest(name: str, editable: dict[str, str]) -> None:
    grants = _field(_export(), f"{_ROOT}/permissionsets/Leadsync_{name}.permissionset-meta.xml")

    granted = {_of(grant, "field"): _of(grant, "editable") for grant in grants}

    assert {field: granted[field] for field in editable} == editable


def test_labels_are_in_the_readers_language_and_descriptions_in_both() -> None:
    field = _field(_export(Language.JAPANESE), f"{_ROOT}/objects/Lead/fields/Score__c.field-meta.xml")

    assert _of(field, "label") == "スコア"
    assert _of(field, "description").split(" / ") == [
        catalogue()["field.score.description"][language] for language in ("ja", "en")
    ]


@pytest.mark.parametrize("language", list(Language))
def test_labels_fit_what_salesforce_takes(language: Language) -> None:
    labels = [Words(language).say(f"field.{field.name}") for field in (*WRITE_BACK, CHANGE_KEY)]

    assert [label for label in labels if len(label) > 40] == []


def test_the_readme_says_what_nobody_could_verify() -> None:
    assert "could not verify" in _export()["README.md"]
    assert "確認できていない" in _export(Language.JAPANESE)["README.md"]


def _export(language: Language = Language.ENGLISH, *, names: dict[str, dict[str, str]] | None = None) -> dict[str, str]:
    return source(["Lead", "Contact"], names=names or {}, api_version="66.0", words=Words(language))


def _field(files: dict[str, str], path: str) -> Element:
    return fromstring(files[path])  # noqa: S314 - our own text


def _of(element: Element, tag: str) -> str:
    return element.findtext(f"{_TAG}{tag}") or ""
