"""Agreement: what a rulebook in shadow decides beside what the org holds, counted by column, each difference with its why.

Nothing is written in shadow, so the org goes on as it did: where the two differ is what going live would change.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw

from engine.actions import Assign
from engine.changes import Scalar
from engine.directory import INACTIVE, Directory
from engine.drafts import prepare, scalar
from engine.effects import setters_of
from engine.evaluate import evaluate
from engine.fields import TARGETS
from engine.memory import Memory
from engine.moments import Moment
from engine.reasons import grade_reason
from engine.rulebooks import Rulebook
from engine.snapshots import Range

OWNER = "owner"
# Of a column's differences so many kinds are told, the most frequent first.
KINDS_MAX = 20
_FEW_VALUES = frozenset({"persona", "buyer_role", "profile", "grade", "priority"})


@dataclass(frozen=True, slots=True)
class Difference:
    """`ours` and `theirs` of one record; `why` names what decided ours: a rulebook item, or the criteria of a grade."""

    record_id: str
    column: str
    theirs: Scalar
    ours: Scalar
    why: str


@dataclass(slots=True)
class Column:
    """Numbers of prospects. `kinds` are differences by (theirs, ours), for columns that have few values."""

    agree: int = 0
    differ: int = 0
    org_empty: int = 0
    ours_empty: int = 0
    kinds: Counter[tuple[Scalar, Scalar]] = field(default_factory=Counter)


@dataclass(slots=True)
class Agreement:
    """Filled range by range. `rivals` are columns of others, such as Account Engagement's grade, and what we call it."""

    rulebook: Rulebook
    directory: Directory
    moment: Moment
    rivals: Mapping[str, str] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)

    def compare(self, part: Range, memory: Memory) -> Iterator[Difference]:
        """Count one range, and tell each difference."""
        prospects = prepare(part.prospects, memory, self.directory)
        verdicts = evaluate(prospects, part.activities, self.rulebook, moment=self.moment)
        rows = prospects.drop(*part.absent).join(verdicts, on="id", how="inner")
        alive = rows.filter(nw.col("in_scope") & ~nw.col("is_converted")).sort("id")
        compared = self._compared(set(alive.columns))
        for row in alive.iter_rows(named=True):
            for column, (theirs, ours, by) in compared.items():
                if by is None or row[by] is not None:
                    yield from self._count(row, column, scalar(row[theirs]), scalar(row[ours]))
            yield from self._owner(row)

    def _compared(self, there: set[str]) -> dict[str, tuple[str, str, str | None]]:
        """Column -> where theirs stands, where ours does, and where it says that we decide it at all."""
        found = {target: (f"org__{target}", f"to__{target}", f"by__{target}") for target in TARGETS}
        found |= {name: (name, f"to__{name}", f"by__{name}") for name in setters_of(self.rulebook)}
        found |= {rival: (rival, f"to__{ours}", f"by__{ours}") for rival, ours in self.rivals.items()}
        return {column: names for column, names in found.items() if set(names) <= there}

    def _count(self, row: Mapping[str, Any], column: str, theirs: Scalar, ours: Scalar) -> Iterator[Difference]:
        counted = self.columns.setdefault(column, Column())
        decides = self.rivals.get(column, column)
        if theirs == ours or self._is_near(decides, theirs, ours):
            counted.agree += 1
            return
        counted.differ += 1
        counted.org_empty += theirs is None
        counted.ours_empty += ours is None
        if decides in _FEW_VALUES:
            counted.kinds[theirs, ours] += 1
        yield Difference(row["id"], column, theirs, ours, self._why(row, decides))

    def _is_near(self, name: str, theirs: Scalar, ours: Scalar) -> bool:
        """Scores that one would not write for: they differ by less than a step."""
        if name != "score" or isinstance(theirs, str) or isinstance(ours, str) or theirs is None or ours is None:
            return False
        return abs(theirs - ours) < self.rulebook.score_step

    def _why(self, row: Mapping[str, Any], name: str) -> str:
        by = row.get(f"by__{name}")
        if by is not None and by >= 0:
            return f"rule/{self.rulebook.rules[by].id}"
        if name in {"persona", "buyer_role"}:
            index = row["persona_index"]
            return "" if index is None else f"persona/{self.rulebook.personas[index].id}"
        return "scoring" if name == "score" else grade_reason(row, self.rulebook)

    def _owner(self, row: Mapping[str, Any]) -> Iterator[Difference]:
        """An owner agrees who is among those the rules name; without a rule, who is neither inactive nor the intake."""
        owner, by = row["owner_id"], row["by__owner"]
        needs_one = row["owner_kind"] == INACTIVE or owner in self.directory.intake
        counted = self.columns.setdefault(OWNER, Column())
        if by is None:
            named, why, fits = self.rulebook.assignment.default_pool, "", not needs_one
        else:
            rule = self.rulebook.rules[by]
            assign = next(action for action in rule.then if isinstance(action, Assign))
            named, fits = self._named(assign, owner)
            why = f"rule/{rule.id}"
        if fits:
            counted.agree += 1
            return
        counted.differ += 1
        yield Difference(row["id"], OWNER, owner, named, why or row["owner_kind"])

    def _named(self, assign: Assign, owner: str) -> tuple[str | None, bool]:
        if assign.pool:
            return assign.pool, owner in self.directory.pools.get(assign.pool, ())
        if assign.user:
            return assign.user.name, owner == self.directory.user_id(assign.user)
        if assign.queue:
            return assign.queue.name, owner == self.directory.queue_id(assign.queue)
        return None, True


def told(columns: Mapping[str, Column]) -> dict[str, dict[str, Any]]:
    """The table as plain values, for a run to be remembered by."""
    return {
        name: {
            "agree": column.agree,
            "differ": column.differ,
            "org_empty": column.org_empty,
            "ours_empty": column.ours_empty,
            "kinds": [[theirs, ours, count] for (theirs, ours), count in _first(column.kinds)],
        }
        for name, column in columns.items()
    }


def _first(kinds: Counter[tuple[Scalar, Scalar]]) -> list[tuple[tuple[Scalar, Scalar], int]]:
    return sorted(kinds.items(), key=lambda each: (-each[1], repr(each[0])))[:KINDS_MAX]
