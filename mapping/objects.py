"""What is pulled: the columns of mapped objects, and of the people and queues that may own prospects."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mapping.maps import ActivitySource, FieldMap, ObjectMap

# Every version carries these. SystemModstamp orders versions, LastModifiedDate is what a guarded write compares.
_VERSION = ("Id", "IsDeleted", "SystemModstamp")
_PROSPECT = (*_VERSION, "OwnerId", "CreatedDate", "LastModifiedDate")


@dataclass(frozen=True, slots=True)
class PulledObject:
    """An object of the org and the columns pulled of it, Id first. `where` are texts its fields must equal."""

    api_name: str
    columns: tuple[str, ...]
    where: Mapping[str, str] = field(default_factory=dict)


USER = PulledObject(
    "User",
    ("Id", "SystemModstamp", "Username", "Name", "IsActive", "UserType", "ManagerId", "TimeZoneSidKey"),
)
GROUP = PulledObject("Group", ("Id", "SystemModstamp", "DeveloperName", "Name", "Type"), {"Type": "Queue"})
GROUP_MEMBER = PulledObject("GroupMember", ("Id", "SystemModstamp", "GroupId", "UserOrGroupId"))
QUEUE_SOBJECT = PulledObject("QueueSobject", ("Id", "SystemModstamp", "QueueId", "SobjectType"))

# Few and without a mark for deleted ones, so they are pulled whole each time.
PEOPLE = (USER, GROUP, GROUP_MEMBER, QUEUE_SOBJECT)


def pulled_objects(field_map: FieldMap) -> tuple[PulledObject, ...]:
    """Prospects, then activities; an object that is both, or that several sources read, is pulled once."""
    columns: dict[str, dict[str, None]] = {}
    for entry in field_map.objects:
        columns.setdefault(entry.api_name, {}).update(dict.fromkeys(columns_of(entry)))
    for source in field_map.activities:
        columns.setdefault(source.api_name, {}).update(dict.fromkeys(activity_columns(source)))
    return tuple(PulledObject(api_name, tuple(names)) for api_name, names in columns.items())


def columns_of(object_map: ObjectMap) -> tuple[str, ...]:
    """The API names pulled of a prospect object, each once: every mapped field and every write-back field."""
    converts = ("IsConverted",) if object_map.api_name == "Lead" else ()
    read = (mapped.api_name for mapped in object_map.fields)
    return tuple(dict.fromkeys((*_PROSPECT, *converts, *read, *object_map.write_back.values())))


def activity_columns(source: ActivitySource) -> tuple[str, ...]:
    named = (*source.prospect, source.at, source.kind_field, source.asset, source.campaign)
    return tuple(dict.fromkeys((*_VERSION, *(name for name in named if name))))
