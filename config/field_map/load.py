"""Read map.yaml: which objects and fields are read, what rules call them, and where decisions are written.

    prospects:
      Lead:
        fields:
          company: Company                                                     # a standard field: kind and key are known
          department: {field: Department__c, kind: text, key: department}
        write back: {grade: My_Grade__c}                                       # only what differs from the defaults
        lookups: {account: {field: Partner__c, object: Account}}               # rules read 'account industry'
    related:
      Account: {fields: {industry: Industry}}
    activities:
      - {object: Task, prospect: WhoId, at: CreatedDate, kind: task, fields: {subject: Subject}}   # asked of activities
      - {object: Web_Activity__c, prospect: Lead__c, at: Occurred_At__c, kind: {field: Type__c, values: {Form: form submission}}}
      - {object: Task, prospect: WhoId, at: CreatedDate, kind: call, filter: {TaskSubtype: Call}}
      - {files: exports/*.csv, prospect: Email, match: email, at: Date, kind: {field: Type}}

Every problem of the file is reported at once. Whether the org has all of it is `mapping/field_map/check.py`'s question.
"""

from pathlib import Path

from config.field_map.activities import read_activities
from config.field_map.objects import read_objects, read_related
from config.field_map.reading import Reader
from config.files.text_files import read_text
from config.files.yaml_tree import tree
from engine.digests import digest
from engine.errors import MapError, Problem
from mapping.field_map.field_map import ActivitySource, FieldMap, Lookup, MappedField, ObjectMap, RelatedObject

FILE = "map.yaml"


def load_map(path: Path) -> FieldMap:
    """The field map of a file. MapError with every problem, each at file:line:column."""
    if not path.is_file():
        raise MapError.of("MP-104", path.name)  # there is no field map
    # the file is not UTF-8 (it looks like {encoding})
    return map_from_text(read_text(path, file=path.name, error=MapError, code="MP-105"), file=path.name)


def map_from_text(text: str, *, file: str = FILE) -> FieldMap:
    """The field map a text says; FieldMap.text gives it back."""
    root, problems = tree(text, file=file, area="map")
    if problems:
        raise MapError(*problems)
    if root is None:
        raise MapError.of("MP-106", file)  # the field map is empty
    reader = Reader()
    top = reader.entries(root, {"prospects", "related", "activities"})
    if "prospects" not in top:
        reader.add("MP-120", root, name="prospects")  # {name!r} is missing here
    related = tuple(read_related(top["related"], reader)) if "related" in top else ()
    by_name = {one.api_name: one for one in related}
    objects = tuple(read_objects(top["prospects"], by_name, reader)) if "prospects" in top else ()
    activities = tuple(read_activities(top["activities"], by_name, reader)) if "activities" in top else ()
    if any(source.files and source.files.by_email for source in activities) and not all(one.email for one in objects):
        without_email = next(one for one in objects if not one.email)
        # files name prospects by e-mail, but {object} has no field with the key email
        reader.problems.append(Problem("MP-141", without_email.where, {"object": without_email.api_name}))
    if reader.problems:
        raise MapError(*reader.problems)
    return FieldMap(objects, activities, _meaning(objects, activities, related), text, related)


def _meaning(
    objects: tuple[ObjectMap, ...], activities: tuple[ActivitySource, ...], related: tuple[RelatedObject, ...]
) -> str:
    """The version of a map: comments, order of lines and spelled-out defaults make no other version."""
    return digest(
        [
            {entry.api_name: [_said(entry.fields), dict(entry.write_back), _named(entry.lookups)] for entry in objects},
            [
                [
                    *(s.api_name, list(s.prospect), s.at, s.kind, s.kind_field, dict(s.kinds), s.asset, s.campaign),
                    {name: sorted(map(str, values)) for name, values in s.filter.items()},
                    _said(s.fields),
                    _named(s.lookups),
                ]
                for s in activities
            ],
            {one.api_name: _said(one.fields) for one in related},
        ]
    )


def _named(lookups: tuple[Lookup, ...]) -> list[list[object]]:
    return sorted([one.name, one.api_name, one.object, _said(one.fields)] for one in lookups)


def _said(fields: tuple[MappedField, ...]) -> list[list[str | None]]:
    return sorted([f.name, f.api_name, f.kind.value, f.key] for f in fields)
