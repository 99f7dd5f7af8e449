"""The part of SOQL that the sandbox org reads: text in, a query as values out.

As in Salesforce, AND and OR may not be mixed without parentheses.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TypeAlias

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from sync.sandbox.exchange import RefusalError
from sync.sandbox.worlds import Value, stamp

_GRAMMAR = r"""
query: "SELECT"i selected "FROM"i NAME [where] [order] [limit] [offset]
selected: "COUNT"i "(" ")" -> count | NAME ("," NAME)* -> fields
where: "WHERE"i condition
?condition: item | item ("AND"i item)+ -> all | item ("OR"i item)+ -> any
?item: "(" condition ")" | "NOT"i item -> negation | comparison
comparison: NAME OPERATOR value -> compare
          | NAME "LIKE"i value -> like
          | NAME "IN"i list -> among
          | NAME "NOT"i "IN"i list -> not_among
list: "(" value ("," value)* ")"
?value: STRING -> text | DATETIME -> datetime | DATE -> date | NUMBER -> number
      | "TRUE"i -> true | "FALSE"i -> false | "NULL"i -> null
order: "ORDER"i "BY"i ordering ("," ordering)*
ordering: NAME [DIRECTION] [NULLS]
limit: "LIMIT"i NUMBER
offset: "OFFSET"i NUMBER
OPERATOR: "=" | "!=" | "<>" | "<=" | ">=" | "<" | ">"
DIRECTION: /ASC\b|DESC\b/i
NULLS: /NULLS\s+(FIRST|LAST)/i
NAME: /[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?/i
STRING: /'(\\.|[^'\\])*'/
DATETIME.2: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)/
DATE.1: /\d{4}-\d\d-\d\d/
NUMBER: /-?\d+(\.\d+)?/
%ignore /\s+/
"""
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Literal:
    """A value with the kind it was written as: text, datetime, date, number, boolean, null."""

    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is one of = != < <= > >= like in, `not in`."""

    path: str
    operator: str
    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Every:
    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Negation:
    part: "Condition"


Condition: TypeAlias = Comparison | Every | Some | Negation


@dataclass(frozen=True, slots=True)
class Ordering:
    path: str
    descends: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """`fields` is empty for COUNT()."""

    fields: tuple[str, ...]
    object: str
    where: Condition | None
    order: tuple[Ordering, ...]
    limit: int | None
    offset: int


def parse(soql: str) -> Query:
    """MALFORMED_QUERY when it cannot be read."""
    try:
        found = _build(_parser("query"), soql)
    except UnexpectedInput as error:
        raise _malformed(soql, error) from error
    assert isinstance(found, Query)  # noqa: S101  # for mypy: the grammar's start decides
    return found


@cache
def parse_condition(text: str) -> Condition:
    """What may stand behind WHERE; validation rules are written so."""
    found = _build(_parser("condition"), text)
    assert isinstance(found, Comparison | Every | Some | Negation)  # noqa: S101
    return found


@cache
def _parser(start: str) -> Lark:
    return Lark(_GRAMMAR, parser="lalr", start=start)


def _build(parser: Lark, text: str) -> object:
    return _Builder().transform(parser.parse(text))


def _malformed(soql: str, error: UnexpectedInput) -> RefusalError:
    token = getattr(error, "token", None)
    unexpected = str(token) if token else soql[error.pos_in_stream :][:1]
    where = f"\n{soql}\n{' ' * max(error.column - 1, 0)}^\nERROR at Row:{error.line}:Column:{error.column}\n"
    return RefusalError("MALFORMED_QUERY", f"{where}unexpected token: {unexpected or '<EOF>'!r}")


@v_args(inline=True)
class _Builder(Transformer[Token, object]):
    """One method for each rule of the grammar."""

    def query(self, fields: tuple[str, ...], name: Token, where: Condition | None, order: tuple[Ordering, ...] | None,
              limit: int | None, offset: int | None) -> Query:  # fmt: skip
        return Query(fields, str(name), where, order or (), limit, offset or 0)

    def count(self) -> tuple[str, ...]:
        return ()

    def fields(self, *names: Token) -> tuple[str, ...]:
        return tuple(map(str, names))

    def where(self, condition: Condition) -> Condition:
        return condition

    def all(self, *parts: Condition) -> Every:
        return Every(parts)

    def any(self, *parts: Condition) -> Some:
        return Some(parts)

    def negation(self, part: Condition) -> Negation:
        return Negation(part)

    def compare(self, name: Token, operator: Token, literal: Literal) -> Comparison:
        return Comparison(str(name), "!=" if operator == "<>" else str(operator), (literal,))

    def like(self, name: Token, literal: Literal) -> Comparison:
        return Comparison(str(name), "like", (literal,))

    def among(self, name: Token, literals: tuple[Literal, ...]) -> Comparison:
        return Comparison(str(name), "in", literals)

    def not_among(self, name: Token, literals: tuple[Literal, ...]) -> Comparison:
        return Comparison(str(name), "not in", literals)

    def list(self, *literals: Literal) -> tuple[Literal, ...]:
        return literals

    def text(self, token: Token) -> Literal:
        pieces, escaped = [], False
        for letter in token[1:-1]:
            if escaped or letter != "\\":
                pieces.append(_ESCAPES.get(letter, letter) if escaped else letter)
            escaped = letter == "\\" and not escaped
        return Literal("text", "".join(pieces))

    def datetime(self, token: Token) -> Literal:
        parsed = datetime.fromisoformat(str(token))
        whole = stamp(parsed)
        # A fraction of a second sorts behind the whole second, as text does.
        fraction = f".{parsed.astimezone(UTC).microsecond // 1000:03d}+"
        return Literal("datetime", whole.replace(".000+", fraction))

    def date(self, token: Token) -> Literal:
        return Literal("date", str(token))

    def number(self, token: Token) -> Literal:
        return Literal("number", float(token) if "." in token else int(token))

    def true(self) -> Literal:
        return Literal("boolean", True)

    def false(self) -> Literal:
        return Literal("boolean", False)

    def null(self) -> Literal:
        return Literal("null", None)

    def order(self, *orderings: Ordering) -> tuple[Ordering, ...]:
        return orderings

    def ordering(self, name: Token, direction: Token | None, nulls: Token | None) -> Ordering:
        return Ordering(str(name), str(direction).upper() == "DESC", str(nulls).upper().endswith("LAST"))

    def limit(self, token: Token) -> int:
        return int(token)

    def offset(self, token: Token) -> int:
        return int(token)
