"""Drafts: what the rules want for each prospect and the org does not show yet, before owners are found.

The same drafts are made of a whole range when a plan is made and of single records read again when a change is
rechecked, so there is one meaning of the rules.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import narwhals as nw
from narwhals.typing import IntoDataFrame

from engine.actions.action_kind import Remembered, rule_mask
from engine.actions.add_tag import tag_mark
from engine.actions.registry import KINDS
from engine.actions.set_field import our_mark, setters_of
from engine.assignment.directory import ACTIVE, INACTIVE, QUEUE, Directory
from engine.assignment.needs import Need, need_of
from engine.automation.evaluate import evaluate, reads_of
from engine.changes.change import POOL, RULE, Base, Effects, RuleRef
from engine.changes.memory import Memory, Overridden
from engine.messages import Message
from engine.moments import Moment
from engine.plan.overrides import Whose, overrides_of, whose
from engine.plan.reasons import contest_reasons, effect_reasons, field_reasons
from engine.rulebook.policy import FieldStance
from engine.rulebook.rulebook import Rulebook, RuleMode
from engine.snapshots import Range
from engine.values import Scalar, Values
from engine.verdicts.registry import TARGETS, VERDICTS, conditions_of
from engine.verdicts.score_steps import ScoreSteps

Row = Mapping[str, Any]
_DECIDED = frozenset({*TARGETS, "owner"})


@dataclass(frozen=True, slots=True)
class Draft:
    """The difference for one prospect. `inputs` holds, per output, the values its decision read; `riders` go along with
    any change of the org.
    """

    object: str
    record_id: str
    owner: str
    created_at: datetime
    base: Base
    before: Values
    after: Values
    inputs: Mapping[str | RuleRef, Values]
    effects: Effects
    need: Need | None
    riders: Values
    rules: tuple[RuleRef, ...]
    because: tuple[Message, ...]
    respected: tuple[str, ...]  # fields left as people set them
    undecided: bool
    owner_rules: tuple[RuleRef, ...] = ()  # those of `rules` that are behind the owner alone
    contested: tuple[str, ...] = ()  # fields (and `owner`) proposed against what somebody else put there
    overrides: Mapping[str, Overridden] = field(
        default_factory=dict
    )  # all that is somebody else's in place of ours now

    @property
    def is_empty(self) -> bool:
        return not (self.after or self.need or not self.effects.is_empty)


@dataclass(frozen=True, slots=True)
class RangeCounts:
    """What one range came to: numbers of prospects."""

    evaluated: int
    in_scope: int
    record_ids: frozenset[str]  # in scope
    loads: Mapping[str, int]  # records in scope by owner
    settling: frozenset[str] = frozenset()  # in scope, but written by us since they were read: left for the next run


def drafts_of(
    part: Range, rulebook: Rulebook, memory: Memory, directory: Directory, *, moment: Moment, everything: bool = False
) -> tuple[RangeCounts, Iterator[Draft]]:
    """Drafts of the prospects for which anything differs or anything is open (or of `everything`), ordered by id."""
    prospects = prepare(part.prospects, memory, directory)
    verdicts = evaluate(prospects, part.activities, rulebook, moment=moment)
    rows = prospects.drop(*part.absent).join(verdicts, on="id", how="inner")
    alive = rows.filter(nw.col("in_scope") & ~nw.col("is_converted"))
    late = frozenset[str]() if everything else settling(part.prospects, memory)
    record_ids = frozenset(alive["id"].to_list())
    loads = Counter(alive["owner_id"].to_list())
    counts = RangeCounts(len(rows), len(alive), record_ids, loads, late & record_ids)
    interesting = (alive if everything else alive.filter(differs(alive, rulebook, memory))).sort("id")
    drafter = _Drafter(rulebook, memory, directory, moment)
    return counts, (drafter.draft(row) for row in interesting.iter_rows(named=True) if row["id"] not in late)


def prepare(
    prospects: nw.DataFrame[IntoDataFrame], memory: Memory, directory: Directory
) -> nw.DataFrame[IntoDataFrame]:
    """Add what memory and the directory know: `tags`, `marks` (tag and rule), `firings`, `ours` and columns of the owner."""
    ids = prospects["id"].to_list()
    tags = [marks_of(tag for tag, _ in memory.tags.get(record_id, ())) for record_id in ids]
    marks = [marks_of(tag_mark(*each) for each in memory.tags.get(record_id, ())) for record_id in ids]
    firings = [marks_of(memory.firings.get(record_id, ())) for record_id in ids]
    columns = {
        "tags": tags,
        "marks": marks,
        "firings": firings,
        "ours": [_ours(memory.applied.get(record_id, {})) for record_id in ids],
        "object__key": prospects["object"].to_list(),
        **directory.owner_columns(prospects["owner_id"].to_list()),
    }
    return prospects.with_columns(
        *(nw.new_series(name, values, nw.String, backend=prospects.implementation) for name, values in columns.items())
    )


def _ours(applied: Values) -> str:
    """What leadsync wrote last into fields that rules set; verdicts and owners have rules of their own."""
    mine = [(name, value) for name, value in applied.items() if name not in _DECIDED and value is not None]
    return "".join(our_mark(name, value) for name, value in mine)


def differs(rows: nw.DataFrame[IntoDataFrame], rulebook: Rulebook, memory: Memory) -> nw.Expr:
    """Whether a prospect may need a change, has one that is open, or holds somebody else's value in place of ours.

    Only those are looked at one by one; wider than needed is fine.
    """
    tests = [nw.col("owner_kind").is_in([INACTIVE, QUEUE]), ~nw.col("by__owner").is_null()]
    score_steps = ScoreSteps.of(rulebook, ())
    for name, column in written_fields(rulebook).items():
        if column in rows.columns:
            wanted, held = nw.col(f"to__{name}"), nw.col(column)
            same = (wanted == held).fill_null(value=False) | (wanted.is_null() & held.is_null())
            is_other = score_steps.differs(wanted, held) if name == "score" else ~same
            tests.append(~nw.col(f"by__{name}").is_null() & is_other)
    once = [index for index, rule in enumerate(rulebook.rules) if rule.mode is RuleMode.ONCE]
    tests += [nw.col(rule_mask(index)).fill_null(value=False) for index in once]
    for kind in KINDS:
        tests += [test for given in kind.given(rulebook) for test in kind.differs(given, rows.columns)]
    if known := memory.open_changes.keys() | memory.overrides.keys():
        tests.append(nw.col("id").is_in(sorted(known)))
    return nw.any_horizontal(*tests, ignore_nulls=True)


def settling(prospects: nw.DataFrame[Any], memory: Memory) -> frozenset[str]:
    """Records whose last write by us is later than the version at hand: what that shows says nothing of them yet.

    Told by the time of reading and by the run the record carries; the next run's pull has them. What was written before
    `memory.settled_at` is in the mirror by now, whatever a pull missed at first.
    """
    since = memory.settled_at
    recent = {record_id: each for record_id, each in memory.written.items() if since is None or each.at > since}
    if not recent or "org__run" not in prospects.columns:
        return frozenset()
    rows = prospects.filter(nw.col("id").is_in(sorted(recent))).select("id", "read_at", "org__run")
    return frozenset(
        record_id
        for record_id, read_at, run in rows.iter_rows()
        if recent[record_id].run and recent[record_id].at >= read_at and recent[record_id].run != run
    )


def written_fields(rulebook: Rulebook) -> dict[str, str]:
    """Every field a rulebook may write -> the column that shows what the org holds now."""
    return {target: f"org__{target}" for target in TARGETS} | {name: name for name in setters_of(rulebook)}


def marks_of(names: Iterable[str]) -> str:
    """Names as a column holds several: `;a;b;`."""
    found = sorted(set(names))
    return f";{';'.join(found)};" if found else ""


class _Drafter:
    """Makes one draft from one row of prospects and verdicts."""

    def __init__(self, rulebook: Rulebook, memory: Memory, directory: Directory, moment: Moment) -> None:
        self.rulebook = rulebook
        self.memory = memory
        self.directory = directory
        self.moment = moment
        self.written = written_fields(rulebook)
        self.given = [(kind, kind.given(rulebook)) for kind in KINDS]
        self.setters = setters_of(rulebook)
        self.once = [(number, rule) for number, rule in enumerate(rulebook.rules) if rule.mode is RuleMode.ONCE]
        self.reads = reads_of(rulebook)
        self.score_steps = ScoreSteps.of(rulebook, conditions_of(rulebook))

    def draft(self, row: Row) -> Draft:
        record_id = row["id"]
        overrides = self._overrides(row)
        stances = {name: whose(overridden, self._stance(name), self.moment) for name, overridden in overrides.items()}
        after, before, respected = self._fields(row, stances)
        effects = self._effects(row)
        need = need_of(
            row, self.rulebook, self.memory, self.directory, is_overridden=stances.get("owner") is Whose.THEIRS
        )
        proposed = (*after, *(["owner"] if need else []))
        contested = tuple(name for name in proposed if stances.get(name) is Whose.CONTESTED)
        rules = self._rules(row, after, effects, need)
        besides = self._rules(row, after, effects, None) if need else rules
        read = {**row, "score": self._score_read(row)}
        outputs: list[str | RuleRef] = [
            *after,
            *(["owner"] if need else []),
            *(RuleRef(RULE, rule) for rule in _rules_behind(effects)),
        ]
        return Draft(
            object=row["object"],
            record_id=record_id,
            owner=row["owner_id"],
            created_at=row["created_at"],
            base=Base(modified_at=row["modified_at"], stamp=row["stamp"], read_at=row["read_at"]),
            before=before,
            after=after,
            inputs={output: self._inputs(read, self.reads[output]) for output in outputs},
            effects=effects,
            need=need,
            riders={name: value for verdict in VERDICTS for name, value in verdict.riders(row, self.rulebook).items()},
            rules=rules,
            because=(
                *field_reasons(row, after, self.rulebook),
                *contest_reasons(contested, row["owner_id"], before),
                *effect_reasons(effects, self.rulebook),
            ),
            respected=respected,
            undecided=self._is_undecided(row),
            owner_rules=tuple(rule for rule in rules if rule not in besides),
            contested=contested,
            overrides=overrides,
        )

    def _overrides(self, row: Row) -> dict[str, Overridden]:
        """What is somebody else's now. Nothing counts as an override on a record whose owner is a queue or has left."""
        if row["id"] not in self.memory.applied:
            return {}
        held = {name: scalar(row[column]) for name, column in self.written.items() if column in row}
        if row["owner_kind"] == ACTIVE:
            held["owner"] = row["owner_id"]
        return overrides_of(held, record_id=row["id"], seen_at=row["modified_at"], memory=self.memory)

    def _stance(self, name: str) -> FieldStance:
        return self.rulebook.policy.people_win.of(name)

    def _fields(
        self, row: Row, stances: Mapping[str, Whose]
    ) -> tuple[dict[str, Scalar], dict[str, Scalar], tuple[str, ...]]:
        after: dict[str, Scalar] = {}
        before: dict[str, Scalar] = {}
        respected: list[str] = []
        applied = self.memory.applied.get(row["id"], {})
        for name, column in self.written.items():
            by = row[f"by__{name}"]
            held, wanted = scalar(row.get(column)), self._wanted(row, name)
            if by is None or column not in row or held == wanted:
                continue
            if stances.get(name) is Whose.THEIRS:
                respected.append(name)
                continue
            if wanted is None and by >= 0 and not (applied.get(name) == held == self.setters[name][by].value):
                continue  # `otherwise: clear` clears only what the rule itself put there
            before[name], after[name] = held, wanted
        return after, before, tuple(respected)

    def _wanted(self, row: Row, field: str) -> Scalar:
        if field == "score" and row["by__score"] is not None:
            opened = self.memory.open_changes.get(row["id"])
            asked = opened.change.after.get("score") if opened else None
            return self.score_steps.written(row["score"], (asked, row.get("org__score"), *self._turned_down(row)))
        return scalar(row[f"to__{field}"])

    def _score_read(self, row: Row) -> int:
        opened = self.memory.open_changes.get(row["id"])
        read = opened.change.inputs.get("score") if opened else None
        return self.score_steps.read(row["score"], (read, *self._turned_down(row), row.get("org__score")))

    def _turned_down(self, row: Row) -> list[int | None]:
        return [fact.score for fact in self.memory.quiet.get(row["id"], ())]

    def _effects(self, row: Row) -> Effects:
        known = self._remembered(row)
        found = Effects(firings=tuple(each.id for number, each in self.once if row[rule_mask(number)] is True))
        for kind, given in self.given:
            found = found.with_more(kind.effects(given, row, known))
        return found

    def _remembered(self, row: Row) -> Remembered:
        record_id = row["id"]
        return Remembered(self.memory.applied.get(record_id, {}), self.memory.tags.get(record_id, frozenset()))

    def _inputs(self, row: Row, names: Iterable[str]) -> Values:
        """The values read, text by its key: a change of spelling that no rule can see moves nothing."""
        values: dict[str, Scalar] = {}
        for name in sorted(names):
            column = f"{name}__key" if f"{name}__key" in row else name
            if column in row:
                value = scalar(row[column])
                values[name] = repr(value) if isinstance(value, float) else value
        return values

    def _rules(self, row: Row, after: Values, effects: Effects, need: Need | None) -> tuple[RuleRef, ...]:
        refs = [cited for verdict in VERDICTS for cited in verdict.cited(row, after, self.rulebook)]
        fired = {row[f"by__{field}"] for field in after}
        named = set(_rules_behind(effects))
        named |= {need.rule} if need and need.rule else set()
        for index, rule in enumerate(self.rulebook.rules):
            if index in fired or rule.id in named:
                refs.append(RuleRef(RULE, rule.id))
        if need and need.pool:
            refs.append(RuleRef(POOL, need.pool))
        return tuple(refs)

    def _is_undecided(self, row: Row) -> bool:
        """A rule's effect is in place and its condition has become unknown: it stays, and people are told."""
        known = self._remembered(row)
        return any(
            row[one.mask] is None and one.converges and kind.is_in_place(one, known)
            for kind, given in self.given
            for one in given
        )


def _rules_behind(effects: Effects) -> list[str]:
    return sorted({*effects.firings, *(rule for _, rule in (*effects.tags_added, *effects.tags_removed))})


def scalar(value: object) -> Scalar:
    """A frame's value as a JSON scalar: dates as ISO text, times as ISO text in UTC."""
    if value is None or isinstance(value, str | int):  # most are
        return value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value
    raise TypeError(type(value).__name__)
