"""Raw rows to the people and queues that may own prospects."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from engine.snapshots import Queue, User
from mapping.maps import FieldMap


def users_of(raw: pl.DataFrame) -> tuple[User, ...]:
    """By id. `raw` has the columns of mapping/objects.USER; no rows at all may come without columns."""
    return tuple(
        User(
            id=row["Id"],
            username=row["Username"],
            name=row["Name"],
            is_active=row["IsActive"],
            user_type=row["UserType"] or "",
            manager_id=row["ManagerId"],
            time_zone=row["TimeZoneSidKey"],
        )
        for row in _rows(raw)
    )


def queues_of(groups: pl.DataFrame, members: pl.DataFrame, supports: pl.DataFrame) -> tuple[Queue, ...]:
    """All queues, by id. Members are the users in it; roles and groups inside a queue are not followed."""
    objects: dict[str, set[str]] = {}
    for row in _rows(supports):
        objects.setdefault(row["QueueId"], set()).add(row["SobjectType"])
    users: dict[str, list[str]] = {}
    for row in _rows(members):
        if row["UserOrGroupId"].startswith("005"):
            users.setdefault(row["GroupId"], []).append(row["UserOrGroupId"])
    return tuple(
        Queue(
            id=row["Id"],
            developer_name=row["DeveloperName"],
            name=row["Name"] or row["DeveloperName"],
            members=tuple(sorted(users.get(row["Id"], ()))),
            objects=tuple(sorted(objects.get(row["Id"], ()))),
        )
        for row in _rows(groups)
        if row["Type"] == "Queue"
    )


def queues_for(queues: Iterable[Queue], field_map: FieldMap) -> tuple[Queue, ...]:
    """Those that may own prospects of any kind: a rule that names another queue names it by mistake."""
    mapped = {entry.api_name for entry in field_map.objects}
    return tuple(queue for queue in queues if mapped & set(queue.objects))


def _rows(raw: pl.DataFrame) -> list[dict[str, Any]]:
    return raw.sort("Id").to_dicts() if raw.height else []
