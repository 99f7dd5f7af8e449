"""Other people's work in the org, for the demo and for stories: each function gives the world after.

They fit `SandboxOrg.act`: `org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Rating": "Hot"}))`.
"""

import random  # noqa: TID251  # seeded: one seed, one weekend
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sync.sandbox import conversion
from sync.sandbox import dml as saves
from sync.sandbox.dml import create, delete, living, update
from sync.sandbox.exchange import RefusalError
from sync.sandbox.people_names import CONNECTOR, INTEGRATION, username
from sync.sandbox.row_versions import changed
from sync.sandbox.schema import ObjectFact, object_of, schema
from sync.sandbox.transaction import Author, Draft
from sync.sandbox.worlds import Late, Record, Value, World, stamp

# What hangs on a lead or contact and moves with it when it is merged.
_RELATED = (
    ("Task", "WhoId"), ("CampaignMember", "LeadId"), ("CampaignMember", "ContactId"), ("Web_Activity__c", "Lead__c"),
    ("Web_Activity__c", "Contact__c"), ("Opportunity", "ContactId"), ("OpportunityContactRole", "ContactId"),
    ("Contact", "ReportsToId"),
)  # fmt: skip


def edit(world: World, now: datetime, who: str, record_id: str, values: Mapping[str, Value]) -> World:
    """A person changes fields in the browser, where validation rules hold and assignment rules do not run."""
    draft = Draft(world, now)
    update(draft, _fact(record_id), record_id, values, _author(world, who))
    return draft.world


def touch(world: World, now: datetime, record_id: str, values: Mapping[str, Value]) -> World:
    """The Account Engagement connector writes its own fields, which nobody else may."""
    draft = Draft(world, now)
    update(draft, _fact(record_id), record_id, values, _author(world, CONNECTOR, is_trusted=True))
    return draft.world


def add(
    world: World, now: datetime, who: str, name: str, values: Mapping[str, Value], *, assigns: bool = False
) -> World:
    """A person adds a record; `assigns` as a web form does, by the assignment rule."""
    draft = Draft(world, now)
    create(draft, schema()[name], values, _author(world, who, assigns=assigns))
    return draft.world


def remove(world: World, now: datetime, who: str, record_id: str) -> World:
    """A person deletes a record; queryAll still shows it."""
    draft = Draft(world, now)
    delete(draft, _fact(record_id), record_id, _author(world, who))
    return draft.world


def convert(world: World, now: datetime, who: str, lead_id: str) -> World:
    """A person converts a lead into a contact of an account, with an opportunity."""
    draft = Draft(world, now)
    conversion.convert(draft, lead_id, _author(world, who, is_trusted=True))
    return draft.world


def merge(world: World, now: datetime, who: str, *, winner_id: str, loser_id: str) -> World:
    """A person merges two leads, or contacts: the loser is deleted and points to the winner, who gets what happened to it."""
    draft = Draft(world, now)
    author = _author(world, who, is_trusted=True)
    living(draft, _fact(winner_id), winner_id)
    update(draft, _fact(loser_id), loser_id, {"MasterRecordId": winner_id}, author)
    delete(draft, _fact(loser_id), loser_id, author)
    for name, field in _RELATED:
        for child in [row for row in world.tables.get(name, {}).values() if row.get(field) == loser_id]:
            if not child.get("IsDeleted"):
                update(draft, schema()[name], str(child["Id"]), {field: winner_id}, author)
    update(draft, _fact(winner_id), winner_id, {}, author)
    return draft.world


def undelete(world: World, now: datetime, who: str, record_id: str) -> World:
    """A person takes a record out of the recycle bin."""
    draft = Draft(world, now)
    saves.undelete(draft, _fact(record_id), record_id, _author(world, who))
    return draft.world


def hard_delete(world: World, now: datetime, who: str, record_id: str) -> World:
    """An administrator removes a record for good: not even queryAll shows it."""
    draft = Draft(world, now)
    saves.hard_delete(draft, _fact(record_id), record_id, _author(world, who))
    return draft.world


def empty_bin(world: World, now: datetime, who: str) -> World:
    """An administrator empties the recycle bin."""
    draft = Draft(world, now)
    author = _author(world, who)
    for name, table in world.tables.items():
        for key in [key for key, record in table.items() if record.get("IsDeleted")]:
            saves.hard_delete(draft, schema()[name], key, author)
    return draft.world


def late(world: World, now: datetime, seconds: float, work: Callable[[World, datetime], World]) -> World:
    """Work whose transaction commits only after so many seconds: its stamps are of now, and until then nobody sees it."""
    done = work(world, now)
    tables = ((world.tables.get(name, {}), table) for name, table in done.tables.items())
    records = tuple(record for old, new in tables if old is not new for _, record in changed(old, new) if record)
    written = Late(now + timedelta(seconds=seconds), records, tuple(done.writes[len(world.writes) :]))
    return replace(world, late=(*world.late, written), serial=done.serial)


def connector_weekend(world: World, now: datetime, share: float, seed: int = 1) -> World:
    """The Account Engagement connector scores that share of all living leads anew."""
    dice = random.Random(seed)  # noqa: S311  # dice for a test org
    draft = Draft(world, now)
    author = _author(world, CONNECTOR, is_trusted=True)
    for lead in world.tables["Lead"].values():
        if not (lead.get("IsDeleted") or lead.get("IsConverted")) and dice.random() < share:
            values = {"pi__score__c": float(dice.randint(0, 300)), "pi__last_activity__c": stamp(now)}
            update(draft, schema()["Lead"], str(lead["Id"]), values, author)
    return draft.world


def change_role(world: World, now: datetime, who: str, role: str) -> World:
    """An administrator gives a user another role, by its DeveloperName."""
    roles = world.tables["UserRole"].values()
    role_id = next(str(each["Id"]) for each in roles if each["DeveloperName"] == role)
    draft = Draft(world, now)
    user = _user(world, who)
    update(
        draft, schema()["User"], str(user["Id"]), {"UserRoleId": role_id}, _author(world, INTEGRATION, is_trusted=True)
    )
    return draft.world


def join_group(world: World, now: datetime, who: str, group: str) -> World:
    """A user, or a group by its DeveloperName, becomes a member of a group or queue."""
    draft = Draft(world, now)
    member = world.user_named(who if "@" in who else username(who)) or _group(world, who)
    values = {"GroupId": _group(world, group)["Id"], "UserOrGroupId": member["Id"]}
    create(draft, schema()["GroupMember"], values, _author(world, INTEGRATION, is_trusted=True))
    return draft.world


def leave_group(world: World, now: datetime, who: str, group: str) -> World:
    """A user, or a group by its DeveloperName, is a member no longer."""
    draft = Draft(world, now)
    member = world.user_named(who if "@" in who else username(who)) or _group(world, who)
    group_id, fact = _group(world, group)["Id"], schema()["GroupMember"]
    for key, row in world.tables[fact.name].items():
        if (row["GroupId"], row["UserOrGroupId"]) == (group_id, member["Id"]):
            delete(draft, fact, key, _author(world, INTEGRATION, is_trusted=True))
    return draft.world


def leave(world: World, now: datetime, who: str) -> World:
    """A user is deactivated; what they own stays theirs until someone moves it."""
    draft = Draft(world, now)
    user = _user(world, who)
    update(draft, schema()["User"], str(user["Id"]), {"IsActive": False}, Author(str(user["Id"]), is_trusted=True))
    return draft.world


def _group(world: World, developer_name: str) -> Record:
    groups = world.tables["Group"].values()
    found = next((group for group in groups if group["DeveloperName"] == developer_name), None)
    if found is None:
        raise KeyError(developer_name)
    return found


def _user(world: World, who: str) -> Record:
    user = world.user_named(who if "@" in who else username(who))
    if user is None:
        raise KeyError(who)
    return user


def _author(world: World, who: str, *, assigns: bool = False, is_trusted: bool = False) -> Author:
    return Author(str(_user(world, who)["Id"]), assigns=assigns, is_trusted=is_trusted)


def _fact(record_id: str) -> ObjectFact:
    fact = object_of(record_id)
    if fact is None:
        raise RefusalError("MALFORMED_ID", record_id)
    return fact
