"""Deployable Salesforce source (the format of `sf project deploy start`) for the write-back fields.

Two package directories: `force-app` holds the fields of prospects and both permission sets; `activities` holds the key
of created tasks alone. Whether Activity allows a unique external id could not be verified without an org, and a
refusal there must not stop the rest.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from config.words.catalogue import Language, Words
from mapping.field_map.write_back import WRITE_BACK, FieldType, WriteBackField

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_FIELDS_ROOT = "force-app/main/default"
_ACTIVITIES_ROOT = "activities/main/default"

# The unique external id on the rows leadsync creates. It stands on Activity, where Task has its custom fields; a
# campaign member needs none, for campaign and lead together are its natural key.
CHANGE_KEY = WriteBackField("change", "Leadsync_Change__c", FieldType.TEXT, 64)

Names = Mapping[str, Mapping[str, str]]


def source(objects: Sequence[str], *, names: Names, api_version: str, words: Words) -> dict[str, str]:
    """File texts by relative path. `names` gives, by object, the API name of each field the map has renamed.

    A field the map writes to a standard or packaged field instead needs no deployment and is left out.
    """
    fields = [(entry, _renamed(names.get(entry, {}))) for entry in objects]
    files = {
        "sfdx-project.json": _project(api_version),
        "README.md": words.say("fields.readme", objects=", ".join(objects)),
        "manifest/package.xml": _manifest(_members(fields), _PERMISSION_SETS, api_version),
        "manifest/package-activities.xml": _manifest(
            [f"Activity.{CHANGE_KEY.api_name}"], [_ACTIVITIES_SET], api_version
        ),
        f"{_ACTIVITIES_ROOT}/{_field_path('Activity', CHANGE_KEY.api_name)}": _custom_field(
            CHANGE_KEY, CHANGE_KEY.api_name, words
        ),
        f"{_ACTIVITIES_ROOT}/{_set_path(_ACTIVITIES_SET)}": _permission_set(
            "activities", [(f"{entry}.{CHANGE_KEY.api_name}", True) for entry in ("Event", "Task")], words
        ),
    }
    for entry, renamed in fields:
        for field, api_name in renamed:
            files[f"{_FIELDS_ROOT}/{_field_path(entry, api_name)}"] = _custom_field(field, api_name, words)
    for key, permission_set in zip(("worker", "people"), _PERMISSION_SETS, strict=True):
        grants = sorted(
            (f"{entry}.{api_name}", field.is_filled_by_people == (key == "people"))
            for entry, renamed in fields
            for field, api_name in renamed
        )
        files[f"{_FIELDS_ROOT}/{_set_path(permission_set)}"] = _permission_set(key, grants, words)
    return dict(sorted(files.items()))


_PERMISSION_SETS = ("Leadsync_Worker", "Leadsync_People")
_ACTIVITIES_SET = "Leadsync_Activities"


def _renamed(given: Mapping[str, str]) -> list[tuple[WriteBackField, str]]:
    """The fields to create on an object and the names they get there."""
    named = [(field, given.get(field.name, field.api_name)) for field in WRITE_BACK]
    return [(field, api_name) for field, api_name in named if api_name.endswith("__c") and api_name.count("__") == 1]


def _members(fields: Iterable[tuple[str, list[tuple[WriteBackField, str]]]]) -> list[str]:
    return sorted(f"{entry}.{api_name}" for entry, renamed in fields for _, api_name in renamed)


def _field_path(object_name: str, api_name: str) -> str:
    return f"objects/{object_name}/fields/{api_name}.field-meta.xml"


def _set_path(name: str) -> str:
    return f"permissionsets/{name}.permissionset-meta.xml"


def _custom_field(field: WriteBackField, api_name: str, words: Words) -> str:
    """One field. Labels are in the reader's language, the description in both: an org has readers of either."""
    root = Element("CustomField", xmlns=_NAMESPACE)
    is_key = field is CHANGE_KEY
    _add(root, "fullName", api_name)
    if is_key:
        _add(root, "caseSensitive", "true")
    _add(root, "description", " / ".join(_in_both(f"field.{field.name}.description", words)))
    _add(root, "externalId", "true" if is_key else "false")
    _add(root, "inlineHelpText", words.say(f"field.{field.name}.description"))
    _add(root, "label", words.say(f"field.{field.name}"))
    if field.type is FieldType.TEXT:
        _add(root, "length", str(field.size))
    if field.type is FieldType.NUMBER:
        _add(root, "precision", str(field.size))
    _add(root, "required", "false")
    if field.type is FieldType.NUMBER:
        _add(root, "scale", "0")
    _add(root, "type", field.type.value)
    if field.type is not FieldType.DATE_TIME:
        _add(root, "unique", "true" if is_key else "false")
    return _text(root)


def _permission_set(key: str, grants: Iterable[tuple[str, bool]], words: Words) -> str:
    """Who may see and edit the fields: (object.field, editable)."""
    root = Element("PermissionSet", xmlns=_NAMESPACE)
    _add(root, "description", " / ".join(_in_both(f"fields.set.{key}.description", words)))
    for name, is_editable in grants:
        grant = SubElement(root, "fieldPermissions")
        _add(grant, "editable", "true" if is_editable else "false")
        _add(grant, "field", name)
        _add(grant, "readable", "true")
    _add(root, "hasActivationRequired", "false")
    _add(root, "label", words.say(f"fields.set.{key}"))
    return _text(root)


def _manifest(fields: Iterable[str], permission_sets: Iterable[str], api_version: str) -> str:
    root = Element("Package", xmlns=_NAMESPACE)
    for name, members in (("CustomField", fields), ("PermissionSet", permission_sets)):
        types = SubElement(root, "types")
        for member in sorted(members):
            _add(types, "members", member)
        _add(types, "name", name)
    _add(root, "version", api_version)
    return _text(root)


def _project(api_version: str) -> str:
    project = {
        "packageDirectories": [{"path": "force-app", "default": True}, {"path": "activities"}],
        "name": "leadsync-fields",
        "sourceApiVersion": api_version,
    }
    return json.dumps(project, indent=2) + "\n"


def _in_both(key: str, words: Words) -> list[str]:
    """The sentence in the reader's language, then in the other."""
    others = [language for language in Language if language is not words.language]
    return [words.say(key), *(Words(other).say(key) for other in others)]


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text


def _text(root: Element) -> str:
    indent(root, space="    ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"
