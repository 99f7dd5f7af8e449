"""The part of SOQL that the sandbox org reads: text in, a query as values out.

As in Salesforce, AND and OR may not be mixed without parentheses.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TypeAlias, TypeVar

from sync.sandbox.clock import stamp
from sync.sandbox.database import Value
from sync.sandbox.exchange import RefusalError

T = TypeVar("T")
_TOKEN = re.compile(
    r"""\s*(?: (?P<text>'(?:\\.|[^'\\])*') | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d) | (?P<number>-?\d+(?:\.\d+)?) | (?P<name>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)
    | (?P<sign>!=|<>|<=|>=|[=<>]) | (?P<strange>\S) | (?P<end>$) )""",
    re.VERBOSE | re.IGNORECASE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_WORDS: dict[str, Value] = {"TRUE": True, "FALSE": False, "NULL": None}


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


# A comparison, or AND, OR or NOT with its parts.
Condition: TypeAlias = Comparison | tuple[str, tuple["Condition", ...]]


@dataclass(frozen=True, slots=True)
class Query:
    """`fields` is empty for COUNT(); `order` has paths with the direction (ASC, DESC) and where nulls come (FIRST, LAST)."""

    fields: tuple[str, ...]
    object: str
    where: Condition | None
    order: tuple[tuple[str, str, str], ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a query brought, as it was when it ran. A row: its id, the ids of what it refers to, the values asked for."""

    query: Query
    rows: Sequence[tuple[Value, ...]]


def parse(soql: str) -> Query:
    """MALFORMED_QUERY when it cannot be read."""
    return _Reader(soql).whole(_Reader.query)


@cache
def parse_condition(text: str) -> Condition:
    """What may stand behind WHERE; validation rules are written so."""
    return _Reader(text).whole(_Reader.condition)


class _Reader:
    """One method for each part of the grammar; each reads on from where the one before stopped."""

    def __init__(self, soql: str) -> None:
        self._soql = soql
        self._tokens = [
            (str(t.lastgroup), t[t.lastgroup or 0], t.start(t.lastgroup or 0)) for t in _TOKEN.finditer(soql)
        ]
        self._at = 0

    def whole(self, part: "Callable[[_Reader], T]") -> T:
        found = part(self)
        self._take("end")
        return found

    def query(self) -> Query:
        self._expect("SELECT")
        fields: tuple[str, ...] = ()
        if self._has("COUNT"):
            self._expect("(", ")")
        else:
            fields = self._listed(lambda: self._take("name"))
        self._expect("FROM")
        name = self._take("name")
        where = self.condition() if self._has("WHERE") else None
        order = self._listed(self._ordering) if self._has("ORDER", "BY") else ()
        limit = int(self._take("number")) if self._has("LIMIT") else None
        return Query(fields, name, where, order, limit, int(self._take("number")) if self._has("OFFSET") else 0)

    def condition(self) -> Condition:
        parts = [self._item()]
        word = next((word for word in ("AND", "OR") if self._has(word)), "")
        if not word:
            return parts[0]
        parts.append(self._item())
        while self._has(word):
            parts.append(self._item())
        return word, tuple(parts)

    def _item(self) -> Condition:
        if self._has("("):
            inner = self.condition()
            self._expect(")")
            return inner
        if self._has("NOT"):
            return "NOT", (self._item(),)
        path = self._take("name")
        for operator in ("IN", "NOT IN"):
            if self._has(*operator.split()):
                self._expect("(")
                literals = self._listed(self._literal)
                self._expect(")")
                return Comparison(path, operator.lower(), literals)
        sign = "like" if self._has("LIKE") else self._take("sign")
        return Comparison(path, "!=" if sign == "<>" else sign, (self._literal(),))

    def _ordering(self) -> tuple[str, str, str]:
        path = self._take("name")
        direction = next((word for word in ("ASC", "DESC") if self._has(word)), "ASC")
        return path, direction, next((word for word in ("FIRST", "LAST") if self._has("NULLS", word)), "FIRST")

    def _literal(self) -> Literal:
        kind, text, _ = self._tokens[self._at]
        self._at += 1
        match kind:
            case "text":
                return Literal(kind, re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL))
            case "datetime":
                parsed = datetime.fromisoformat(text)
                # A fraction of a second sorts behind the whole second, as text does.
                fraction = f".{parsed.astimezone(UTC).microsecond // 1000:03d}+"
                return Literal(kind, stamp(parsed).replace(".000+", fraction))
            case "date":
                return Literal(kind, text)
            case "number":
                return Literal(kind, float(text) if "." in text else int(text))
            case "name" if text.upper() in _WORDS:
                return Literal("null" if text.upper() == "NULL" else "boolean", _WORDS[text.upper()])
        raise self._unexpected(back=1)

    def _listed(self, part: Callable[[], T]) -> tuple[T, ...]:
        found = [part()]
        while self._has(","):
            found.append(part())
        return tuple(found)

    def _take(self, kind: str) -> str:
        """The next token, which must be of this kind."""
        found, text, _ = self._tokens[self._at]
        if found != kind:
            raise self._unexpected()
        self._at += 1
        return text

    def _has(self, *words: str) -> bool:
        """Whether these words come next; then they are read."""
        after = self._at + len(words)
        is_next = [text.upper() for _, text, _ in self._tokens[self._at : after]] == list(words)
        self._at = after if is_next else self._at
        return is_next

    def _expect(self, *words: str) -> None:
        if not self._has(*words):
            raise self._unexpected()

    def _unexpected(self, *, back: int = 0) -> RefusalError:
        _, text, start = self._tokens[self._at - back]
        line = self._soql.count("\n", 0, start) + 1
        column = start - self._soql.rfind("\n", 0, start)
        where = f"\n{self._soql}\n{' ' * (column - 1)}^\nERROR at Row:{line}:Column:{column}\n"
        return RefusalError("MALFORMED_QUERY", f"{where}unexpected token: {text or '<EOF>'!r}")
