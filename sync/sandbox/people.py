"""Other people's work in the org, for the demo and for stories: each function does it and gives the world.

They fit `SandboxOrg.act`: `org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Rating": "Hot"}))`.
"""

import random  # noqa: TID251  # seeded: one seed, one weekend
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sync.sandbox import dml
from sync.sandbox.clock import stamp
from sync.sandbox.database import Record, Value
from sync.sandbox.dml import Author, convert_lead, update
from sync.sandbox.exchange import RefusalError
from sync.sandbox.people_names import CONNECTOR, INTEGRATION, username
from sync.sandbox.schema import ObjectFact, object_of, schema
from sync.sandbox.worlds import Late, World

# What hangs on a lead or contact and moves with it when it is merged.
_RELATED = (
    ("Task", "WhoId"), ("CampaignMember", "LeadId"), ("CampaignMember", "ContactId"), ("Web_Activity__c", "Lead__c"),
    ("Web_Activity__c", "Contact__c"), ("Opportunity", "ContactId"), ("OpportunityContactRole", "ContactId"),
    ("Contact", "ReportsToId"),
)  # fmt: skip


def edit(world: World, now: datetime, who: str, record_id: str, values: Mapping[str, Value]) -> World:
    """A person changes fields in the browser, where validation rules hold and assignment rules do not run."""
    update(world.at(now), _fact(record_id), record_id, values, _author(world, who))
    return world


def touch(world: World, now: datetime, record_id: str, values: Mapping[str, Value]) -> World:
    """The Account Engagement connector writes its own fields, which nobody else may."""
    update(world.at(now), _fact(record_id), record_id, values, _author(world, CONNECTOR, is_trusted=True))
    return world


def add(
    world: World, now: datetime, who: str, name: str, values: Mapping[str, Value], *, assigns: bool = False
) -> World:
    """A person adds a record; `assigns` as a web form does, by the assignment rule."""
    dml.create(world.at(now), schema()[name], values, _author(world, who, assigns=assigns))
    return world


def remove(world: World, now: datetime, who: str, record_id: str) -> World:
    """A person deletes a record; queryAll still shows it."""
    dml.delete(world.at(now), _fact(record_id), record_id, _author(world, who))
    return world


def convert(world: World, now: datetime, who: str, lead_id: str) -> World:
    """A person converts a lead into a contact of an account, with an opportunity."""
    convert_lead(world.at(now), lead_id, _author(world, who, is_trusted=True))
    return world


def merge(world: World, now: datetime, who: str, *, winner_id: str, loser_id: str) -> World:
    """A person merges two leads, or contacts: the loser is deleted and points to the winner, who gets what happened to it."""
    fact, author = _fact(loser_id), _author(world, who, is_trusted=True)
    dml.living(world, _fact(winner_id), winner_id)
    update(world.at(now), fact, loser_id, {"MasterRecordId": winner_id}, author)
    dml.delete(world, fact, loser_id, author)
    for name, field in _RELATED:
        for child in world.tables[name].living(**{field: loser_id}):
            update(world, schema()[name], str(child["Id"]), {field: winner_id}, author)
    update(world, fact, winner_id, {}, author)
    return world


def undelete(world: World, now: datetime, who: str, record_id: str) -> World:
    """A person takes a record out of the recycle bin."""
    dml.undelete(world.at(now), _fact(record_id), record_id, _author(world, who))
    return world


def hard_delete(world: World, now: datetime, who: str, record_id: str) -> World:
    """An administrator removes a record for good: not even queryAll shows it."""
    dml.hard_delete(world.at(now), _fact(record_id), record_id, _author(world, who))
    return world


def empty_bin(world: World, now: datetime, who: str) -> World:
    """An administrator empties the recycle bin."""
    for name, table in world.tables.items():
        if "IsDeleted" in schema()[name].fields:
            for record in table.rows(IsDeleted=True):
                hard_delete(world, now, who, str(record["Id"]))
    return world


def late(world: World, now: datetime, seconds: float, work: Callable[[World, datetime], World]) -> World:
    """Work whose transaction commits only after so many seconds: its stamps are of now, and until then nobody sees it."""
    before = len(world.writes)
    with world.db.savepoint() as undo:
        work(world, now)
        writes = world.db.writes(after=before)
        written = dict.fromkeys((write.object, write.record_id) for write in writes)
        records = tuple(record for key in written if (record := world.find(*key)))
        undo()
    world.late = (*world.late, Late(now + timedelta(seconds=seconds), records, writes))
    return world


def connector_weekend(world: World, now: datetime, share: float, seed: int = 1) -> World:
    """The Account Engagement connector scores that share of all living leads anew."""
    dice = random.Random(seed)  # noqa: S311  # dice for a test org
    author = _author(world.at(now), CONNECTOR, is_trusted=True)
    for lead in world.tables["Lead"].living():
        if not lead.get("IsConverted") and dice.random() < share:
            values = {"pi__score__c": float(dice.randint(0, 300)), "pi__last_activity__c": stamp(now)}
            update(world, schema()["Lead"], str(lead["Id"]), values, author)
    return world


def change_role(world: World, now: datetime, who: str, role: str) -> World:
    """An administrator gives a user another role, by its DeveloperName."""
    (found,) = world.tables["UserRole"].rows(DeveloperName=role)
    admin = _author(world, INTEGRATION, is_trusted=True)
    update(world.at(now), schema()["User"], str(_user(world, who)["Id"]), {"UserRoleId": found["Id"]}, admin)
    return world


def join_group(world: World, now: datetime, who: str, group: str) -> World:
    """A user, or a group by its DeveloperName, becomes a member of a group or queue."""
    admin = _author(world, INTEGRATION, is_trusted=True)
    dml.create(world.at(now), schema()["GroupMember"], _membership(world, who, group), admin)
    return world


def leave_group(world: World, now: datetime, who: str, group: str) -> World:
    """A user, or a group by its DeveloperName, is a member no longer."""
    for row in world.tables["GroupMember"].rows(**_membership(world, who, group)):
        admin = _author(world, INTEGRATION, is_trusted=True)
        dml.delete(world.at(now), schema()["GroupMember"], str(row["Id"]), admin)
    return world


def leave(world: World, now: datetime, who: str) -> World:
    """A user is deactivated; what they own stays theirs until someone moves it."""
    key = str(_user(world, who)["Id"])
    update(world.at(now), schema()["User"], key, {"IsActive": False}, Author(key, is_trusted=True))
    return world


def _membership(world: World, who: str, group: str) -> dict[str, Value]:
    member = world.user_named(_address(who)) or _group(world, who)
    return {"GroupId": _group(world, group)["Id"], "UserOrGroupId": member["Id"]}


def _group(world: World, developer_name: str) -> Record:
    for found in world.tables["Group"].rows(DeveloperName=developer_name):
        return found
    raise KeyError(developer_name)


def _user(world: World, who: str) -> Record:
    user = world.user_named(_address(who))
    if user is None:
        raise KeyError(who)
    return user


def _address(who: str) -> str:
    return who if "@" in who else username(who)


def _author(world: World, who: str, *, assigns: bool = False, is_trusted: bool = False) -> Author:
    return Author(str(_user(world, who)["Id"]), assigns=assigns, is_trusted=is_trusted)


def _fact(record_id: str) -> ObjectFact:
    fact = object_of(record_id)
    if fact is None:
        raise RefusalError("MALFORMED_ID", record_id)
    return fact
