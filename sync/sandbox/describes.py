"""The schema as describe tells it, with every key a real describe has."""

from functools import cache

from sync.sandbox.schema import FACTS, TEXT_TYPES, FieldFact, ObjectFact, schema
from sync.sandbox.search import FORMULAS
from sync.sandbox.worlds import Switches, World

_SOAP = {"id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "double": "xsd:double",
         "currency": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime"}  # fmt: skip
_VALUES = {"no": False, "yes": True, "nothing": None}


@cache
def _same(what: str) -> dict[str, object]:
    """What is the same for every field, for every object in the list, or only in an object's own describe."""
    found: dict[str, object] = {}
    for value, names in FACTS["describe"][what].items():
        found |= {name: [] if value == "empty" else _VALUES[value] for name in names.split()}
    return found


def describe(world: World, fact: ObjectFact, version: str, *, language: str) -> dict[str, object]:
    """One object as the user sees it, labels in the user's language: fields that field-level security hides are absent."""
    return _described(fact.name, world.switches, version, language)


@cache
def _described(name: str, switches: Switches, version: str, language: str) -> dict[str, object]:
    """Asked for in every run and long: made once."""
    fact = schema()[name]
    seen = [field for field in fact.fields.values() if f"{name}.{field.name}" not in switches.hidden]
    fields = [_field(switches, fact, field, language) for field in seen]
    own = {"sobjectDescribeOption": "FULL", "fields": fields}
    return {**summary(fact, version, language=language), **_same("own"), **own}


def describe_all(version: str, *, language: str) -> dict[str, object]:
    """The list of objects."""
    objects = [summary(fact, version, language=language) for fact in schema().values()]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def summary(fact: ObjectFact, version: str, *, language: str) -> dict[str, object]:
    """What the list of objects and a describe have in common."""
    path = f"/services/data/{version}/sobjects/{fact.name}"
    label = fact.labels[language == "ja"]
    is_worked_with = not fact.is_setup
    return {
        **_same("object"),
        **dict.fromkeys(("createable", "deletable", "undeletable", "updateable"), is_worked_with),
        "custom": fact.name.endswith("__c"),
        "keyPrefix": fact.prefix,
        "label": label,
        "labelPlural": label if language == "ja" else f"{label}s",
        "mergeable": fact.name in {"Lead", "Contact", "Account"},
        "name": fact.name,
        "urls": {"sobject": path, "describe": f"{path}/describe", "rowTemplate": f"{path}/{{ID}}"},
    }


def _field(switches: Switches, fact: ObjectFact, field: FieldFact, language: str) -> dict[str, object]:
    is_locked = f"{fact.name}.{field.name}" in switches.read_only
    is_filterable = field.filterable and f"{fact.name}.{field.name}" not in switches.unfiltered
    is_int = field.type == "int"
    values = [
        {
            "active": True,
            "defaultValue": False,
            "validFor": None,
            "value": value,
            "label": field.label_of(value, language),
        }
        for value in field.values
    ]
    return {
        **_same("field"),
        "aggregatable": is_filterable and field.type != "boolean",
        "byteLength": field.length * (3 if field.type in TEXT_TYPES else 1),
        "calculated": field.calculated, "calculatedFormula": FORMULAS[field.name][0] if field.calculated else None,
        "createable": field.createable and not is_locked, "updateable": field.updateable and not is_locked,
        "custom": field.name.endswith("__c"), "defaultedOnCreate": field.defaulted,
        "digits": field.precision if is_int else 0, "precision": 0 if is_int else field.precision, "scale": field.scale,
        "filterable": is_filterable, "sortable": is_filterable,
        "groupable": is_filterable and field.type not in {"datetime", "double", "currency"},
        "idLookup": field.type in {"id", "email"}, "label": field.labels[language == "ja"], "length": field.length,
        "name": field.name, "nameField": field.name == "Name", "namePointing": field.name == "OwnerId",
        "nillable": field.nillable, "permissionable": field.permissionable, "picklistValues": values,
        "restrictedPicklist": field.restricted, "polymorphicForeignKey": len(field.refers_to) > 1,
        "referenceTo": list(field.refers_to), "relationshipName": field.relationship,
        "soapType": _SOAP.get(field.type, "xsd:string"), "type": field.type,
    }  # fmt: skip
