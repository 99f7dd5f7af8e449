"""Random rulebooks over random prospects give the same verdicts on Polars and DuckDB, null by null."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import narwhals as nw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.set_field import SetField, our_mark
from engine.automation.evaluate import evaluate, verdicts
from engine.conditions.conditions import ActivityCount, Condition, Group, Join, Leaf, Operand
from engine.conditions.fields import Field, Kind
from engine.conditions.operators import OPERATORS, OperandShape, Operator, operators_for
from engine.moments import Moment
from engine.rulebook.rulebook import (
    Action,
    AutomationRule,
    Band,
    Criterion,
    Decay,
    Fading,
    Level,
    Otherwise,
    Persona,
    Points,
    Profile,
    Rulebook,
    RuleMode,
    Segment,
)
from engine.verdicts.registry import DERIVED_FIELDS, OUTPUTS

Build = Callable[..., nw.DataFrame[Any]]
Move = Callable[[nw.DataFrame[Any]], nw.LazyFrame[Any]]

# Few words, so that they meet; with what engines are known to differ on: case, width, signs, combining marks.
WORDS = ("部長", "営業部長", "vp sales", "it's", "50%", "_", "", "ＣＥＯ", "i̇", "が", "か\u3099")
RATINGS = ("Hot", "Warm", "Cold")
KINDS = ("form", "page view", "email open", "fax")
TAGS = ("vip", "expo", "x")
DAYS = [date(2026, 11, day) for day in (1, 7, 20, 21, 22)]
TIMES = [datetime(2026, 11, day, hour, 0, tzinfo=UTC) for day in (6, 7, 20, 21) for hour in (9, 14, 15)]
BASE = (
    Field("title", Kind.TEXT, ("rank",)),
    Field("department", Kind.TEXT, ("function",)),
    Field("employees", Kind.INTEGER),
    Field("revenue", Kind.DECIMAL),
    Field("opted_out", Kind.BOOLEAN),
    Field("contract_ends", Kind.DATE),
    Field("created_at", Kind.DATETIME),
    Field("owner_kind", Kind.PICKLIST),
)
DECIDED = tuple(field for field in DERIVED_FIELDS if field.name in OUTPUTS)
# Every rulebook has both, so that whoever asks for one asks for something that is there.
SEGMENTS = ("segment 0", "segment 1")
RATING = Field("rating", Kind.PICKLIST)
TAG_FIELD = Field("tags", Kind.TAGS)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


WORD, NUMBER, RANK = st.sampled_from(WORDS), st.integers(-3, 9), st.integers(0, 9)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: WORD,
    Kind.PICKLIST: st.sampled_from(
        [rating.lower() for rating in RATINGS] + ["persona 0", "role 1", "profile 0", "user", "1", "D1", "F0"]
    ),
    Kind.INTEGER: NUMBER,
    Kind.DECIMAL: st.sampled_from([-0.5, 0.0, 0.1, 2.5]),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATE: st.sampled_from([day.isoformat() for day in DAYS]),
    Kind.DATETIME: st.sampled_from([day.isoformat() for day in DAYS]),
    Kind.GRADE: st.integers(0, 12),
    Kind.TAGS: st.sampled_from(TAGS),
}
PROSPECTS = st.lists(
    st.fixed_dictionaries(
        {
            "title": maybe(WORD),
            "title__rank": maybe(RANK),
            "department__function": maybe(WORD),
            "department__key": maybe(WORD),
            "employees": maybe(NUMBER),
            "revenue": maybe(VALUES[Kind.DECIMAL]),
            "opted_out": maybe(st.booleans()),
            "rating": maybe(st.sampled_from(RATINGS)),
            "contract_ends": maybe(st.sampled_from(DAYS)),
            "created_at": maybe(st.sampled_from(TIMES)),
            "tags": st.sampled_from(["", ";vip;", ";expo;vip;", ";vip 2026;"]),
            "ours": st.sampled_from(["", our_mark("rating", "Hot"), our_mark("contract_ends", "2026-12-01")]),
            "firings": st.sampled_from(["", ";1;", ";0;3;", ";11;"]),
            "owner_kind": st.sampled_from(["user", "queue"]),
        }
    ),
    min_size=1,
    max_size=12,
)
ACTIVITIES = st.lists(
    st.fixed_dictionaries(
        {
            "prospect_id": st.integers(0, 12).map(lambda number: f"{number:018d}"),
            "kind": maybe(st.sampled_from(KINDS)),
            "at": maybe(st.sampled_from(TIMES)),
            "asset": maybe(st.sampled_from(["contact", "price"])),
            "campaign type": maybe(st.sampled_from(["hot", "user"])),
            "amount": maybe(st.sampled_from([-0.5, 0.1, 2.5])),
        }
    ),
    max_size=20,
)
# What activities are asked for besides their kind: values as VALUES has them.
DETAILS = (Field("campaign type", Kind.PICKLIST), Field("amount", Kind.DECIMAL))
ASKED: dict[str, st.SearchStrategy[Operand]] = {
    "is": st.just("hot"),
    "is not": st.just("user"),
    "is empty": st.booleans(),
    "at least": st.just(0.1),
}
ASKS: st.SearchStrategy[Condition] = st.one_of(
    *(
        st.builds(Leaf, st.just(field), st.just(name), operand, empty_counts_as=st.sampled_from([None, True]))
        for field in DETAILS
        for name, operand in ASKED.items()
        if name in operators_for(field)
    )
)
WHERE = maybe(st.one_of(ASKS, st.builds(Group, st.sampled_from(list(Join)), st.lists(ASKS, max_size=2).map(tuple))))
COUNTS = st.builds(
    ActivityCount,
    where=WHERE,
    kinds=st.sampled_from([(), ("form",), ("form", "fax")]),
    asset=st.sampled_from([None, "contact"]),
    within_days=st.sampled_from([None, 0, 14]),
    at_least=st.integers(0, 2),
    at_most=st.sampled_from([None, 1]),
)


def operands(field: Field, operator: Operator) -> st.SearchStrategy[Operand]:
    one = (
        st.sampled_from(SEGMENTS)
        if field.is_several
        else RANK
        if operator.facet == "rank"
        else WORD
        if operator.facet
        else VALUES[field.kind]
    )
    match operator.operand:
        case OperandShape.VALUE | OperandShape.FACET:
            return one
        case OperandShape.VALUES | OperandShape.FACETS:
            return st.lists(one, min_size=1, max_size=3).map(tuple)
        case OperandShape.SPAN:
            return st.tuples(one, one)
        case OperandShape.DAYS:
            return st.sampled_from([0, 1, 14])
        case OperandShape.YES:
            return st.booleans()


def conditions(fields: tuple[Field, ...], *more: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    settled = st.sampled_from([None, None, None, True, False])
    compared = [
        st.builds(Leaf, st.just(field), st.just(name), operands(field, OPERATORS[name]), empty_counts_as=settled)
        for field in fields
        for name in operators_for(field)
    ]
    leaf: st.SearchStrategy[Condition] = st.one_of(*compared, COUNTS, *more)
    return st.recursive(
        leaf,
        lambda parts: st.builds(
            Group, st.sampled_from(list(Join)), st.lists(parts, max_size=3).map(tuple), empty_counts_as=settled
        ),
        max_leaves=5,
    )


def tagged(tags: tuple[str, ...]) -> tuple[st.SearchStrategy[Condition], ...]:
    names = st.sampled_from(["include", "does not include"])
    return (st.builds(Leaf, st.just(TAG_FIELD), names, st.sampled_from(tags)),)


OTHERWISE = st.sampled_from([Otherwise.KEEP, Otherwise.CLEAR])
SETS: st.SearchStrategy[Action] = st.one_of(
    st.builds(
        lambda value, otherwise: SetField("rating", value, otherwise, value.lower()),
        st.sampled_from(RATINGS),
        OTHERWISE,
    ),
    st.builds(SetField, st.just("contract_ends"), st.just("2026-12-01"), OTHERWISE),
)
TAKES: st.SearchStrategy[Action] = st.builds(
    AddTag, st.just("vip"), st.sampled_from([Otherwise.KEEP, Otherwise.REMOVE])
)
MODES = st.sampled_from([RuleMode.CONVERGE, RuleMode.CONVERGE, RuleMode.ONCE])
PLAIN = tuple(field for field in BASE if field.name != "contract_ends")
# What rules set is read only by those that set nothing, so that every rulebook can be ordered.
SETTERS = st.tuples(conditions((*PLAIN, *DECIDED), *tagged(("expo",))), st.one_of(SETS, TAKES), MODES)
READERS = st.tuples(conditions((RATING, *BASE), *tagged(("vip",))), st.just(Assign(pool="p")), MODES)


# Personas, criteria and scope ask the record itself.
FIRST = conditions(PLAIN, *tagged(("expo",)))
LEVELS = st.lists(st.builds(Level, st.just("level"), st.integers(0, 3), FIRST), min_size=1, max_size=3).map(tuple)
CRITERIA = st.lists(st.builds(Criterion, st.just("c"), st.just("c"), st.integers(1, 3), LEVELS), max_size=3).map(tuple)
DECAYS = st.one_of(st.none(), st.builds(Decay, st.sampled_from(Fading), st.sampled_from([1, 14, 40])))
POINTS = st.lists(
    st.builds(Points, st.sampled_from(KINDS), st.sampled_from([-1500, 500, 3000]), st.booleans(), DECAYS, WHERE),
    max_size=5,
).map(tuple)
BANDS = st.lists(st.integers(-3, 5), unique=True, max_size=3).map(
    lambda found: tuple(Band(str(index), least) for index, least in enumerate(sorted(found)))
)
RULES = st.lists(st.one_of(SETTERS, READERS), max_size=6)


@st.composite
def rulebooks(draw: st.DrawFn) -> Rulebook:
    profiles = tuple(Profile(f"profile {n}", f"profile {n}", draw(CRITERIA)) for n in range(draw(st.integers(0, 2))))
    chosen = st.sampled_from([None, *(profile.id for profile in profiles)])
    return Rulebook(
        "random",
        "0",
        personas=tuple(
            Persona(f"persona {n}", f"persona {n}", f"role {n}", when, profile=draw(chosen))
            for n, when in enumerate(draw(st.lists(FIRST, max_size=3)))
        ),
        profiles=profiles,
        default_profile=draw(chosen),
        points=draw(POINTS),
        bands=draw(BANDS),
        segments=tuple(Segment(name, name, draw(FIRST), rank) for rank, name in enumerate(SEGMENTS, 1)),
        rules=tuple(
            AutomationRule(str(n), str(n), when, (then,), mode) for n, (when, then, mode) in enumerate(draw(RULES))
        ),
        scope=draw(FIRST),
    )


def rows(frame: nw.DataFrame[Any]) -> list[dict[str, Any]]:
    return sorted(frame.rows(named=True), key=lambda row: str(row["id"]))


def agree(
    rulebook: Rulebook, prospects: nw.DataFrame[Any], activities: nw.DataFrame[Any], on_duckdb: Move, moment: Moment
) -> None:
    polars = evaluate(prospects, activities, rulebook, moment=moment)
    duckdb = verdicts(on_duckdb(prospects), on_duckdb(activities), rulebook, moment=moment).collect("polars")
    assert rows(duckdb) == rows(polars)
    assert duckdb.schema == polars.schema


@pytest.mark.long
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rulebook=rulebooks(), people=PROSPECTS, happened=ACTIVITIES)
def test_five_hundred_random_rulebooks_mean_the_same_on_duckdb(
    rulebook: Rulebook,
    people: list[dict[str, Any]],
    happened: list[dict[str, Any]],
    moment: Moment,
    prospects: Build,
    activities: Build,
    on_duckdb: Move,
) -> None:
    agree(rulebook, prospects(*people), activities(*happened), on_duckdb, moment)
