"""Other people's work in the org, for the demo and for stories: each function gives the world after.

They fit `SandboxOrg.act`: `org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Rating": "Hot"}))`.
"""

from collections.abc import Mapping
from datetime import datetime

from sync.sandbox.cast import CONNECTOR, username
from sync.sandbox.drafts import Author, Draft
from sync.sandbox.exchange import RefusalError
from sync.sandbox.saves import create, delete, living, update
from sync.sandbox.schema import ObjectFact, object_of, schema
from sync.sandbox.worlds import Record, Value, World, stamp


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
    """A person converts a lead, which nobody can change from then on."""
    draft = Draft(world, now)
    values = {"IsConverted": True, "ConvertedDate": stamp(now)[:10], "Status": "Closed - Converted"}
    update(draft, _fact(lead_id), lead_id, values, _author(world, who, is_trusted=True))
    return draft.world


def merge(world: World, now: datetime, who: str, *, winner_id: str, loser_id: str) -> World:
    """A person merges two leads: the loser is deleted and points to the winner."""
    draft = Draft(world, now)
    author = _author(world, who, is_trusted=True)
    living(draft, _fact(winner_id), winner_id)
    update(draft, _fact(loser_id), loser_id, {"MasterRecordId": winner_id}, author)
    delete(draft, _fact(loser_id), loser_id, author)
    update(draft, _fact(winner_id), winner_id, {}, author)
    return draft.world


def leave(world: World, now: datetime, who: str) -> World:
    """A user is deactivated; what they own stays theirs until someone moves it."""
    draft = Draft(world, now)
    user = _user(world, who)
    update(draft, schema()["User"], str(user["Id"]), {"IsActive": False}, Author(str(user["Id"]), is_trusted=True))
    return draft.world


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
