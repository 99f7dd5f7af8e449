"""Drafts: what the rules want for each prospect and the org does not show yet, before owners are found.

The same drafts are made of a whole range when a plan is made and of single fresh records when a change is judged again,
so there is one meaning of the rules.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals as nw
from narwhals.typing import IntoDataFrame

from engine.actions import AddTag, Otherwise, SetField
from engine.changes import Base, Effects, Scalar, Values
from engine.directory import INACTIVE, QUEUE, Directory
from engine.evaluate import evaluate, reads_of
from engine.fields import TARGETS
from engine.memory import Memory
from engine.messages import Message
from engine.moments import Moment
from engine.needs import Need, need_of
from engine.reasons import effect_reasons, field_reasons, grade_reason
from engine.rulebooks import AutomationRule, Mode, Rulebook
from engine.snapshots import Range

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """The difference for one prospect. `inputs` holds, per output, the values its decision read."""

    object: str
    record_id: str
    owner: str
    created_at: datetime
    base: Base
    before: Values
    after: Values
    inputs: Mapping[str, Values]
    effects: Effects
    need: Need | None
    grade_reason: str
    rules: tuple[str, ...]
    because: tuple[Message, ...]
    respected: tuple[str, ...]  # fields left as people set them
    undecided: bool
    contested: tuple[str, ...] = ()  # fields (and `owner`) proposed against what somebody else put there

    @property
    def is_empty(self) -> bool:
        return not (self.after or self.need or not self.effects.is_empty)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one range came to: numbers of prospects."""

    evaluated: int
    in_scope: int
    record_ids: frozenset[str]  # in scope
    loads: Mapping[str, int]  # records in scope by owner


def drafts_of(
    part: Range, rulebook: Rulebook, memory: Memory, directory: Directory, *, moment: Moment, everything: bool = False
) -> tuple[Tally, Iterator[Draft]]:
    """Drafts of the prospects for which anything differs or anything is open (or of `everything`), ordered by id."""
    prospects = prepare(part.prospects, memory, directory)
    verdicts = evaluate(prospects, part.activities, rulebook, moment=moment)
    rows = prospects.drop(*part.absent).join(verdicts, on="id", how="inner")
    alive = rows.filter(nw.col("in_scope") & ~nw.col("is_converted"))
    tally = Tally(len(rows), len(alive), frozenset(alive["id"].to_list()), Counter(alive["owner_id"].to_list()))
    interesting = (alive if everything else alive.filter(_differs(alive, rulebook, memory))).sort("id")
    drafter = _Drafter(rulebook, memory, directory)
    return tally, (drafter.draft(row) for row in interesting.iter_rows(named=True))


def prepare(
    prospects: nw.DataFrame[IntoDataFrame], memory: Memory, directory: Directory
) -> nw.DataFrame[IntoDataFrame]:
    """Add what memory and the directory know: `tags`, `marks` (tag and rule), `firings` and `owner_kind` columns."""
    ids = prospects["id"].to_list()
    owner_kinds = [directory.owner_kind(owner) for owner in prospects["owner_id"].to_list()]
    tags = [_marks(tag for tag, _ in memory.tags.get(record_id, ())) for record_id in ids]
    marks = [_marks(_mark(*mark) for mark in memory.tags.get(record_id, ())) for record_id in ids]
    firings = [_marks(memory.firings.get(record_id, ())) for record_id in ids]
    columns = {
        "tags": tags,
        "marks": marks,
        "firings": firings,
        "owner_kind": owner_kinds,
        "owner_kind__key": owner_kinds,
    }
    return prospects.with_columns(
        *(nw.new_series(name, values, nw.String, backend=prospects.implementation) for name, values in columns.items())
    )


def _mark(tag: str, rule_id: str) -> str:
    return f"{tag}\x1f{rule_id}"


def _marks(names: Iterable[str]) -> str:
    found = sorted(set(names))
    return f";{';'.join(found)};" if found else ""


def _written_fields(rulebook: Rulebook) -> dict[str, str]:
    """Every field a rulebook may write -> the column that shows what the org holds now."""
    fields = {target: f"org__{target}" for target in TARGETS}
    for rule in rulebook.rules:
        for action in rule.then:
            if isinstance(action, SetField):
                fields[action.field] = action.field
    return fields


def _differs(rows: nw.DataFrame[IntoDataFrame], rulebook: Rulebook, memory: Memory) -> nw.Expr:
    """Rows worth looking at one by one. Wider than needed is fine, narrower is not."""
    tests = [nw.col("owner_kind").is_in([INACTIVE, QUEUE]), ~nw.col("by__owner").is_null()]
    for field, column in _written_fields(rulebook).items():
        if column in rows.columns:
            wanted, held = nw.col(f"to__{field}"), nw.col(column)
            same = (wanted == held).fill_null(value=False) | (wanted.is_null() & held.is_null())
            tests.append(~nw.col(f"by__{field}").is_null() & ~same)
    for index, rule in enumerate(rulebook.rules):
        tests += _rule_tests(rows, rule, nw.col(f"rule__{index}"))
    if memory.open_changes:
        tests.append(nw.col("id").is_in(sorted(memory.open_changes)))
    return nw.any_horizontal(*tests, ignore_nulls=True)


def _rule_tests(rows: nw.DataFrame[IntoDataFrame], rule: AutomationRule, mask: nw.Expr) -> list[nw.Expr]:
    """Whether a rule has a tag to give or take, a firing to record, or an effect whose condition became unknown."""
    tests = [mask.fill_null(value=False)] if rule.mode is Mode.ONCE else []
    for action in rule.then:
        if isinstance(action, AddTag):
            has = nw.col("marks").str.contains(f";{_mark(action.tag, rule.id)};", literal=True)
            tests += [(mask != has).fill_null(value=False), mask.is_null() & has]
        elif isinstance(action, SetField) and action.field in rows.columns and action.value is not None:
            in_place = (nw.col(action.field) == action.value).fill_null(value=False)
            tests.append(mask.is_null() & in_place)
    return tests


class _Drafter:
    """Makes one draft from one row of prospects and verdicts."""

    def __init__(self, rulebook: Rulebook, memory: Memory, directory: Directory) -> None:
        self.rulebook = rulebook
        self.memory = memory
        self.directory = directory
        self.written = _written_fields(rulebook)
        self.reads = reads_of(rulebook)

    def draft(self, row: Row) -> Draft:
        record_id = row["id"]
        after, before, respected = self._fields(row)
        effects = self._effects(row)
        need = need_of(row, self.rulebook, self.memory, self.directory)
        outputs = [*after, *(["owner"] if need else []), *(f"rule/{rule}" for rule in _rules_behind(effects))]
        return Draft(
            object=row["object"],
            record_id=record_id,
            owner=row["owner_id"],
            created_at=row["created_at"],
            base=Base(modified_at=row["modified_at"], stamp=row["stamp"], read_at=row["read_at"]),
            before=before,
            after=after,
            inputs={output: self._inputs(row, self.reads.get(output, ())) for output in outputs},
            effects=effects,
            need=need,
            grade_reason=grade_reason(row, self.rulebook),
            rules=self._rules(row, after, effects, need),
            because=(*field_reasons(row, after, self.rulebook), *effect_reasons(effects, self.rulebook)),
            respected=respected,
            undecided=self._is_undecided(row),
        )

    def _fields(self, row: Row) -> tuple[dict[str, Scalar], dict[str, Scalar], tuple[str, ...]]:
        after: dict[str, Scalar] = {}
        before: dict[str, Scalar] = {}
        respected: list[str] = []
        applied = self.memory.applied.get(row["id"], {})
        for field, column in self.written.items():
            by = row[f"by__{field}"]
            held, wanted = scalar(row.get(column)), scalar(row[f"to__{field}"])
            if by is None or column not in row or held == wanted:
                continue
            is_ours = field not in applied or applied[field] == held
            if not is_ours:
                respected.append(field)
                continue
            if wanted is None and by >= 0 and not (applied.get(field) == held == self._value(by, field)):
                continue  # `otherwise: clear` clears only what the rule itself put there
            before[field], after[field] = held, wanted
        return after, before, tuple(respected)

    def _value(self, rule: int, field: str) -> Scalar:
        actions = self.rulebook.rules[rule].then
        return next(action.value for action in actions if isinstance(action, SetField) and action.field == field)

    def _effects(self, row: Row) -> Effects:
        held = self.memory.tags.get(row["id"], frozenset())
        added: list[tuple[str, str]] = []
        removed: list[tuple[str, str]] = []
        firings: list[str] = []
        for index, rule in enumerate(self.rulebook.rules):
            mask = row[f"rule__{index}"]
            for action in rule.then:
                if not isinstance(action, AddTag):
                    continue
                mark = (action.tag, rule.id)
                if mask is True and mark not in held:
                    added.append(mark)
                is_converging = rule.mode is Mode.CONVERGE and action.otherwise is Otherwise.REMOVE
                if mask is False and is_converging and mark in held:
                    removed.append(mark)
            if rule.mode is Mode.ONCE and mask is True:
                firings.append(rule.id)
        return Effects(tuple(added), tuple(removed), tuple(firings))

    def _inputs(self, row: Row, names: Iterable[str]) -> Values:
        """The values read, text by its key: a change of spelling that no rule can see moves nothing."""
        values: dict[str, Scalar] = {}
        for name in sorted(names):
            column = f"{name}__key" if f"{name}__key" in row else name
            if column in row:
                value = scalar(row[column])
                values[name] = repr(value) if isinstance(value, float) else value
        return values

    def _rules(self, row: Row, after: Values, effects: Effects, need: Need | None) -> tuple[str, ...]:
        ids: list[str] = []
        if row["persona_index"] is not None and {"persona", "buyer_role", "profile"} & set(after):
            ids.append(f"persona/{self.rulebook.personas[row['persona_index']].id}")
        if row["profile_index"] is not None and {"profile", "grade", "grade_rank"} & set(after):
            ids.append(f"profile/{self.rulebook.profiles[row['profile_index']].id}")
        if "score" in after:
            ids.append("scoring")
        fired = {row[f"by__{field}"] for field in after}
        named = set(_rules_behind(effects))
        named |= {need.rule} if need and need.rule else set()
        for index, rule in enumerate(self.rulebook.rules):
            if index in fired or rule.id in named:
                ids.append(f"rule/{rule.id}")
        if need and need.pool:
            ids.append(f"pool/{need.pool}")
        return tuple(ids)

    def _is_undecided(self, row: Row) -> bool:
        """A rule's effect is in place and its condition has become unknown: it stays, and people are told."""
        applied = self.memory.applied.get(row["id"], {})
        held = self.memory.tags.get(row["id"], frozenset())
        for index, rule in enumerate(self.rulebook.rules):
            if row[f"rule__{index}"] is None and rule.mode is Mode.CONVERGE:
                for action in rule.then:
                    if isinstance(action, AddTag) and (action.tag, rule.id) in held:
                        return True
                    if isinstance(action, SetField) and applied.get(action.field) == action.value is not None:
                        return True
        return False


def _rules_behind(effects: Effects) -> list[str]:
    return sorted({*effects.firings, *(rule for _, rule in (*effects.tags_added, *effects.tags_removed))})


def scalar(value: object) -> Scalar:
    """A frame's value as a JSON scalar: dates as ISO text, times as ISO text in UTC."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(type(value).__name__)
