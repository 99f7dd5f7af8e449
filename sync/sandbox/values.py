"""Check and convert the values of a write, field by field, with the codes Salesforce gives."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from sync.sandbox.exchange import RefusalError
from sync.sandbox.ids import full, is_id
from sync.sandbox.schema import TEXT_TYPES, FieldFact, ObjectFact
from sync.sandbox.transaction import Author
from sync.sandbox.worlds import Value, World, stamp

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def accepted(
    world: World, fact: ObjectFact, given: Mapping[str, object], author: Author, *, creates: bool
) -> dict[str, Value]:
    """The given fields by their real names, as they will be stored."""
    fields = [(_known(world, fact, name), value) for name, value in given.items()]
    locked = [field.name for field, _ in fields if not _may_write(world, fact, field, author, creates=creates)]
    if locked:
        message = (
            f"Unable to create/update fields: {', '.join(locked)}. Please check the security settings of this field and "
            "verify that it is read/write for your profile or permission set."
        )
        raise RefusalError("INVALID_FIELD_FOR_INSERT_UPDATE", message, tuple(locked))
    return {field.name: _stored(field, value) for field, value in fields}


def _known(world: World, fact: ObjectFact, name: str) -> FieldFact:
    field = fact.field(name)
    if field is None or f"{fact.name}.{field.name}" in world.switches.hidden:
        raise RefusalError("INVALID_FIELD", f"No such column '{name}' on sobject of type {fact.name}")
    return field


def _may_write(world: World, fact: ObjectFact, field: FieldFact, author: Author, *, creates: bool) -> bool:
    if author.is_trusted:
        return True
    if f"{fact.name}.{field.name}" in world.switches.read_only:
        return False
    return field.createable if creates else field.updateable


def _stored(field: FieldFact, value: object) -> Value:
    """A value as it is kept; empty text is null."""
    if value is None or value == "":
        if field.nillable:
            return None
        if field.type == "boolean":
            raise RefusalError(
                "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.labels[0]}: value not of required type: ", (field.name,)
            )
        raise RefusalError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field.name}]", (field.name,))
    if field.type in TEXT_TYPES:
        return _text(field, value)
    match field.type:
        case "boolean":
            return _boolean(field, value)
        case "int" | "double" | "currency":
            return _number(field, value)
        case "reference" | "id":
            return _reference(field, value)
        case _:
            return _time(field, value)


def _text(field: FieldFact, value: object) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise _unreadable(field, value)
    text = str(value).strip()
    if len(text) > field.length:
        message = f"{field.labels[0]}: data value too large: {text} (max length={field.length})"
        raise RefusalError("STRING_TOO_LONG", message, (field.name,))
    if field.type == "email" and not _EMAIL.fullmatch(text):
        message = f"{field.labels[0]}: invalid email address: {text}"
        raise RefusalError("INVALID_EMAIL_ADDRESS", message, (field.name,))
    if field.restricted and text not in field.values:
        message = f"{field.labels[0]}: bad value for restricted picklist field: {text}"
        raise RefusalError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (field.name,))
    return text


def _boolean(field: FieldFact, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _unreadable(field, value)


def _number(field: FieldFact, value: object) -> float | int:
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None:
        raise _unreadable(field, value)
    rounded = round(number, field.scale)
    if abs(rounded) >= 10 ** (field.precision - field.scale):
        message = f"{field.labels[0]}: value outside of valid range on numeric field: {value}"
        raise RefusalError("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,))
    return int(rounded) if field.type == "int" else float(rounded)


def _reference(field: FieldFact, value: object) -> str:
    if not is_id(value):
        raise RefusalError("MALFORMED_ID", f"{field.labels[0]}: id value of incorrect type: {value}", (field.name,))
    return full(str(value))


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


def _unreadable(field: FieldFact, value: object) -> RefusalError:
    kind = "VALUE_STRING" if isinstance(value, str) else "VALUE"
    message = f"Cannot deserialize instance of {field.type} from {kind} value {value} or request may be missing a required field"
    return RefusalError("JSON_PARSER_ERROR", message, (field.name,))
