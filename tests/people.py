"""Other people's work in the org, for stories: what the demo has, and the rarer things people and the org do."""

import random  # noqa: TID251  # seeded: one seed, one weekend
from collections.abc import Callable
from datetime import datetime, timedelta

from sync.sandbox import dml
from sync.sandbox.clock import stamp
from sync.sandbox.database import Record, Value
from sync.sandbox.people import add, address_of, author_of, edit, fact_of, leave, touch, user_of
from sync.sandbox.people_names import CONNECTOR, INTEGRATION
from sync.sandbox.schema import FACTS, schema
from sync.sandbox.worlds import Late, World

__all__ = ["add", "change_role", "connector_weekend", "convert", "edit", "empty_bin", "hard_delete", "join_group", "late",
           "leave", "leave_group", "merge", "remove", "touch", "undelete"]  # fmt: skip
# What hangs on a lead or contact and moves with it when it is merged.
_RELATED = (
    ("Task", "WhoId"), ("CampaignMember", "LeadId"), ("CampaignMember", "ContactId"), ("Web_Activity__c", "Lead__c"),
    ("Web_Activity__c", "Contact__c"), ("Opportunity", "ContactId"), ("OpportunityContactRole", "ContactId"),
    ("Contact", "ReportsToId"),
)  # fmt: skip


def remove(world: World, now: datetime, who: str, record_id: str) -> World:
    """A person deletes a record; queryAll still shows it."""
    dml.delete(world.at(now), fact_of(record_id), record_id, author_of(world, who))
    return world


def convert(world: World, now: datetime, who: str, lead_id: str) -> World:
    """A person converts a lead into a contact of an account, with an opportunity."""
    _convert(world.at(now), lead_id, author_of(world, who, is_trusted=True))
    return world


def merge(world: World, now: datetime, who: str, *, winner_id: str, loser_id: str) -> World:
    """A person merges two leads, or contacts: the loser is deleted and points to the winner, who gets what happened to it."""
    fact, author = fact_of(loser_id), author_of(world, who, is_trusted=True)
    dml.living(world, fact_of(winner_id), winner_id)
    dml.update(world.at(now), fact, loser_id, {"MasterRecordId": winner_id}, author)
    dml.delete(world, fact, loser_id, author)
    for name, field in _RELATED:
        for child in world.tables[name].living(**{field: loser_id}):
            dml.update(world, schema()[name], str(child["Id"]), {field: winner_id}, author)
    dml.update(world, fact, winner_id, {}, author)
    return world


def undelete(world: World, now: datetime, who: str, record_id: str) -> World:
    """A person takes a record out of the recycle bin."""
    binned = world.at(now).tables[fact_of(record_id).name][record_id]
    dml._save(world, "undelete", fact_of(record_id), binned, {"IsDeleted": False}, author_of(world, who))
    return world


def hard_delete(world: World, now: datetime, who: str, record_id: str) -> World:
    """An administrator removes a record for good: not even queryAll shows it."""
    fact, record = fact_of(record_id), world.at(now).tables[fact_of(record_id).name][record_id]
    world.tables[fact.name].drop(record_id)
    dml._log(world, "hard delete", fact, record, record, ["IsDeleted"], author_of(world, who))
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
    author = author_of(world.at(now), CONNECTOR, is_trusted=True)
    for lead in world.tables["Lead"].living():
        if not lead.get("IsConverted") and dice.random() < share:
            values = {"pi__score__c": float(dice.randint(0, 300)), "pi__last_activity__c": stamp(now)}
            dml.update(world, schema()["Lead"], str(lead["Id"]), values, author)
    return world


def change_role(world: World, now: datetime, who: str, role: str) -> World:
    """An administrator gives a user another role, by its DeveloperName."""
    (found,) = world.tables["UserRole"].rows(DeveloperName=role)
    admin = author_of(world, INTEGRATION, is_trusted=True)
    dml.update(world.at(now), schema()["User"], str(user_of(world, who)["Id"]), {"UserRoleId": found["Id"]}, admin)
    return world


def join_group(world: World, now: datetime, who: str, group: str) -> World:
    """A user, or a group by its DeveloperName, becomes a member of a group or queue."""
    admin = author_of(world, INTEGRATION, is_trusted=True)
    dml.create(world.at(now), schema()["GroupMember"], _membership(world, who, group), admin)
    return world


def leave_group(world: World, now: datetime, who: str, group: str) -> World:
    """A user, or a group by its DeveloperName, is a member no longer."""
    for row in world.tables["GroupMember"].rows(**_membership(world, who, group)):
        admin = author_of(world, INTEGRATION, is_trusted=True)
        dml.delete(world.at(now), schema()["GroupMember"], str(row["Id"]), admin)
    return world


def _membership(world: World, who: str, group: str) -> dict[str, Value]:
    member = world.user_named(address_of(who)) or _group(world, who)
    return {"GroupId": _group(world, group)["Id"], "UserOrGroupId": member["Id"]}


def _group(world: World, developer_name: str) -> Record:
    for found in world.tables["Group"].rows(DeveloperName=developer_name):
        return found
    raise KeyError(developer_name)


def _convert(world: World, lead_id: str, author: dml.Author) -> None:
    """Nobody can change the lead from then on. What happened to it goes on with the contact, who is of the account with
    the same name if there is one.
    """
    lead = dml.living(world, schema()["Lead"], lead_id)
    user = world.find("User", str(lead["OwnerId"]))
    # A queue and a user who left can own none of this.
    is_able = user and user.get("IsActive") and user.get("UserType") == "Standard"
    owner = str(lead["OwnerId"]) if is_able else author.user_id
    known = world.tables["Account"].living(Name=lead["Company"])

    def made(name: str, **values: Value) -> str:
        return dml.create(world, schema()[name], values, author)

    account = str(known[0]["Id"]) if known else made("Account", **_copied(lead, "account"), OwnerId=owner)
    contact = made("Contact", **_copied(lead, "contact"), AccountId=account, OwnerId=owner)
    today = stamp(world.now)[:10]
    opportunity = made("Opportunity", Name=f"{lead['Company']}-", AccountId=account, OwnerId=owner, CloseDate=today)
    made("OpportunityContactRole", OpportunityId=opportunity, ContactId=contact, IsPrimary=True)
    for name, before, now in (("Task", "WhoId", "WhoId"), ("CampaignMember", "LeadId", "ContactId")):
        for row in world.tables[name].living(**{before: lead_id}):
            dml.update(world, schema()[name], str(row["Id"]), {now: contact}, author)
    converted: dict[str, Value] = {
        "IsConverted": True, "ConvertedDate": today, "Status": "Closed - Converted", "ConvertedAccountId": account,
        "ConvertedContactId": contact, "ConvertedOpportunityId": opportunity,
    }  # fmt: skip
    dml.update(world, schema()["Lead"], lead_id, converted, author)


def _copied(lead: Record, what: str) -> dict[str, Value]:
    return {to: lead[name] for name, to in FACTS["conversion"][what].items() if name in lead}
