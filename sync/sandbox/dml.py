"""Save records as Salesforce does: checks in its order, assignment and validation rules, stamps, the log."""

from collections.abc import Callable, Mapping

from sync.sandbox.exchange import RefusalError
from sync.sandbox.ids import full, is_id
from sync.sandbox.schema import ObjectFact, object_named, object_of
from sync.sandbox.search import matcher
from sync.sandbox.soql import parse_condition
from sync.sandbox.transaction import Author, Draft
from sync.sandbox.values import accepted
from sync.sandbox.worlds import Record, Value, Write, stamp

PERSONS = frozenset({"Lead", "Contact", "User"})  # whose Name is made of two others


def update(draft: Draft, fact: ObjectFact, record_id: str, given: Mapping[str, object], author: Author) -> None:
    """Change the given fields of a record; a RefusalError leaves the draft as it was (but for locks used up)."""
    before = living(draft, fact, record_id)
    if draft.is_locked(record_id):
        message = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
        raise RefusalError("UNABLE_TO_LOCK_ROW", message)
    if before.get("IsConverted") and not author.is_trusted:
        raise RefusalError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    changed = accepted(draft.world, fact, given, author, creates=False)
    _check_owner(draft, fact, changed)
    if fact.name == "Lead" and author.assigns and (rule := draft.world.assignment_rule):
        changed["OwnerId"] = rule.owner_id
    after = _merged(fact, before, changed, _stamps(fact, draft, author))
    _check_rules(draft, fact, after, author)
    draft.put(after)
    draft.log(_write("update", draft, fact, before, after, list(changed), author))
    _run_flows(draft, fact, before, after, author)


def create(draft: Draft, fact: ObjectFact, given: Mapping[str, object], author: Author) -> str:
    """Add a record; its id."""
    owned = {"OwnerId": author.user_id} if "OwnerId" in fact.fields else {}
    deletable = {"IsDeleted": False} if "IsDeleted" in fact.fields else {}
    changed = accepted(draft.world, fact, given, author, creates=True)
    _check_owner(draft, fact, changed)
    if fact.name == "Lead" and author.assigns and (rule := draft.world.assignment_rule):
        changed["OwnerId"] = rule.owner_id
    for field in fact.fields.values():
        if field.values and not field.nillable:
            changed.setdefault(field.name, field.values[0])  # the default of a picklist that may not be empty
    record_id = draft.new_id(fact.name)
    stamps = _stamps(fact, draft, author)
    made = {"CreatedDate": stamp(draft.now), "CreatedById": author.user_id}
    created = {name: value for name, value in made.items() if name in fact.fields}
    after = _merged(fact, {"Id": record_id, **owned, **deletable, **created}, changed, stamps)
    missing = [f.name for f in fact.fields.values() if not f.nillable and not f.defaulted and after.get(f.name) is None]
    if missing:
        names = ", ".join(missing)
        raise RefusalError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{names}]", tuple(missing))
    _check_rules(draft, fact, after, author)
    draft.put(after)
    draft.log(_write("create", draft, fact, {}, after, list(changed), author))
    return record_id


def delete(draft: Draft, fact: ObjectFact, record_id: str, author: Author) -> None:
    """Move a record to the recycle bin."""
    before = living(draft, fact, record_id)
    if fact.name == "GroupMember":
        draft.drop(before)  # there is no recycle bin for it
        return
    if "IsDeleted" not in fact.fields:
        raise RefusalError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    after = _merged(fact, before, {"IsDeleted": True}, _stamps(fact, draft, author))
    draft.put(after)
    draft.log(_write("delete", draft, fact, before, after, ["IsDeleted"], author))


def undelete(draft: Draft, fact: ObjectFact, record_id: str, author: Author) -> None:
    """Take a record out of the recycle bin."""
    before = draft.world.find(fact.name, full(record_id)) if is_id(record_id) else None
    if before is None or not before.get("IsDeleted"):
        raise RefusalError("UNDELETE_FAILED", "Entity is not in the recycle bin", status=404)
    after = _merged(fact, before, {"IsDeleted": False}, _stamps(fact, draft, author))
    draft.put(after)
    draft.log(_write("undelete", draft, fact, before, after, ["IsDeleted"], author))


def hard_delete(draft: Draft, fact: ObjectFact, record_id: str, author: Author) -> None:
    """Remove a record for good, from the recycle bin or from among the living."""
    record = draft.world.find(fact.name, full(record_id)) if is_id(record_id) else None
    if record is None:
        raise RefusalError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
    draft.drop(record)
    draft.log(_write("hard delete", draft, fact, record, record, ["IsDeleted"], author))


def updatable(name: str) -> ObjectFact:
    """An object that can be written at all."""
    fact = object_named(name)
    if fact is None:
        raise RefusalError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return fact


def living(draft: Draft, fact: ObjectFact, record_id: str) -> Record:
    """The record, refused when its id is no id, unknown, or of something deleted."""
    if not is_id(record_id) or object_of(record_id) is not fact:
        raise RefusalError("MALFORMED_ID", f"{fact.labels[0]} ID: id value of incorrect type: {record_id}", ("Id",))
    record = draft.world.find(fact.name, full(record_id))
    if record is None:
        raise RefusalError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
    if record.get("IsDeleted"):
        raise RefusalError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return record


def _check_owner(draft: Draft, fact: ObjectFact, changed: Mapping[str, Value]) -> None:
    """Only an active standard user, or a queue that supports the object, may own a record."""
    if "OwnerId" not in changed:
        return
    owner_id = str(changed["OwnerId"])
    user = draft.world.find("User", owner_id)
    if user:
        if not user.get("IsActive"):
            noun = fact.name.lower()
            message = f"operation performed with inactive user [{owner_id}] as owner of {noun}"
            raise RefusalError("INACTIVE_OWNER_OR_USER", message, ("OwnerId",))
        if user.get("UserType") != "Standard":
            message = "The user license doesn't allow the user to own this record"
            raise RefusalError("OP_WITH_INVALID_USER_TYPE_EXCEPTION", message, ("OwnerId",))
        return
    supported = draft.world.tables["QueueSobject"].values()
    if not any(row["QueueId"] == owner_id and row["SobjectType"] == fact.name for row in supported):
        if draft.world.find("Group", owner_id):
            message = f"Owner ID: id value of incorrect type: {owner_id}"
            raise RefusalError("FIELD_INTEGRITY_EXCEPTION", message, ("OwnerId",))
        raise RefusalError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ("OwnerId",))


def _run_flows(draft: Draft, fact: ObjectFact, before: Record, after: Record, author: Author) -> None:
    """What the org's own flows make of an update, as the same user and in the same transaction."""
    for flow in draft.world.flows:
        if flow.object != fact.name or (flow.when and not _test(draft, fact, flow.when)(after)):
            continue
        values = {**flow.sets, **{name: before.get(name) for name in flow.restores}}
        changes = {name: value for name, value in values.items() if after.get(name) != value}
        if changes:
            made = _merged(fact, after, changes, {})
            draft.put(made)
            draft.log(_write("flow", draft, fact, after, made, list(changes), author))
            after = made


def _check_duplicates(draft: Draft, fact: ObjectFact, after: Record, author: Author) -> None:
    """Block rules block; of those that only alert, the caller says that it has seen them."""
    seen = "allowsave=true" in author.headers.get("sforce-duplicate-rule-header", "").lower().replace(" ", "")
    for rule in draft.world.duplicate_rules:
        value = str(after.get(rule.field) or "").lower()
        if rule.object != fact.name or not value or (rule.is_alert and seen):
            continue
        table = draft.world.tables[fact.name].values()
        if any(
            str(other.get(rule.field) or "").lower() == value
            for other in table
            if other["Id"] != after["Id"] and not other.get("IsDeleted")
        ):
            message = "You're creating a duplicate record. We recommend you use an existing record instead."
            # The name is misspelt in the API itself.
            result = {"allowSave": rule.is_alert, "duplicateRule": rule.name, "duplicateRuleEntityType": fact.name,
                      "errorMessage": message, "matchResults": []}  # fmt: skip
            raise RefusalError("DUPLICATES_DETECTED", message, told={"duplicateResut": result})


def _check_rules(draft: Draft, fact: ObjectFact, after: Record, author: Author) -> None:
    if author.is_trusted:
        return
    for rule in draft.world.validation_rules:
        if rule.object == fact.name and _test(draft, fact, rule.forbids)(after):
            raise RefusalError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, (rule.field,) if rule.field else ())
    if draft.world.duplicate_rules:
        _check_duplicates(draft, fact, after, author)


def _test(draft: Draft, fact: ObjectFact, condition: str) -> Callable[[Record], bool]:
    """A condition of the org's own as a function, made once in a draft."""
    known = draft.tests.get((fact.name, condition))
    if known is None:
        known = draft.tests[fact.name, condition] = matcher(draft.world, fact, parse_condition(condition))
    return known


def _stamps(fact: ObjectFact, draft: Draft, author: Author) -> dict[str, Value]:
    at = stamp(draft.now)
    stamps = {"LastModifiedDate": at, "LastModifiedById": author.user_id, "SystemModstamp": at}
    return {name: value for name, value in stamps.items() if name in fact.fields}


def _merged(fact: ObjectFact, before: Record, changed: Mapping[str, Value], stamps: Mapping[str, Value]) -> Record:
    """The record after: nulls are left out, and what the org derives is derived."""
    after = {name: value for name, value in {**before, **changed, **stamps}.items() if value is not None}
    if fact.name in PERSONS and "LastName" in after:
        after["Name"] = full_name(after)
    if fact.name == "CampaignMember":
        after["HasResponded"] = after.get("Status") in {"Responded", "Attended"}
    if fact.name == "Opportunity":
        stage = str(after.get("StageName"))
        after |= {"IsClosed": stage.startswith("Closed"), "IsWon": stage == "Closed Won"}
    return after


def full_name(person: Record) -> str:
    """As the org's Japanese locale shows it: family name first when it is written in Japanese."""
    last, first = str(person.get("LastName", "")), str(person.get("FirstName") or "")
    ordered = (first, last) if last.isascii() else (last, first)
    return " ".join(part for part in ordered if part)


def _write(kind: str, draft: Draft, fact: ObjectFact, before: Record, after: Record, names: list[str],
           author: Author) -> Write:  # fmt: skip
    return Write(
        at=draft.now,
        kind=kind,
        user_id=author.user_id,
        object=fact.name,
        record_id=str(after["Id"]),
        before={name: before.get(name) for name in names},
        after={name: after.get(name) for name in names},
        headers=author.headers,
        request=author.request,
    )
