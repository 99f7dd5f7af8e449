"""Run a query against the world: which records, in which order, and how REST shows them."""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sync.sandbox.dropped_sheets import cells
from sync.sandbox.exchange import RefusalError
from sync.sandbox.formulas import calculated, formula_of
from sync.sandbox.ids import full, is_id
from sync.sandbox.row_versions import Layers
from sync.sandbox.schema import TEXT_TYPES, FieldFact, ObjectFact, object_named, object_of
from sync.sandbox.soql import Comparison, Condition, Every, Literal, Negation, Ordering, Query, Some
from sync.sandbox.worlds import Record, Value, World

# Any: mypy cannot see that a field and its literal have one type, which `_wanted` has checked.
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_ACCEPTS = {"datetime": {"datetime"}, "date": {"date"}, "boolean": {"boolean"}, "int": {"number"}, "double": {"number"},
            "currency": {"number"}, "id": {"text"}, "reference": {"text"}}  # fmt: skip
Reader = Callable[[Record], Value]


def find(world: World, query: Query, *, deleted: bool) -> list[Record]:
    """The records of a query, ordered and cut. Deleted ones only for queryAll."""
    fact = object_named(query.object)
    if fact is None or fact.name in world.switches.hidden:
        raise RefusalError("INVALID_TYPE", _no_such_object(query.object))
    for path in query.fields:
        _reader(world, fact, path)
    holds = matcher(world, fact, query.where) if query.where else (lambda _: True)
    rows = [row for row in _candidates(world, fact, query) if (deleted or not row.get("IsDeleted")) and holds(row)]
    for ordering in reversed(query.order):
        _refuse_unsortable(world, fact, ordering)
        rows = _sorted(rows, _reader(world, fact, ordering.path), ordering)
    stop = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : stop]


def _candidates(world: World, fact: ObjectFact, query: Query) -> Iterable[Record]:
    """The records that can be among the answer: by id or by stamp, as the org's indexes find them, else all."""
    table = world.tables.get(fact.name, {})
    wanted = _ids(query.where) if query.where else None
    if wanted is not None:
        return (record for record in map(table.get, sorted(wanted)) if record is not None)
    bound = _bound(query.where, "systemmodstamp") if query.where else None
    if bound and isinstance(table, Layers):
        recent = table.since("SystemModstamp", bound)
        if recent is not None:
            return recent
    return table.values()


def _ids(condition: Condition) -> set[str] | None:
    """The ids a condition allows, when it names them."""
    match condition:
        case Comparison(path, "=" | "in", literals) if path.lower() == "id":
            return {full(str(one.value)) for one in literals if is_id(one.value)}
        case Every(parts):
            return next((ids for part in parts if (ids := _ids(part)) is not None), None)
    return None


def _bound(condition: Condition, path: str) -> str | None:
    """The least value a condition allows for a field, if it says one."""
    match condition:
        case Comparison(name, ">" | ">=" | "=", (literal,)) if name.lower() == path:
            return str(literal.value)
        case Every(parts):
            return max((bound for part in parts if (bound := _bound(part, path))), default=None)
        case Some(parts):
            bounds = [_bound(part, path) for part in parts]
            return min(bound or "" for bound in bounds) or None
    return None


def _sorted(rows: list[Record], read: Reader, ordering: Ordering) -> list[Record]:
    """Nulls come first, ascending or descending, unless the query says otherwise."""
    keyed: list[tuple[Any, Record]] = [(read(row), row) for row in rows]
    nulls = [row for key, row in keyed if key is None]
    filled = sorted(
        (pair for pair in keyed if pair[0] is not None), key=lambda pair: pair[0], reverse=ordering.descends
    )
    rest = [row for _, row in filled]
    return rest + nulls if ordering.nulls_last else nulls + rest


def show(world: World, query: Query, rows: Iterable[Record], version: str) -> list[dict[str, object]]:
    """Rows as a query's answer holds them."""
    fact = schema_object(query.object)
    plain = {path: _field(world, fact, path).name for path in query.fields if "." not in path}
    related = [(path, path.partition(".")[0]) for path in query.fields if "." in path]
    shown = []
    for row in rows:
        out: dict[str, object] = {"attributes": attributes(fact.name, str(row["Id"]), version)}
        for path in query.fields:
            if path in plain:
                out[plain[path]] = _plain(world, fact, plain[path], row)
        for path, relationship in related:
            _nest(world, fact, row, path, relationship, out, version)
        shown.append(out)
    return shown


def shown_names(world: World, query: Query) -> list[str]:
    """The columns of a query's answer as CSV."""
    fact = schema_object(query.object)
    return [path if "." in path else _field(world, fact, path).name for path in query.fields]


def reader_of(world: World, query: Query) -> Callable[[Record], list[str]]:
    """A function from a record to the cells of its row in CSV."""
    fact = schema_object(query.object)
    if not any("." in path for path in query.fields):
        fields = [_field(world, fact, path) for path in query.fields]
        plain = cells(fields)
        if any(field.calculated for field in fields):
            return lambda row: plain(calculated(world, fact, row))
        return plain
    own = [None if "." in path else cells([_field(world, fact, path)]) for path in query.fields]
    related = [_shown_reader(world, fact, path) for path in query.fields]
    return lambda row: [
        read(row)[0] if read else str(other(row) or "") for read, other in zip(own, related, strict=True)
    ]


def _shown_reader(world: World, fact: ObjectFact, path: str) -> Reader:
    relationship, _, name = path.rpartition(".")
    reference = fact.referring(relationship) if relationship else None
    return lambda row: _related(world, row.get(reference.name), name) if reference else None


def matcher(world: World, fact: ObjectFact, condition: Condition) -> Callable[[Record], bool]:
    """A condition as a function of a record. Nothing is unknown in SOQL: null is smaller than nothing and equals null."""
    match condition:
        case Every(parts):
            tests = [matcher(world, fact, part) for part in parts]
            return lambda row: all(test(row) for test in tests)
        case Some(parts):
            tests = [matcher(world, fact, part) for part in parts]
            return lambda row: any(test(row) for test in tests)
        case Negation(part):
            test = matcher(world, fact, part)
            return lambda row: not test(row)
        case Comparison():
            return _comparison(world, fact, condition)


def attributes(name: str, record_id: str, version: str) -> dict[str, str]:
    return {"type": name, "url": f"/services/data/{version}/sobjects/{name}/{record_id}"}


def schema_object(name: str) -> ObjectFact:
    """NOT_FOUND for an object that is not there."""
    fact = object_named(name)
    if fact is None:
        raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)
    return fact


def _comparison(world: World, fact: ObjectFact, comparison: Comparison) -> Callable[[Record], bool]:
    read = _reader(world, fact, comparison.path)
    field = None if "." in comparison.path else _field(world, fact, comparison.path)
    if field and not _is_filterable(world, fact, field):
        raise RefusalError("INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
    wanted = [_wanted(literal, field) for literal in comparison.literals]
    first = wanted[0]
    match comparison.operator:
        case "=" | "in":
            among = frozenset(wanted)
            return lambda row: read(row) in among
        case "!=" | "not in":
            among = frozenset(wanted)
            return lambda row: read(row) not in among
        case "like":
            pattern = re.compile(re.escape(str(first)).replace("%", ".*").replace("_", "."), re.DOTALL)
            return lambda row: pattern.fullmatch(str(read(row) or "")) is not None
        case _:
            holds = _COMPARE[comparison.operator]
            return lambda row: (value := read(row)) is not None and first is not None and holds(value, first)


def _is_filterable(world: World, fact: ObjectFact, field: FieldFact) -> bool:
    return field.filterable and f"{fact.name}.{field.name}" not in world.switches.unfiltered


def _refuse_unsortable(world: World, fact: ObjectFact, ordering: Ordering) -> None:
    field = None if "." in ordering.path else _field(world, fact, ordering.path)
    if field and not _is_filterable(world, fact, field):
        raise RefusalError("INVALID_FIELD", f"field '{field.name}' can not be sorted in a query call")


def _wanted(literal: Literal, field: FieldFact | None) -> Value:
    """A literal as it is compared. Quoted dates, malformed ids and the like are refused."""
    if field is None or literal.kind == "null":
        return _fold(literal.value)
    if literal.kind not in _ACCEPTS.get(field.type, {"text"}):
        message = f"value of filter criterion for field '{field.name}' must be of type {field.type}"
        quoted = " and should not be enclosed in quotes" if literal.kind == "text" else ""
        raise RefusalError("INVALID_FIELD", message + quoted)
    if field.type in {"id", "reference"} and literal.value:
        if not is_id(literal.value):
            raise RefusalError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}")
        return full(str(literal.value))
    return _fold(literal.value) if field.type in TEXT_TYPES else literal.value


def _fold(value: Value) -> Value:
    """Text compares without case; ids are not folded."""
    return value.lower() if isinstance(value, str) else value


def _reader(world: World, fact: ObjectFact, path: str) -> Reader:
    """A function that reads a field, or a field of a related record, from a row, as it is compared."""
    relationship, _, name = path.rpartition(".")
    if not relationship:
        field = _field(world, fact, path)
        key, nothing = field.name, False if field.type == "boolean" else None
        if field.calculated:
            formula = formula_of(fact, field)
            return lambda row: _fold(formula.value(world, row))
        if field.type in TEXT_TYPES:
            return lambda row: _fold(row.get(key))
        return lambda row: row.get(key, nothing)
    reference = fact.referring(relationship)
    if reference is None:
        message = f"Didn't understand relationship '{relationship}' in field path."
        raise RefusalError("INVALID_FIELD", message)
    return lambda row: _fold(_related(world, row.get(reference.name), name))


def _related(world: World, record_id: Value, name: str) -> Value:
    if not isinstance(record_id, str) or not (fact := object_of(record_id)):
        return None
    if fact.name == "User" and name.lower() == "type":
        return "User"  # Owner.Type tells users from queues
    field = fact.field(name)
    if field is None:
        raise RefusalError("INVALID_FIELD", _no_such_column(name, "Name"))
    return (world.find(fact.name, record_id) or {}).get(field.name)


def _nest(world: World, fact: ObjectFact, row: Record, path: str, relationship: str, out: dict[str, object],
          version: str) -> None:  # fmt: skip
    reference = fact.referring(relationship)
    record_id = row.get(reference.name) if reference else None
    if not isinstance(record_id, str) or not (target := object_of(record_id)):
        out[relationship] = None
        return
    nested = out.setdefault(relationship, {"attributes": attributes(target.name, record_id, version)})
    if isinstance(nested, dict):
        name = path.rpartition(".")[2]
        nested[name] = _related(world, record_id, name)


def _field(world: World, fact: ObjectFact, name: str) -> FieldFact:
    """INVALID_FIELD for a field that is missing or hidden: the two cannot be told apart."""
    field = fact.field(name)
    if field is None or f"{fact.name}.{field.name}" in world.switches.hidden:
        raise RefusalError("INVALID_FIELD", _no_such_column(name, fact.name))
    return field


def _plain(world: World, fact: ObjectFact, name: str, row: Record) -> Value:
    field = fact.fields[name]
    if field.calculated:
        return formula_of(fact, field).value(world, row)
    return row.get(name, False if field.type == "boolean" else None)


def row_of(
    world: World, fact: ObjectFact, record: Record, version: str, fields: Sequence[str] = ()
) -> dict[str, object]:
    """A record as its own resource shows it: the fields asked for, else all that the user may see."""
    seen = [name for name in fact.fields if f"{fact.name}.{name}" not in world.switches.hidden]
    names = [_field(world, fact, name).name for name in fields] if fields else seen
    shown = {"Id": record["Id"], **{name: _plain(world, fact, name, record) for name in names}}
    return {"attributes": attributes(fact.name, str(record["Id"]), version), **shown}


def _no_such_column(name: str, entity: str) -> str:
    return (
        f"\nNo such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
        "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
    )


def _no_such_object(name: str) -> str:
    return (
        f"\nsObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    )
