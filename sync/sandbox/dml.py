"""Save records as Salesforce does: checks in its order, assignment and validation rules, flows, stamps, the log."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sync.sandbox.clock import stamp
from sync.sandbox.database import Record, Value, Write
from sync.sandbox.exchange import RefusalError
from sync.sandbox.faults import FaultKind
from sync.sandbox.ids import full, is_id
from sync.sandbox.schema import ObjectFact, object_named, object_of
from sync.sandbox.search import holds
from sync.sandbox.values import accepted
from sync.sandbox.worlds import World

PERSONS = frozenset({"Lead", "Contact", "User"})  # whose Name is made of two others


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and how.

    `assigns`: assignment rules run. `is_trusted`: may set what the API may not, as the connector and the org itself do.
    """

    user_id: str
    headers: Mapping[str, str] = field(default_factory=dict)
    request: int = 0
    assigns: bool = False
    is_trusted: bool = False


def update(world: World, fact: ObjectFact, record_id: str, given: Mapping[str, object], author: Author) -> None:
    """Change the given fields of a record; a RefusalError leaves the world as it was (but for locks used up)."""
    before = living(world, fact, record_id)
    if _is_locked(world, record_id):
        message = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
        raise RefusalError("UNABLE_TO_LOCK_ROW", message)
    if before.get("IsConverted") and not author.is_trusted:
        raise RefusalError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    changed = _changed(world, fact, given, author, creates=False)
    _save(world, "update", fact, before, changed, author)


def create(world: World, fact: ObjectFact, given: Mapping[str, object], author: Author) -> str:
    """Add a record; its id."""
    changed = _changed(world, fact, given, author, creates=True)
    for each in fact.fields.values():
        if each.values and not each.nillable:
            changed.setdefault(each.name, each.values[0])  # the default of a picklist that may not be empty
    made: Record = {"Id": world.new_id(fact.name), "OwnerId": author.user_id, "IsDeleted": False,
                    "CreatedDate": stamp(world.now), "CreatedById": author.user_id}  # fmt: skip
    _save(world, "create", fact, {name: made[name] for name in made if name in fact.fields}, changed, author)
    return str(made["Id"])


def delete(world: World, fact: ObjectFact, record_id: str, author: Author) -> None:
    """Move a record to the recycle bin."""
    before = living(world, fact, record_id)
    if fact.name == "GroupMember":
        world.tables[fact.name].drop(str(before["Id"]))  # there is no recycle bin for it
        return
    if "IsDeleted" not in fact.fields:
        raise RefusalError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    _save(world, "delete", fact, before, {"IsDeleted": True}, author)


def updatable(name: str) -> ObjectFact:
    """An object that can be written at all."""
    fact = object_named(name)
    if fact is None:
        raise RefusalError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return fact


def distinct(given: str, seen: set[str]) -> str:
    """The id of a row of many; it may come once in what is saved together."""
    if not given:
        raise RefusalError("MISSING_ARGUMENT", "Id not specified in an update call")
    if not is_id(given):
        raise RefusalError("MALFORMED_ID", f"malformed id {given}", ("Id",))
    if full(given) in seen:
        raise RefusalError("DUPLICATE_VALUE", f"duplicate value found: Id duplicates value on record with id: {given}")
    seen.add(full(given))
    return full(given)


def living(world: World, fact: ObjectFact, record_id: str) -> Record:
    """The record, refused when its id is no id, unknown, or of something deleted."""
    if not is_id(record_id) or object_of(record_id) is not fact:
        raise RefusalError("MALFORMED_ID", f"{fact.labels[0]} ID: id value of incorrect type: {record_id}", ("Id",))
    record = world.find(fact.name, full(record_id))
    if record is None:
        raise RefusalError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
    if record.get("IsDeleted"):
        raise RefusalError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return record


def is_poisoned(world: World, keys: Collection[str]) -> bool:
    """Whether the fault plan spoils all rows that are saved together; asking uses the fault up."""
    return world.take(lambda fault: fault.kind is FaultKind.POISON and fault.record_id in keys) is not None


def full_name(person: Record) -> str:
    """As the org's Japanese locale shows it: family name first when it is written in Japanese."""
    last, first = str(person.get("LastName", "")), str(person.get("FirstName") or "")
    ordered = (first, last) if last.isascii() else (last, first)
    return " ".join(part for part in ordered if part)


def _is_locked(world: World, key: str) -> bool:
    """Whether an open transaction or the fault plan locks this row now; asking uses the plan's lock up."""
    if any(record["Id"] == key for late in world.late for record in late.records):
        return True
    return world.take(lambda fault: fault.kind is FaultKind.LOCKED and fault.record_id in {"", key}) is not None


def _changed(
    world: World, fact: ObjectFact, given: Mapping[str, object], author: Author, *, creates: bool
) -> dict[str, Value]:
    """The values of a write as they will be stored, with the owner that the assignment rule gives."""
    changed = accepted(world, fact, given, creates=creates, is_trusted=author.is_trusted)
    if "OwnerId" in changed:
        _check_owner(world, fact, str(changed["OwnerId"]))
    if fact.name == "Lead" and author.assigns and world.assigned_to:
        changed["OwnerId"] = world.assigned_to
    return changed


def _check_owner(world: World, fact: ObjectFact, owner_id: str) -> None:
    """Only an active standard user, or a queue that supports the object, may own a record."""
    user = world.find("User", owner_id)
    if user and not user.get("IsActive"):
        message = f"operation performed with inactive user [{owner_id}] as owner of {fact.name.lower()}"
        raise RefusalError("INACTIVE_OWNER_OR_USER", message, ("OwnerId",))
    if user and user.get("UserType") != "Standard":
        message = "The user license doesn't allow the user to own this record"
        raise RefusalError("OP_WITH_INVALID_USER_TYPE_EXCEPTION", message, ("OwnerId",))
    if user or world.tables["QueueSobject"].rows(QueueId=owner_id, SobjectType=fact.name):
        return
    if world.find("Group", owner_id):
        message = f"Owner ID: id value of incorrect type: {owner_id}"
        raise RefusalError("FIELD_INTEGRITY_EXCEPTION", message, ("OwnerId",))
    raise RefusalError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ("OwnerId",))


def _save(
    world: World, kind: str, fact: ObjectFact, before: Record, changed: Mapping[str, Value], author: Author
) -> None:
    """Stamp, check, store and log; what a rule forbids has not been."""
    at = stamp(world.now)
    stamps = {"LastModifiedDate": at, "LastModifiedById": author.user_id, "SystemModstamp": at}
    after = _merged(fact, {**before, **changed, **{name: stamps[name] for name in stamps if name in fact.fields}})
    with world.db.savepoint():
        if kind == "create":
            _check_complete(fact, after)
        world.tables[fact.name].put(after)
        if kind in {"create", "update"} and not author.is_trusted:
            _check_rules(world, fact, after, author)
        _log(world, kind, fact, {} if kind == "create" else before, after, list(changed), author)
        if kind == "update":
            _run_flows(world, fact, before, after, author)


def _check_complete(fact: ObjectFact, after: Record) -> None:
    missing = [f.name for f in fact.fields.values() if not f.nillable and not f.defaulted and after.get(f.name) is None]
    if missing:
        names = ", ".join(missing)
        raise RefusalError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{names}]", tuple(missing))


def _check_rules(world: World, fact: ObjectFact, after: Record, author: Author) -> None:
    for rule in world.validation_rules:
        if rule.object == fact.name and holds(world, fact, str(after["Id"]), rule.forbids):
            raise RefusalError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, (rule.field,) if rule.field else ())
    # Block rules block; of those that only alert, the caller says that it has seen them.
    seen = "allowsave=true" in author.headers.get("sforce-duplicate-rule-header", "").lower().replace(" ", "")
    for twins in world.duplicate_rules:
        value = str(after.get(twins.field) or "").lower()
        if twins.object != fact.name or not value or (twins.is_alert and seen):
            continue
        sql = f'SELECT 1 FROM "{fact.name}" WHERE fold("{twins.field}") = ? AND "Id" != ? AND "IsDeleted" IS NOT 1'  # noqa: S608
        if world.db.run(sql, value, after["Id"]):
            message = "You're creating a duplicate record. We recommend you use an existing record instead."
            # The name is misspelt in the API itself.
            result = {"allowSave": twins.is_alert, "duplicateRule": twins.name, "duplicateRuleEntityType": fact.name,
                      "errorMessage": message, "matchResults": []}  # fmt: skip
            raise RefusalError("DUPLICATES_DETECTED", message, told={"duplicateResut": result})


def _run_flows(world: World, fact: ObjectFact, before: Record, after: Record, author: Author) -> None:
    """What the org's own flows make of an update, as the same user and in the same transaction."""
    for flow in world.flows:
        if flow.object != fact.name or (flow.when and not holds(world, fact, str(after["Id"]), flow.when)):
            continue
        values = {**flow.sets, **{name: before.get(name) for name in flow.restores}}
        changes = {name: value for name, value in values.items() if after.get(name) != value}
        if changes:
            made = _merged(fact, {**after, **changes})
            world.tables[fact.name].put(made)
            _log(world, "flow", fact, after, made, list(changes), author)
            after = made


def _merged(fact: ObjectFact, values: Record) -> Record:
    """A record as it is stored: nulls are left out, and what the org derives is derived."""
    after = {name: value for name, value in values.items() if value is not None}
    if fact.name in PERSONS and "LastName" in after:
        after["Name"] = full_name(after)
    if fact.name == "CampaignMember":
        after["HasResponded"] = after.get("Status") in {"Responded", "Attended"}
    if fact.name == "Opportunity":
        stage = str(after.get("StageName"))
        after |= {"IsClosed": stage.startswith("Closed"), "IsWon": stage == "Closed Won"}
    return after


def _log(
    world: World, kind: str, fact: ObjectFact, before: Record, after: Record, names: list[str], author: Author
) -> None:
    old, new = ({name: record.get(name) for name in names} for record in (before, after))
    key, headers, request = str(after["Id"]), author.headers, author.request
    world.db.log(Write(world.now, kind, author.user_id, fact.name, key, old, new, headers, request))
