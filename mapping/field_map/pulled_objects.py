"""What is pulled: the columns of mapped objects, and of the people and queues that may own prospects."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.digests import digest
from mapping.field_map.field_map import ActivitySource, FieldMap, ObjectMap, RelatedObject
from mapping.field_map.filters import Filter

# Every version carries these. SystemModstamp orders versions, LastModifiedDate is what a guarded write compares.
_VERSION = ("Id", "IsDeleted", "SystemModstamp")
_PROSPECT = (*_VERSION, "OwnerId", "CreatedDate", "LastModifiedDate")
# A record merged into another is deleted and names its survivor.
_MERGEABLE = frozenset({"Lead", "Contact", "Account"})


@dataclass(frozen=True, slots=True)
class PulledObject:
    """An object of the org and the columns pulled of it, Id first. `where` are texts its fields must equal.

    Only rows that pass one of `filters` count; without any all do. Ask for them when the object is read whole (pull and
    sweep). What changed since a watermark is read without them, and rows outside count as deleted
    (`filters.outside_as_deleted`): else a row that no longer passes would be kept as it was.
    """

    api_name: str
    columns: tuple[str, ...]
    where: Mapping[str, str] = field(default_factory=dict)
    filters: tuple[Filter, ...] = ()

    @property
    def reading(self) -> str:
        """Digest of what is read: an object read another way is pulled whole again."""
        passed = sorted(
            digest({name: sorted(map(str, values)) for name, values in one.items()}) for one in self.filters
        )
        return digest([self.api_name, list(self.columns), dict(self.where), passed])


USER = PulledObject(
    "User",
    (
        "Id", "SystemModstamp", "Username", "Name", "IsActive", "UserType", "ManagerId", "UserRoleId", "TimeZoneSidKey",
    ),
)  # fmt: skip
# Groups of every type: a queue's members may be groups, roles, or roles with all below them.
GROUP = PulledObject("Group", ("Id", "SystemModstamp", "DeveloperName", "Name", "Type", "RelatedId"))
GROUP_MEMBER = PulledObject("GroupMember", ("Id", "SystemModstamp", "GroupId", "UserOrGroupId"))
QUEUE_SOBJECT = PulledObject("QueueSobject", ("Id", "SystemModstamp", "QueueId", "SobjectType"))
USER_ROLE = PulledObject("UserRole", ("Id", "SystemModstamp", "Name", "ParentRoleId"))

# Few, seldom changed and without a mark for deleted ones: they come whole, now and then.
SLOW = (GROUP, GROUP_MEMBER, QUEUE_SOBJECT, USER_ROLE)
PEOPLE = (USER, *SLOW)


def pulled_objects(field_map: FieldMap) -> tuple[PulledObject, ...]:
    """Prospects, related objects, then activities; an object that is several of them, or that several sources read, is
    pulled once and with all that any of them needs.
    """
    columns: dict[str, dict[str, None]] = {}
    filters: dict[str, list[Filter]] = {}
    for entry in field_map.objects:
        columns.setdefault(entry.api_name, {}).update(dict.fromkeys(columns_of(entry)))
        filters.setdefault(entry.api_name, []).append({})
    for related in field_map.related:
        columns.setdefault(related.api_name, {}).update(dict.fromkeys(related_columns(related)))
        filters.setdefault(related.api_name, []).append({})
    for source in field_map.activities:
        if source.files is None:
            columns.setdefault(source.api_name, {}).update(dict.fromkeys(activity_columns(source)))
            filters.setdefault(source.api_name, []).append(source.filter)
    return tuple(
        PulledObject(name, tuple(names), filters=tuple(filters[name]) if all(filters[name]) else ())
        for name, names in columns.items()
    )


def activity_keys(field_map: FieldMap) -> dict[str, tuple[str, ...]]:
    """Every object of the mirror that holds activities, those of drop folders too, and the columns that name whose."""
    found: dict[str, dict[str, None]] = {}
    for source in field_map.activities:
        found.setdefault(source.api_name, {}).update(dict.fromkeys(source.prospect))
    return {name: tuple(columns) for name, columns in found.items()}


def columns_of(object_map: ObjectMap) -> tuple[str, ...]:
    """The API names pulled of a prospect object, each once: every mapped field and every write-back field."""
    converts = ("IsConverted",) if object_map.api_name == "Lead" else ()
    merges = ("MasterRecordId",) if object_map.api_name in _MERGEABLE else ()
    read = (mapped.api_name for mapped in object_map.fields)
    named = (lookup.api_name for lookup in object_map.lookups)
    return tuple(dict.fromkeys((*_PROSPECT, *converts, *merges, *read, *named, *object_map.write_back.values())))


def related_columns(related: RelatedObject) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*_VERSION, *(mapped.api_name for mapped in related.fields))))


def activity_columns(source: ActivitySource) -> tuple[str, ...]:
    named = (*source.prospect, source.at, source.kind_field, source.asset, source.campaign, *source.filter)
    asked = (*(mapped.api_name for mapped in source.fields), *(lookup.api_name for lookup in source.lookups))
    return tuple(dict.fromkeys((*_VERSION, *(name for name in named if name), *asked)))
