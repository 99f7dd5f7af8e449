"""Raw rows to the people and queues that may own prospects."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from engine.snapshots import Queue, User
from mapping.field_map.field_map import FieldMap

_USER_PREFIX = "005"
# Types of groups: all internal users; a role; a role and those below it (`RoleAndSubordinates`, `..Internal`).
_EVERYBODY, _ROLE = "Organization", "Role"


def users_of(raw: pl.DataFrame, roles: pl.DataFrame) -> tuple[User, ...]:
    """By id. `raw` has the columns of USER (`mapping/field_map/pulled_objects.py`), `roles` of USER_ROLE; no rows at all may
    come without columns.
    """
    names = {row["Id"]: row["Name"] for row in _rows(roles)}
    return tuple(
        User(
            id=row["Id"],
            username=row["Username"],
            name=row["Name"],
            is_active=row["IsActive"],
            user_type=row["UserType"] or "",
            manager_id=row["ManagerId"],
            time_zone=row["TimeZoneSidKey"],
            role=names.get(row["UserRoleId"]),
        )
        for row in _rows(raw)
    )


def role_names(roles: pl.DataFrame) -> tuple[str, ...]:
    return tuple(sorted({row["Name"] for row in _rows(roles) if row["Name"]}))


def queues_of(
    groups: pl.DataFrame, members: pl.DataFrame, supports: pl.DataFrame, users: pl.DataFrame, roles: pl.DataFrame
) -> tuple[Queue, ...]:
    """All queues, by id, with every user who is in them: as themselves, by a group in a group, or by their role."""
    objects: dict[str, set[str]] = {}
    for row in _rows(supports):
        objects.setdefault(row["QueueId"], set()).add(row["SobjectType"])
    inside = _Membership.of(groups, members, users, roles)
    return tuple(
        Queue(
            id=row["Id"],
            developer_name=row["DeveloperName"],
            name=row["Name"] or row["DeveloperName"],
            members=tuple(sorted(inside.users_of(row["Id"]))),
            objects=tuple(sorted(objects.get(row["Id"], ()))),
        )
        for row in _rows(groups)
        if row["Type"] == "Queue"
    )


@dataclass(frozen=True, slots=True)
class _Membership:
    """Who belongs to what. `groups` gives type and related role of each group, `below` the roles under a role."""

    groups: Mapping[str, tuple[str, str | None]]
    members: Mapping[str, tuple[str, ...]]
    by_role: Mapping[str, tuple[str, ...]]
    below: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, groups: pl.DataFrame, members: pl.DataFrame, users: pl.DataFrame, roles: pl.DataFrame) -> "_Membership":
        return cls(
            {row["Id"]: (row["Type"] or "", row.get("RelatedId")) for row in _rows(groups)},
            _gathered(members, "GroupId", "UserOrGroupId"),
            _gathered(users, "UserRoleId", "Id"),
            _gathered(roles, "ParentRoleId", "Id"),
        )

    def users_of(self, group_id: str) -> set[str]:
        """However deep; a group inside itself is followed once."""
        return {name for name in _reached(group_id, self._inside) if name.startswith(_USER_PREFIX)}

    def _inside(self, name: str) -> list[str]:
        """What stands in a group: users, and groups again."""
        kind, role = self.groups.get(name, ("", None))
        held = list(self.members.get(name, ()))
        if kind == _EVERYBODY:
            held += [user for users in self.by_role.values() for user in users]
        elif role and kind.startswith(_ROLE):
            # Users in a role, and in the roles under it.
            roles = [role] if kind == _ROLE else _reached(role, lambda each: self.below.get(each, ()))
            held += [user for each in roles for user in self.by_role.get(each, ())]
        return held


def _reached(start: str, following: Callable[[str], Iterable[str]]) -> list[str]:
    """One and all that follows from it, each once, however they are tied."""
    seen: dict[str, None] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen[name] = None
            waiting += following(name)
    return list(seen)


def _gathered(raw: pl.DataFrame, key: str, value: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in _rows(raw):
        found.setdefault(row[key] or "", []).append(row[value])
    return {name: tuple(values) for name, values in found.items()}


def queues_for(queues: Iterable[Queue], field_map: FieldMap) -> tuple[Queue, ...]:
    """Those that may own prospects of any kind: a rule that names another queue names it by mistake."""
    mapped = {entry.api_name for entry in field_map.objects}
    return tuple(queue for queue in queues if mapped & set(queue.objects))


def _rows(raw: pl.DataFrame) -> list[dict[str, Any]]:
    return raw.sort("Id").to_dicts() if raw.height else []
