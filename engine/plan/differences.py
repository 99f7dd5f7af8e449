"""Which rows differ from what the rules want: only those are looked at one by one. Wider than needed is fine."""

from collections.abc import Iterable
from typing import Any

import narwhals as nw
from narwhals.typing import IntoDataFrame

from engine.actions.action_kind import rule_mask
from engine.actions.registry import KINDS
from engine.actions.set_field import setters_of
from engine.assignment.directory import INACTIVE, QUEUE
from engine.changes.memory import Memory
from engine.rulebook.rulebook import Mode, Rulebook
from engine.verdicts.registry import TARGETS
from engine.verdicts.score_steps import ScoreSteps


def differs(rows: nw.DataFrame[IntoDataFrame], rulebook: Rulebook, memory: Memory) -> nw.Expr:
    """Whether a prospect may need a change, has one that is open, or holds somebody else's value in place of ours."""
    tests = [nw.col("owner_kind").is_in([INACTIVE, QUEUE]), ~nw.col("by__owner").is_null()]
    score_steps = ScoreSteps.of(rulebook, ())
    for field, column in written_fields(rulebook).items():
        if column in rows.columns:
            wanted, held = nw.col(f"to__{field}"), nw.col(column)
            same = (wanted == held).fill_null(value=False) | (wanted.is_null() & held.is_null())
            is_other = score_steps.is_news(wanted, held) if field == "score" else ~same
            tests.append(~nw.col(f"by__{field}").is_null() & is_other)
    once = [index for index, rule in enumerate(rulebook.rules) if rule.mode is Mode.ONCE]
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
    return {target: f"org__{target}" for target in TARGETS} | {field: field for field in setters_of(rulebook)}


def marks_of(names: Iterable[str]) -> str:
    """Names as a column holds several: `;a;b;`."""
    found = sorted(set(names))
    return f";{';'.join(found)};" if found else ""
