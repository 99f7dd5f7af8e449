"""Run a query against the world: SOQL as SQL, and how REST and Bulk 2.0 show what was found."""

from collections.abc import Callable, Iterable
from functools import cache
from operator import itemgetter

from sync.sandbox.database import KeptRows, Value, fold
from sync.sandbox.exchange import RefusalError, not_there
from sync.sandbox.ids import full, is_id
from sync.sandbox.schema import TEXT_TYPES, FieldFact, ObjectFact, object_named, object_of, schema
from sync.sandbox.soql import Comparison, Condition, Found, Literal, Query, parse_condition
from sync.sandbox.worlds import Switches, World

_ACCEPTS = {"datetime": {"datetime"}, "date": {"date"}, "boolean": {"boolean"}, "int": {"number"}, "double": {"number"},
            "currency": {"number"}, "id": {"text"}, "reference": {"text"}}  # fmt: skip
# Formula fields, as describe tells them and in SQL: calculated when they are read, so that one can change while no stamp
# of its record does.
FORMULAS = {
    "Owner_Active__c": ("Owner:User.IsActive",
                        'EXISTS (SELECT 1 FROM "User" u WHERE u."Id" = t."OwnerId" AND u."IsActive")'),
    "Account_Industry__c": ("TEXT(Account.Industry)",
                            '(SELECT a."Industry" FROM "Account" a WHERE a."Id" = t."AccountId")'),
}  # fmt: skip
_Sql = tuple[str, tuple[Value, ...]]  # and what its question marks stand for


def find(world: World, query: Query, *, deleted: bool, kept_as: str = "") -> Found:
    """What a query finds, ordered and cut; without an order, as it was made. Deleted records only for queryAll."""
    fact, switches = object_named(query.object), world.switches
    if fact is None or fact.name in switches.hidden:
        raise RefusalError("INVALID_TYPE", f"\nsObject type '{query.object}' is not supported. If you are attempting to use "
                           "a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL "
                           "or the describe call for the appropriate names.")  # fmt: skip
    shown = ['t."Id"', *(f't."{reference.name}"' for reference in _relations(fact, query.fields).values())]
    shown += [_term(switches, fact.name, path)[0] for path in query.fields]
    where, given = _condition(switches, fact, query.where) if query.where else ("1", ())
    if not deleted and "IsDeleted" in fact.fields:
        where = f'({where}) AND t."IsDeleted" IS NOT 1'
    order = [f"{_compared(switches, fact, path, 'sorted')} {way} NULLS {nulls}" for path, way, nulls in query.order]
    sql = (
        f'SELECT {", ".join(shown)} FROM "{fact.name}" t WHERE {where} '  # noqa: S608  # names are the schema's
        f"ORDER BY {', '.join([*order, 't.rowid'])} LIMIT ? OFFSET ?"
    )
    given = (*given, -1 if query.limit is None else query.limit, query.offset)
    return Found(query, KeptRows(world.db, kept_as, sql, given) if kept_as else world.db.run(sql, *given))


def holds(world: World, fact: ObjectFact, record_id: str, condition: str) -> bool:
    """Whether a condition of the org's own holds for a record as it is now."""
    where, given = _own_condition(world.switches, fact.name, condition)
    sql = f'SELECT 1 FROM "{fact.name}" t WHERE t."Id" = ? AND ({where})'  # noqa: S608
    return bool(world.db.run(sql, record_id, *given))


def show(found: Found, version: str, start: int = 0, stop: int | None = None) -> list[dict[str, object]]:
    """Rows as a query's answer holds them."""
    fact = schema_object(found.query.object)
    relations = [*_relations(fact, found.query.fields)]
    columns = [
        (path.rpartition("."), read)
        for path, read in zip(header(found.query), _readers(fact, found.query), strict=True)
    ]
    shown = []
    for row in found.rows[start:stop]:
        out: dict[str, object] = {"attributes": attributes(fact.name, str(row[0]), version)}
        related: dict[str, dict[str, object]] = {}
        for name, key in zip(relations, row[1:], strict=False):
            target = object_of(key) if isinstance(key, str) else None
            related[name] = {"attributes": attributes(target.name, str(key), version)} if target else {}
            out[name] = related[name] or None
        for (relationship, _, name), read in columns:
            if not relationship:
                out[name] = read(row)
            elif related[relationship]:
                related[relationship][name] = read(row)
        shown.append(out)
    return shown


def header(query: Query) -> list[str]:
    """The columns of a query's answer."""
    fact = schema_object(query.object)
    return [path if "." in path else _field(Switches(), fact, path).name for path in query.fields]


def cells(found: Found, start: int, stop: int) -> Iterable[list[str]]:
    """Rows as Bulk 2.0 writes them: null and empty alike, datetimes ending in Z where REST writes +0000."""
    fact = schema_object(found.query.object)
    readers = _readers(fact, found.query)
    stamps = [_type(fact, path) == "datetime" for path in found.query.fields]
    for row in found.rows[start:stop]:
        values = [read(row) for read in readers]
        yield [
            "" if value is None else str(value).lower() if isinstance(value, bool)
            else f"{str(value)[:-5]}Z" if is_stamp else str(value)
            for value, is_stamp in zip(values, stamps, strict=True)
        ]  # fmt: skip


def attributes(name: str, record_id: str, version: str) -> dict[str, str]:
    return {"type": name, "url": f"/services/data/{version}/sobjects/{name}/{record_id}"}


def schema_object(name: str) -> ObjectFact:
    """NOT_FOUND for an object that is not there."""
    fact = object_named(name)
    if fact is None:
        raise not_there()
    return fact


def _relations(fact: ObjectFact, paths: Iterable[str]) -> dict[str, FieldFact]:
    """The relationships that paths go through, as they were written, with their reference fields."""
    names = dict.fromkeys(path.partition(".")[0] for path in paths if "." in path)
    return {name: _reference(fact, name) for name in names}


def _reference(fact: ObjectFact, relationship: str) -> FieldFact:
    reference = fact.referring(relationship)
    if reference is None:
        raise RefusalError("INVALID_FIELD", f"Didn't understand relationship '{relationship}' in field path.")
    return reference


def _readers(fact: ObjectFact, query: Query) -> list[Callable[[tuple[Value, ...]], Value]]:
    """For each field of a query a function from a row to its value: SQLite has no truth, only 0 and 1."""
    first = 1 + len(_relations(fact, query.fields))
    is_boolean = [_type(fact, path) == "boolean" for path in query.fields]
    return [_truth(place) if is_one else itemgetter(place) for place, is_one in enumerate(is_boolean, first)]


def _truth(place: int) -> Callable[[tuple[Value, ...]], Value]:
    return lambda row: None if row[place] is None else bool(row[place])


def _type(fact: ObjectFact, path: str) -> str:
    return _term(Switches(), fact.name, path)[1]


@cache
def _term(switches: Switches, name: str, path: str) -> tuple[str, str]:
    """A field, or a field of a related record, in SQL, with its type. INVALID_FIELD for what is not there."""
    fact = schema()[name]
    relationship, _, last = path.rpartition(".")
    if not relationship:
        field = _field(switches, fact, path)
        column = FORMULAS[field.name][1] if field.calculated else f't."{field.name}"'
        return (f"IFNULL({column}, 0)" if field.type == "boolean" else column), field.type
    reference = _reference(fact, relationship)
    found, kind = ["NULL"], ""
    for target in reference.refers_to:
        other = schema()[target].field(last)
        # Owner.Type tells users from queues.
        value = "'User'" if (target, last.lower()) == ("User", "type") else f'r."{other.name}"' if other else None
        if value:
            kind = other.type if other else "string"
            found.append(f'(SELECT {value} FROM "{target}" r WHERE r."Id" = t."{reference.name}")')  # noqa: S608
    if not kind:
        raise _no_such_column(last, "Name")
    return f"COALESCE({', '.join(found)}, NULL)", kind


def _compared(switches: Switches, fact: ObjectFact, path: str, done: str) -> str:
    """A term as it is compared and sorted: text without case, ids as they are. Not every field may be."""
    sql, kind = _term(switches, fact.name, path)
    if "." in path:
        return f"fold({sql})"
    field = _field(switches, fact, path)
    if not field.filterable or f"{fact.name}.{field.name}" in switches.unfiltered:
        raise RefusalError("INVALID_FIELD", f"field '{field.name}' can not be {done} in a query call")
    return f"fold({sql})" if kind in TEXT_TYPES else sql


@cache
def _own_condition(switches: Switches, name: str, text: str) -> _Sql:
    return _condition(switches, schema()[name], parse_condition(text))


def _condition(switches: Switches, fact: ObjectFact, condition: Condition) -> _Sql:
    """A condition in SQL. In SOQL nothing is unknown: null equals null, and is neither smaller nor greater than a value."""
    match condition:
        case Comparison():
            return _comparison(switches, fact, condition)
        case word, parts:
            all_sql, all_given = zip(*(_condition(switches, fact, part) for part in parts), strict=True)
            given = tuple(value for each in all_given for value in each)
            return f"(({all_sql[0]}) IS NOT TRUE)" if word == "NOT" else f"({f' {word} '.join(all_sql)})", given


def _comparison(switches: Switches, fact: ObjectFact, comparison: Comparison) -> _Sql:
    path, operator = comparison.path, comparison.operator
    left = _compared(switches, fact, path, "filtered")
    field = None if "." in path else _field(switches, fact, path)
    wanted = tuple(_wanted(literal, field) for literal in comparison.literals)
    match operator:
        case "=" | "!=":
            return f"{left} IS {'NOT ' * (operator == '!=')}?", wanted
        case "in" | "not in":
            sql = f"{left} IN ({', '.join('?' * len(wanted))})" + (f" OR {left} IS NULL" if None in wanted else "")
            return (f"(({sql}) IS NOT TRUE)" if operator == "not in" else f"({sql})"), wanted
        case "like":
            return f"IFNULL({left}, '') LIKE ?", wanted
    return f"{left} {operator} ?", wanted


def _wanted(literal: Literal, field: FieldFact | None) -> Value:
    """A literal as it is compared. Quoted dates, malformed ids and the like are refused."""
    if field is None or literal.kind == "null":
        return fold(literal.value)
    if literal.kind not in _ACCEPTS.get(field.type, {"text"}):
        message = f"value of filter criterion for field '{field.name}' must be of type {field.type}"
        quoted = " and should not be enclosed in quotes" if literal.kind == "text" else ""
        raise RefusalError("INVALID_FIELD", message + quoted)
    if field.type in {"id", "reference"} and literal.value:
        if not is_id(literal.value):
            raise RefusalError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}")
        return full(str(literal.value))
    return fold(literal.value) if field.type in TEXT_TYPES else literal.value


def _field(switches: Switches, fact: ObjectFact, name: str) -> FieldFact:
    """INVALID_FIELD for a field that is missing or hidden: the two cannot be told apart."""
    field = fact.field(name)
    if field is None or f"{fact.name}.{field.name}" in switches.hidden:
        raise _no_such_column(name, fact.name)
    return field


def _no_such_column(name: str, entity: str) -> RefusalError:
    return RefusalError(
        "INVALID_FIELD",
        f"\nNo such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
        "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
    )
