"""The map against what an org describes: the sandbox org with its switches, and a real one's Lead."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.conditions.fields import Kind
from engine.errors import Problem
from mapping.field_map.check import check, check_set
from mapping.field_map.field_map import (
    ActivitySource,
    DropFolder,
    FieldMap,
    Lookup,
    MappedField,
    ObjectMap,
    RelatedObject,
)
from mapping.field_map.filters import Filter
from sync.sandbox.describes import describe
from sync.sandbox.schema import schema
from sync.sandbox.worlds import App, Switches, World

Described = dict[str, dict[str, object]]
VISITS = ActivitySource(
    "Web_Activity__c", ("Lead__c",), "Occurred_At__c", kind_field="Type__c", asset="Asset__c", where="map.yaml:20:5"
)


@pytest.fixture
def org() -> Callable[..., Described]:
    """`org(hidden={"Lead.Title"})`: every object as the login sees it."""

    def seen(*, hidden: set[str] = frozenset(), read_only: set[str] = frozenset()) -> Described:  # type: ignore[assignment]
        switches = Switches(hidden=frozenset(hidden), read_only=frozenset(read_only))
        world = World("00D000000000001EAA", App("key", "secret", "leadsync@sandbox.example"), switches=switches)
        return {name: describe(world, fact, "v66.0", language="en") for name, fact in schema().items()}

    return seen


def reading(field_map: FieldMap, api_name: str, kind: Kind) -> FieldMap:
    """The map with one field only."""
    mapped = MappedField("it", api_name, kind, where="map.yaml:9:9")
    return replace(field_map, objects=(replace(field_map.objects[0], fields=(mapped,)),))


def writing(field_map: FieldMap, target: str, api_name: str) -> FieldMap:
    """The map with one target written elsewhere."""
    lead = field_map.objects[0]
    return replace(field_map, objects=(replace(lead, write_back={**lead.write_back, target: api_name}),))


def test_a_map_that_fits_has_no_problem(field_map: FieldMap, org: Callable[..., Described]) -> None:
    assert check(replace(field_map, activities=(VISITS,)), org()) == ()


def test_a_hidden_field_is_named(field_map: FieldMap, org: Callable[..., Described]) -> None:
    params = {"object": "Lead", "field": "Title", "meant": ""}
    assert check(field_map, org(hidden={"Lead.Title"})) == (Problem("MP-202", "map.yaml:5:14", params),)


@pytest.mark.parametrize(
    ("api_name", "meant"),
    [
        ("NumberOfEmployee", "NumberOfEmployees"),
        ("title", "Title"),
        ("Employees", "NumberOfEmployees"),
        ("Shoe__c", ""),
    ],
)
def test_a_missing_field_is_named_with_what_was_meant(
    field_map: FieldMap, org: Callable[..., Described], api_name: str, meant: str
) -> None:
    params = {"object": "Lead", "field": api_name, "meant": meant}
    found = check(reading(field_map, api_name, Kind.INTEGER), org())
    assert found == (Problem("MP-202", "map.yaml:9:9", params),)


def test_a_field_of_another_type_says_which_kinds_fit(field_map: FieldMap, org: Callable[..., Described]) -> None:
    params = {"object": "Lead", "field": "IsConverted", "type": "boolean", "kind": "text", "fits": "boolean"}
    found = check(reading(field_map, "IsConverted", Kind.TEXT), org())
    assert found == (Problem("MP-203", "map.yaml:9:9", params),)


def test_a_target_the_login_may_not_write_is_named(field_map: FieldMap, org: Callable[..., Described]) -> None:
    params = {"object": "Lead", "field": "Grade__c", "name": "grade"}
    found = check(field_map, org(read_only={"Lead.Grade__c"}))
    assert found == (Problem("MP-204", "map.yaml:3:5", params),)


def test_what_only_people_write_may_be_read_only(field_map: FieldMap, org: Callable[..., Described]) -> None:
    assert check(field_map, org(read_only={"Lead.Return_Reason__c"})) == ()


@pytest.mark.parametrize(
    ("target", "api_name", "code"),
    [
        ("score", "FirstName", "MP-205"),
        ("grade", "NumberOfEmployees", "MP-205"),
        ("assigned_at", "LastName", "MP-205"),
        ("persona", "FirstName", "MP-206"),
        ("score", "Grade_Rank__c", "MP-206"),
        ("grade", "Missing__c", "MP-202"),
        ("persona", "pi__campaign__c", "MP-204"),
    ],
)
def test_a_target_that_cannot_hold_its_value_is_named(
    field_map: FieldMap, org: Callable[..., Described], target: str, api_name: str, code: str
) -> None:
    assert [problem.code for problem in check(writing(field_map, target, api_name), org())] == [code]


def test_an_object_the_org_lacks_is_named(field_map: FieldMap, org: Callable[..., Described]) -> None:
    there = {name: found for name, found in org().items() if name != "Web_Activity__c"}
    found = check(replace(field_map, activities=(VISITS,)), there)
    assert found == (Problem("MP-201", "map.yaml:20:5", {"object": "Web_Activity__c"}),)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (replace(VISITS, prospect=("Asset__c",)), "MP-209"),
        (replace(VISITS, prospect=("Id",)), "MP-209"),
        (replace(VISITS, at="Type__c"), "MP-210"),
        (replace(VISITS, asset="Page__c"), "MP-202"),
        (replace(VISITS, fields=(MappedField("page", "Page__c", Kind.TEXT),)), "MP-202"),
        (replace(VISITS, fields=(MappedField("page", "Asset__c", Kind.DATE),)), "MP-203"),
        (replace(VISITS, lookups=(Lookup("person", "Contact__c", "Campaign"),)), "MP-212"),
        (replace(VISITS, lookups=(Lookup("person", "Person__c", "Contact"),)), "MP-202"),
    ],
)
def test_a_source_that_cannot_be_read_is_named(
    field_map: FieldMap, org: Callable[..., Described], source: ActivitySource, code: str
) -> None:
    assert [problem.code for problem in check(replace(field_map, activities=(source,)), org())] == [code]


def test_a_lead_may_be_its_own_activity(field_map: FieldMap, org: Callable[..., Described]) -> None:
    created = ActivitySource("Lead", ("Id",), "CreatedDate", kind="created")
    assert check(replace(field_map, activities=(created,)), org()) == ()


def test_people_the_login_may_not_see_are_named(field_map: FieldMap, org: Callable[..., Described]) -> None:
    found = check(field_map, org(hidden={"User.IsActive"}))
    assert found == (Problem("MP-202", "", {"object": "User", "field": "IsActive", "meant": ""}),)


def test_a_field_a_rule_sets_must_be_writable(field_map: FieldMap, org: Callable[..., Described]) -> None:
    set_fields = [("title", "automation/a.yaml:3:5"), ("company", "automation/a.yaml:7:5")]
    params = {"object": "Lead", "field": "Title", "name": "title"}
    found = check_set(field_map, org(read_only={"Lead.Title"}), set_fields)
    assert found == (Problem("MP-211", "automation/a.yaml:3:5", params),)


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        ({"Type__c": ("Page View",)}, []),
        ({"Asset__c": ("price",)}, []),
        ({"IsDeleted": (False,)}, []),
        ({"Type__c": (True,)}, ["MP-213"]),
        ({"IsDeleted": ("no",)}, ["MP-213"]),
        ({"Occurred_At__c": ("2026-11-21",)}, ["MP-213"]),
        ({"Missing__c": ("a",)}, ["MP-202"]),
    ],
)
def test_a_filter_must_be_one_the_org_can_answer(
    field_map: FieldMap, org: Callable[..., Described], wanted: Filter, codes: list[str]
) -> None:
    filtered = replace(VISITS, filter=wanted)
    found = check(replace(field_map, activities=(filtered,)), org())
    assert [problem.code for problem in found] == codes


def test_files_are_not_asked_of_the_org(field_map: FieldMap, org: Callable[..., Described]) -> None:
    files = replace(VISITS, api_name="drop-1", files=DropFolder("exports/*.csv", "Who", "When"))
    assert check(replace(field_map, activities=(files,)), org()) == ()


@pytest.mark.parametrize(
    ("lookup", "related", "codes"),
    [
        (Lookup("owner", "CreatedById", "User"), RelatedObject("User", ()), ["MP-202"]),  # users have no IsDeleted
        (Lookup("campaign", "CreatedById", "Campaign"), RelatedObject("Campaign", ()), ["MP-212"]),
        (Lookup("campaign", "Nobody__c", "Campaign"), RelatedObject("Campaign", ()), ["MP-202"]),
        (Lookup("it", "CreatedById", "User"), RelatedObject("Nothing__c", ()), ["MP-201"]),
        (
            Lookup("campaign", "CreatedById", "Campaign"),
            RelatedObject("Campaign", (MappedField("kind of it", "Type", Kind.DATE),)),
            ["MP-212", "MP-203"],
        ),
    ],
)
def test_a_related_record_must_be_there_and_be_named(
    field_map: FieldMap, org: Callable[..., Described], lookup: Lookup, related: RelatedObject, codes: list[str]
) -> None:
    lead = replace(field_map.objects[0], lookups=(lookup,))
    found = check(replace(field_map, objects=(lead,), related=(related,)), org())
    assert [problem.code for problem in found] == codes


@pytest.fixture
def real_lead(shared: Path) -> Described:
    """A Lead as a real org described it, which has none of our fields."""
    text = (shared / "fixtures/cumulusci/extracted_describe/Lead.json").read_text(encoding="utf-8")
    return {"Lead": json.loads(text)}


def test_a_real_org_without_our_fields_is_told_each_of_them(lead_map: ObjectMap, real_lead: Described) -> None:
    found = check(FieldMap((lead_map,)), real_lead)
    missing = [*(mapped.api_name for mapped in lead_map.fields[3:]), *lead_map.write_back.values()]
    assert [(problem.code, problem.params["field"]) for problem in found] == [("MP-202", name) for name in missing]


@pytest.mark.parametrize(
    ("api_name", "kind", "codes"),
    [
        ("Company", Kind.TEXT, []),
        ("Industry", Kind.PICKLIST, []),
        ("AnnualRevenue", Kind.DECIMAL, []),
        ("AnnualRevenue", Kind.INTEGER, []),
        ("LastActivityDate", Kind.DATE, []),
        ("LastActivityDate", Kind.DATETIME, ["MP-203"]),
        ("CreatedById", Kind.ID, []),
        ("Latitude", Kind.INTEGER, ["MP-203"]),
        ("Address", Kind.TEXT, ["MP-208"]),
    ],
)
def test_the_types_of_a_real_org_are_known(real_lead: Described, api_name: str, kind: Kind, codes: list[str]) -> None:
    only = FieldMap((ObjectMap("Lead", (MappedField("it", api_name, kind),)),))
    assert [problem.code for problem in check(only, real_lead)] == codes


@pytest.mark.parametrize(
    ("api_name", "code"),
    [("CleanStatus", "MP-205"), ("ConvertedAccountId", "MP-205"), ("PhotoUrl", "MP-204"), ("FirstName", "MP-206")],
)
def test_a_real_field_that_cannot_take_a_persona_is_refused(real_lead: Described, api_name: str, code: str) -> None:
    only = FieldMap((ObjectMap("Lead", (), {"persona": api_name}),))
    assert [problem.code for problem in check(only, real_lead)] == [code]
