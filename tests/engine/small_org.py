"""A small org as the engine gets it: people, queues, and records from the few values a test is about.

What tests of the plan's parts build with stands here, so that another signature is mended in one place.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

from engine.assignment.directory import Directory
from engine.changes.change import Base, Change, Effects, RuleRef, Turn
from engine.changes.memory import EMPTY, Memory
from engine.conditions.conditions import Leaf
from engine.conditions.fields import Field, Kind
from engine.moments import Moment
from engine.plan.drafts import Draft, drafts_of
from engine.plan.planner import plan
from engine.rulebook.rulebook import Rulebook
from engine.snapshots import Queue, Range, Snapshot, User
from engine.values import Scalar
from engine.verdicts.registry import TARGETS

Row: TypeAlias = Mapping[str, Any]

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MOMENT = Moment(AT, "Asia/Tokyo")
LATER = AT + timedelta(minutes=5)
"""When a record was read again."""
BASE = Base(AT, AT, AT)
LATER_BASE = Base(LATER, LATER, LATER)

ANN = User("ANN", "ann@x", "Ann", is_active=True)
BOB = User("BOB", "bob@x", "Bob", is_active=True)
CYD = User("CYD", "cyd@x", "Cyd", is_active=True)
LEFT = User("LEFT", "left@x", "Left", is_active=False)
ROBOT = User("ROBOT", "robot@x", "Robot", is_active=True, user_type="AutomatedProcess")
PEOPLE = (ANN, BOB, CYD, LEFT, ROBOT)
INBOUND = Queue("INBOUND", "Inbound", "Inbound", objects=("Lead",))
SECOND = Queue("SECOND", "Second", "Second", objects=("Lead", "Case"))
CASES = Queue("CASES", "Cases", "Cases", objects=("Case",))
QUEUES = (INBOUND, SECOND, CASES)

EMPLOYEES = Field("employees", Kind.INTEGER)
BIG = Leaf(EMPLOYEES, "at least", 300)
KNOWN = Leaf(Field("title", Kind.TEXT), "is not empty", operand=True)

_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(("id", "object", "owner_id"), pl.String),
    **dict.fromkeys(("created_at", "modified_at", "stamp", "read_at"), pl.Datetime("us", "UTC")),
    "is_converted": pl.Boolean,
    "employees": pl.Int64,
    "revenue": pl.Float64,
    "opted_out": pl.Boolean,
    **dict.fromkeys(("title", "title__key", "rating", "rating__key", "phone"), pl.String),
    "contract_ends": pl.Date,
    **{f"org__{target}": pl.Int64 if target in {"grade_rank", "score"} else pl.String for target in TARGETS},
    "org__run": pl.String,
}
_ACTIVITY: dict[str, Any] = {
    **dict.fromkeys(("prospect_id", "kind", "asset", "campaign", "source"), pl.String),
    "at": pl.Datetime("us", "UTC"),
}


def refs(*texts: str) -> tuple[RuleRef, ...]:
    """What stands behind a change, from how it is written: `rule/warm`, `scoring`."""
    return tuple(RuleRef.read(text) for text in texts)


def directory_of(rulebook: Rulebook, people: tuple[User, ...] = PEOPLE) -> Directory:
    return Directory.of(people, QUEUES, rulebook)


def row_of(number: int = 0, **said: Any) -> dict[str, Any]:
    """A lead of Ann's, read when it was made; text is its own key, in small letters."""
    row: dict[str, Any] = {"id": f"L{number}", "object": "Lead", "owner_id": "ANN", "is_converted": False}
    row |= dict.fromkeys(("created_at", "modified_at", "stamp", "read_at"), AT)
    keys = {f"{name}__key": said[name].lower() for name in ("title", "rating") if said.get(name)}
    return dict.fromkeys(_COLUMNS) | row | keys | said


def prospects(*rows: Row) -> nw.DataFrame[Any]:
    filled = [row_of(number, **row) for number, row in enumerate(rows)]
    return nw.from_native(pl.DataFrame(filled, schema=_COLUMNS), eager_only=True)


def part_of(*rows: Row, happened: tuple[Row, ...] = (), absent: tuple[str, ...] = ()) -> Range:
    """One range of leads; `happened` are activities, of the first lead unless they say otherwise."""
    given = [{**dict.fromkeys(_ACTIVITY), "prospect_id": "L0", "source": "test", **row} for row in happened]
    activities: nw.DataFrame[Any] = nw.from_native(pl.DataFrame(given, schema=_ACTIVITY), eager_only=True)
    return Range(prospects(*rows), activities, absent=frozenset(absent))


def snapshot_of(*parts: Range, people: tuple[User, ...] = PEOPLE) -> Snapshot:
    return Snapshot("ORG", "pull-1", parts, people, QUEUES)


def drafted(part: Range, rulebook: Rulebook, memory: Memory = EMPTY, *, everything: bool = False) -> list[Draft]:
    """The drafts of a range."""
    _, drafts = drafts_of(part, rulebook, memory, directory_of(rulebook), moment=MOMENT, everything=everything)
    return list(drafts)


def draft_of(rulebook: Rulebook, memory: Memory = EMPTY, happened: tuple[Row, ...] = (), **said: Any) -> Draft:
    """The draft of one lead, whether or not anything differs."""
    (draft,) = drafted(part_of(said, happened=happened), rulebook, memory, everything=True)
    return draft


def planned(part: Range, rulebook: Rulebook, memory: Memory, people: tuple[User, ...] = PEOPLE) -> tuple[Change, ...]:
    """The changes of a plan of one range."""
    return plan(snapshot_of(part, people=people), rulebook, memory, moment=MOMENT).changes


def change_of(
    number: int = 0, *, before: Mapping[str, Scalar] | None = None, turn: Turn | None = None, **after: Scalar
) -> Change:
    """A change of a lead of Ann's that held nothing before; with an `owner` it moves the lead."""
    held: dict[str, Scalar] = dict.fromkeys(after)
    if "owner" in after:
        held["owner"] = "ANN"
    return Change(
        f"C{number}", "Lead", f"L{number}", "ANN", held | dict(before or {}), after, BASE, effects=Effects(turn=turn)
    )
