"""Check and convert the values of a write, field by field, with the codes Salesforce gives."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from sync.sandbox.clock import stamp
from sync.sandbox.database import Value
from sync.sandbox.exchange import RefusalError
from sync.sandbox.ids import full, is_id
from sync.sandbox.schema import TEXT_TYPES, FieldFact, ObjectFact
from sync.sandbox.worlds import World

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def accepted(
    world: World, fact: ObjectFact, given: Mapping[str, object], *, creates: bool, is_trusted: bool = False
) -> dict[str, Value]:
    """The given fields by their real names, as they will be stored."""
    fields = [(_known(world, fact, name), value) for name, value in given.items()]
    read_only = world.switches.read_only
    locked = tuple(
        field.name
        for field, _ in fields
        if not is_trusted
        and (f"{fact.name}.{field.name}" in read_only or not (field.createable if creates else field.updateable))
    )
    if locked:
        message = (
            f"Unable to create/update fields: {', '.join(locked)}. Please check the security settings of this field and "
            "verify that it is read/write for your profile or permission set."
        )
        raise RefusalError("INVALID_FIELD_FOR_INSERT_UPDATE", message, locked)
    return {field.name: _stored(field, value) for field, value in fields}


def _known(world: World, fact: ObjectFact, name: str) -> FieldFact:
    field = fact.field(name)
    if field is None or f"{fact.name}.{field.name}" in world.switches.hidden:
        raise RefusalError("INVALID_FIELD", f"No such column '{name}' on sobject of type {fact.name}")
    return field


def _stored(field: FieldFact, value: object) -> Value:
    """A value as it is kept; empty text is null."""
    if value is None or value == "":
        if field.nillable:
            return None
        if field.type == "boolean":
            raise _refused(field, "INVALID_TYPE_ON_FIELD_IN_RECORD", "value not of required type: ")
        raise RefusalError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field.name}]", (field.name,))
    match field.type:
        case kind if kind in TEXT_TYPES:
            return _text(field, value)
        case "boolean" if isinstance(value, bool):
            return value
        case "int" | "double" | "currency":
            return _number(field, value)
        case "reference" | "id":
            if not is_id(value):
                raise _refused(field, "MALFORMED_ID", f"id value of incorrect type: {value}")
            return full(str(value))
        case "date" | "datetime":
            return _time(field, value)
    raise _unreadable(field, value)


def _text(field: FieldFact, value: object) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise _unreadable(field, value)
    text = str(value).strip()
    if len(text) > field.length:
        raise _refused(field, "STRING_TOO_LONG", f"data value too large: {text} (max length={field.length})")
    if field.type == "email" and not _EMAIL.fullmatch(text):
        raise _refused(field, "INVALID_EMAIL_ADDRESS", f"invalid email address: {text}")
    if field.restricted and text not in field.values:
        raise _refused(
            field, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"bad value for restricted picklist field: {text}"
        )
    return text


def _number(field: FieldFact, value: object) -> float | int:
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None:
        raise _unreadable(field, value)
    rounded = round(number, field.scale)
    if abs(rounded) >= 10 ** (field.precision - field.scale):
        raise _refused(field, "NUMBER_OUTSIDE_VALID_RANGE", f"value outside of valid range on numeric field: {value}")
    return int(rounded) if field.type == "int" else float(rounded)


def _time(field: FieldFact, value: object) -> str:
    try:
        if field.type == "date":
            return date.fromisoformat(str(value)).isoformat()
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        raise _unreadable(field, value) from None
    if parsed.tzinfo is None:
        raise _unreadable(field, value)
    return stamp(parsed)


def _refused(field: FieldFact, code: str, why: str) -> RefusalError:
    return RefusalError(code, f"{field.labels[0]}: {why}", (field.name,))


def _unreadable(field: FieldFact, value: object) -> RefusalError:
    kind = "VALUE_STRING" if isinstance(value, str) else "VALUE"
    message = f"Cannot deserialize instance of {field.type} from {kind} value {value} or request may be missing a required field"
    return RefusalError("JSON_PARSER_ERROR", message, (field.name,))
