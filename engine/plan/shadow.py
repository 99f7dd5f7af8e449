"""Agreement of verdicts: what a rulebook in shadow decides beside what the org holds, counted by column, each difference
with its why. (`sync/reports/shadow.py` keeps it, `sync/cli/output/shadow.py` shows it.)

Nothing is written in shadow, so the org goes on as it did. What going live would leave alone counts for nothing: a rule
that clears a field clears only what it has put there itself.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw

from engine.actions.assign import assign_of
from engine.actions.set_field import setters_of
from engine.assignment.directory import INACTIVE, Directory
from engine.assignment.needs import need_of
from engine.automation.evaluate import evaluate
from engine.changes.change import POOL, RuleRef
from engine.changes.memory import Memory
from engine.messages import Message
from engine.moments import Moment
from engine.plan.drafts import prepare, scalar
from engine.plan.reasons import field_reasons
from engine.rulebook.rulebook import Rulebook
from engine.snapshots import Range
from engine.values import Scalar
from engine.verdicts.registry import OUTPUTS, TARGETS, VERDICT_OF

OWNER = "owner"
# Of a column's differences so many kinds are told, the most frequent first; so many are counted.
KINDS_MAX = 20
_KINDS_HELD_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """`ours` and `theirs` of one record, owners by id (a pool as a `RuleRef` reads), and why ours is what it is."""

    record_id: str
    column: str
    theirs: Scalar
    ours: Scalar
    why: tuple[Message, ...]


@dataclass(slots=True)
class Column:
    """Numbers of prospects. `kinds` are differences by (theirs, ours), for columns that have few values; of scores by
    their bands. `near`, of scores only: how many differ by less than a step, whatever their bands.
    """

    agree: int = 0
    differ: int = 0
    org_empty: int = 0
    ours_empty: int = 0
    near: int | None = None
    kinds: Counter[tuple[Scalar, Scalar]] = field(default_factory=Counter)

    def first_kinds(self) -> list[tuple[tuple[Scalar, Scalar], int]]:
        """The most frequent first, `KINDS_MAX` of them."""
        return sorted(self.kinds.items(), key=lambda each: (-each[1], repr(each[0])))[:KINDS_MAX]


@dataclass(slots=True)
class Agreement:
    """Filled range by range. `rivals` are columns of others, such as Account Engagement's grade, and what we call it;
    `choices` are fields with few values, which rules may set.
    """

    rulebook: Rulebook
    directory: Directory
    moment: Moment
    rivals: Mapping[str, str] = field(default_factory=dict)
    choices: frozenset[str] = frozenset()
    columns: dict[str, Column] = field(default_factory=dict)

    def compare(self, part: Range, memory: Memory) -> Iterator[Difference]:
        """Count one range, and tell each difference."""
        prospects = prepare(part.prospects, memory, self.directory)
        verdicts = evaluate(prospects, part.activities, self.rulebook, moment=self.moment)
        rows = prospects.drop(*part.absent).join(verdicts, on="id", how="inner")
        alive = rows.filter(nw.col("in_scope") & ~nw.col("is_converted")).sort("id")
        compared = self._compared(set(alive.columns))
        for row in alive.iter_rows(named=True):
            applied = memory.applied.get(row["id"], {})
            for column, (theirs, ours, by) in compared.items():
                held, wanted = scalar(row[theirs]), scalar(row[ours])
                if by is None or self._decides(row[by], held, wanted, applied.get(column)):
                    yield from self._count(row, column, held, wanted)
            yield from self._owner(row, memory)

    def _compared(self, there: set[str]) -> dict[str, tuple[str, str, str | None]]:
        """Column -> where theirs stands, where ours does, and where it says that we decide it at all."""
        found = {target: (f"org__{target}", f"to__{target}", f"by__{target}") for target in TARGETS}
        found |= {name: (name, f"to__{name}", f"by__{name}") for name in setters_of(self.rulebook)}
        found |= {rival: (rival, f"to__{ours}", f"by__{ours}") for rival, ours in self.rivals.items()}
        ranks = {name for name, output in OUTPUTS.items() if output.ranks}
        return {column: names for column, names in found.items() if set(names) <= there and column not in ranks}

    @staticmethod
    def _decides(by: int | None, held: Scalar, wanted: Scalar, applied: Scalar) -> bool:
        """Whether rules decide a value, and would touch the one that is there."""
        clears = by is not None and by >= 0 and wanted is None
        return by is not None and (not clears or (held is not None and applied == held))

    def _count(self, row: Mapping[str, Any], column: str, theirs: Scalar, ours: Scalar) -> Iterator[Difference]:
        counted = self.columns.setdefault(column, Column())
        decides = self.rivals.get(column, column)
        if decides == "score":
            counted.near = (counted.near or 0) + self._is_near(theirs, ours)
        if self._agrees(column, theirs, ours):
            counted.agree += 1
            return
        counted.differ += 1
        counted.org_empty += theirs is None
        counted.ours_empty += ours is None
        kind = self._kind(decides, theirs, ours)
        if kind is not None and (kind in counted.kinds or len(counted.kinds) < _KINDS_HELD_MAX):
            counted.kinds[kind] += 1
        yield Difference(row["id"], column, theirs, ours, self._why(row, decides, ours))

    def _agrees(self, column: str, theirs: Scalar, ours: Scalar) -> bool:
        verdict = VERDICT_OF.get(self.rivals.get(column, column))
        if verdict is None:
            return theirs == ours
        return verdict.agrees(theirs, ours, self.rulebook, is_rival=column in self.rivals)

    def _is_near(self, theirs: Scalar, ours: Scalar) -> bool:
        if not isinstance(theirs, int | float) or not isinstance(ours, int | float):
            return False
        return abs(theirs - ours) < self.rulebook.score_step

    def _kind(self, decides: str, theirs: Scalar, ours: Scalar) -> tuple[Scalar, Scalar] | None:
        if decides in VERDICT_OF:
            return VERDICT_OF[decides].counted_as(theirs, ours, self.rulebook)
        return (theirs, ours) if decides in self.choices else None

    def _why(self, row: Mapping[str, Any], name: str, ours: Scalar) -> tuple[Message, ...]:
        """A rule that clears says so itself."""
        by = row.get(f"by__{name}")
        none = OUTPUTS[name].none if name in OUTPUTS else None
        if ours is None and none and not (by is not None and by >= 0):
            return (Message.of(none),)
        return field_reasons(row, {name: ours}, self.rulebook)

    def _owner(self, row: Mapping[str, Any], memory: Memory) -> Iterator[Difference]:
        """An owner agrees who is among those the rules name; without a rule, who is neither inactive nor the intake."""
        owner, by = row["owner_id"], row["by__owner"]
        counted = self.columns.setdefault(OWNER, Column())
        need = need_of(row, self.rulebook, memory, self.directory)
        if by is None:
            pool = self.rulebook.assignment.default_pool
            named, fits = str(RuleRef(POOL, pool)) if pool else None, need is None
        else:
            named, fits = self._named(by, owner)
        if fits:
            counted.agree += 1
            return
        counted.differ += 1
        counted.ours_empty += named is None
        counted.kinds[owner, named] += 1
        yield Difference(row["id"], OWNER, owner, named, self._owner_why(row, by, needs_one=need is not None))

    def _owner_why(self, row: Mapping[str, Any], by: int | None, *, needs_one: bool) -> tuple[Message, ...]:
        kind = INACTIVE if row["owner_kind"] == INACTIVE else "queue"
        waits = row["owner_kind"] == INACTIVE or row["owner_id"] in self.directory.intake
        why = (Message.of(f"reason.owner.{kind}", rule=""),) if waits else ()
        if by is None:
            return why
        key = "agreement.assigned" if needs_one else "agreement.kept"
        return (*why, Message.of(key, rule=self.rulebook.rules[by].name))

    def _named(self, by: int, owner: str) -> tuple[str | None, bool]:
        """Whom a rule names, and whether the owner is one of them."""
        assign = assign_of(self.rulebook.rules[by])
        if assign is None:
            return None, True
        if assign.pool:
            return str(RuleRef(POOL, assign.pool)), owner in self.directory.pools.get(assign.pool, ())
        named = None
        if assign.user:
            named = self.directory.user_id(assign.user)
        if assign.queue:
            named = self.directory.queue_id(assign.queue)
        return named, named in {None, owner}
