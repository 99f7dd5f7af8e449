"""What stands around a record in the org: what an update of ours sets off, and what the login may and may not do.

Told where an API tells it: flows, Apex triggers, validation and assignment rules. Account Engagement's own rules and
completion actions are listed by no API.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import OrgError
from sync.salesforce.org import Org
from sync.salesforce.query_pages import Record

_ON_UPDATE = frozenset({"Update", "CreateAndUpdate"})


class Kind(StrEnum):
    FLOW = "flow"
    TRIGGER = "trigger"
    VALIDATION = "validation"
    ASSIGNMENT = "assignment"


@dataclass(frozen=True, slots=True)
class SetOff:
    """Something active that an update of a record sets off; `assignment` rules are named, and never set off by us."""

    kind: Kind
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`unseen` are the kinds that the login may not list: they may be there all the same."""

    found: tuple[SetOff, ...]
    unseen: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Permissions:
    """What all permission sets of the login, its profile's own included, allow together."""

    system: frozenset[str]  # `TransferAnyLead`, `UpdateWithInactiveOwner`, ...
    on_object: frozenset[str]  # `Read`, `Edit`, `ViewAllRecords`, `ModifyAllRecords`, ...


# Salesforce's field names, without the `Permissions` before them.
SYSTEM = ("ApiEnabled", "ModifyAllData", "ViewAllData", "ViewSetup", "TransferAnyLead", "TransferAnyEntity",
          "UpdateWithInactiveOwner")  # fmt: skip
ON_OBJECT = ("Read", "Edit", "ViewAllRecords", "ModifyAllRecords")


def surroundings(org: Org, object_name: str) -> Surroundings:
    """Everything active on an object, kind by kind."""
    asked: dict[Kind, Callable[[], list[SetOff]]] = {
        Kind.FLOW: lambda: _flows(org, object_name),
        Kind.TRIGGER: lambda: _triggers(org, object_name),
        Kind.VALIDATION: lambda: _validations(org, object_name),
        Kind.ASSIGNMENT: lambda: _assignments(org, object_name),
    }
    found: list[SetOff] = []
    unseen: list[Kind] = []
    for kind, ask in asked.items():
        try:
            found += ask()
        except OrgError:
            unseen.append(kind)
    return Surroundings(tuple(found), tuple(unseen))


def permissions(org: Org, user_id: str, object_name: str) -> Permissions | None:
    """None when the login may not look at its own permission sets."""
    try:
        assigned = _rows(org, f"SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}'")  # noqa: S608
        ids = sorted({str(row["PermissionSetId"]) for row in assigned})
        if not ids:
            return Permissions(frozenset(), frozenset())
        among = "(" + ", ".join(f"'{one}'" for one in ids) + ")"
        columns = ", ".join(f"Permissions{name}" for name in SYSTEM)
        system = _rows(org, f"SELECT {columns} FROM PermissionSet WHERE Id IN {among}")  # noqa: S608
        columns = ", ".join(f"Permissions{name}" for name in ON_OBJECT)
        of_object = f"ParentId IN {among} AND SobjectType = '{object_name}'"
        on_object = _rows(org, f"SELECT {columns} FROM ObjectPermissions WHERE {of_object}")  # noqa: S608
    except OrgError:
        return None
    return Permissions(_allowed(system, SYSTEM), _allowed(on_object, ON_OBJECT))


def _allowed(rows: Iterable[Record], names: Iterable[str]) -> frozenset[str]:
    rows = list(rows)
    return frozenset(name for name in names if any(row.get(f"Permissions{name}") is True for row in rows))


def _flows(org: Org, object_name: str) -> list[SetOff]:
    rows = _rows(
        org,
        "SELECT ApiName, Label, TriggerType, RecordTriggerType, TriggerObjectOrEventId FROM FlowDefinitionView "
        "WHERE IsActive = true",
    )
    return [
        SetOff(Kind.FLOW, str(row["Label"] or row["ApiName"]), str(row["TriggerType"] or ""))
        for row in rows
        if row["TriggerObjectOrEventId"] == object_name and row["RecordTriggerType"] in _ON_UPDATE
    ]


def _triggers(org: Org, object_name: str) -> list[SetOff]:
    rows = _rows(
        org,
        "SELECT Name, UsageBeforeUpdate, UsageAfterUpdate FROM ApexTrigger "  # noqa: S608
        f"WHERE Status = 'Active' AND TableEnumOrId = '{object_name}'",
    )
    return [SetOff(Kind.TRIGGER, str(row["Name"])) for row in rows
            if row["UsageBeforeUpdate"] or row["UsageAfterUpdate"]]  # fmt: skip


def _validations(org: Org, object_name: str) -> list[SetOff]:
    rows = org.tooling(
        "SELECT ValidationName, ErrorMessage FROM ValidationRule "  # noqa: S608
        f"WHERE Active = true AND EntityDefinitionId = '{object_name}'"
    )
    return [SetOff(Kind.VALIDATION, str(row["ValidationName"]), str(row["ErrorMessage"] or "")) for row in rows]


def _assignments(org: Org, object_name: str) -> list[SetOff]:
    if object_name != "Lead":
        return []
    rows = _rows(org, "SELECT Name FROM AssignmentRule WHERE SobjectType = 'Lead' AND Active = true")
    return [SetOff(Kind.ASSIGNMENT, str(row["Name"])) for row in rows]


def _rows(org: Org, soql: str) -> list[Record]:
    return [record for page in org.query(soql) for record in page.records]
