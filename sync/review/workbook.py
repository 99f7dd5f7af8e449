"""Decide by spreadsheet: what people wrote into a plan's workbook becomes approvals and rejections."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.changes.states import WAITING
from engine.errors import PlanStaleError, Problem, UsageError
from sync.plan.lookup import plan_named
from sync.review.decisions import EXPIRED, let_through, refusal, turn_down
from sync.review.workbook_edits import edits
from sync.review.workbook_lines import Decision, Line
from sync.run import Worker
from sync.store import changes, plans
from sync.store.database import Transaction
from sync.store.paging import PAGE_ROWS, chunks


@dataclass(frozen=True, slots=True)
class Decided:
    """`late` are the cells whose change waits no more: decided, replaced or ended since the sheet was written."""

    approved: int
    rejected: int
    late: tuple[str, ...]


def decide(
    worker: Worker, decisions: Sequence[Decision], *, approver: str, reason: str, lines: Iterable[Line] = ()
) -> Decided:
    """Carry the decisions out, plan by plan; `reason` serves rejections whose line gives none. `lines` are those that
    approve, as they stand in the sheet.

    Every line is checked before anything is done, and all that is wrong is said at once, each with its cell: UsageError
    CL-116 (a rejection without a reason), PL-407 (no such change), CL-121 (an approved line that people have changed),
    PL-402 (a part of a baseline), PL-404 (a plan made in shadow); PlanStaleError PL-406 when plans have expired and nothing
    else is wrong. What moves while it is carried out is late, and left alone.
    """
    by_plan, late, problems = _sorted_out(worker, decisions)
    problems += [Problem("CL-116", each.where) for each in decisions if not (each.is_approval or each.reason or reason)]
    problems += edits(worker, lines)
    for plan_id, theirs in by_plan.items():
        problems += _refused(worker, plan_id, theirs)
    if problems:
        is_stale = all(problem.code == EXPIRED for problem in problems)
        raise (PlanStaleError if is_stale else UsageError)(*problems)
    counts = {True: 0, False: 0}
    for plan_id, theirs in by_plan.items():
        for page in _pages(theirs, reason):
            first = page[0]
            with worker.store.transaction() as tx:
                at = worker.clock.now()
                still = changes.waiting_among(tx, plan_id, [each.change_id for each in page])
                act = let_through if first.is_approval else turn_down
                act(tx, still, approver=approver, at=at, reason=first.reason or reason)
            counts[first.is_approval] += len(still)
            left = {each.change_id for each in page} - {each.change_id for each in still}
            late += [each.where for each in page if each.change_id in left]
    return Decided(counts[True], counts[False], tuple(late))


def _sorted_out(
    worker: Worker, decisions: Sequence[Decision]
) -> tuple[Mapping[str, list[Decision]], list[str], list[Problem]]:
    """The decisions on what waits, by plan; the cells of what waits no more; and of what never was."""
    by_plan: dict[str, list[Decision]] = defaultdict(list)
    late: list[str] = []
    unknown: list[Problem] = []
    for page in chunks(decisions, PAGE_ROWS):
        with worker.store.read() as tx:
            standings = changes.find(tx, [each.change_id for each in page])
        for each in page:
            found = standings.get(each.change_id)
            if found is None:
                unknown.append(Problem("PL-407", each.where, {"given": each.change_id, "plan": each.plan_id or "-"}))
            elif found.state not in WAITING:
                late.append(each.where)
            else:
                by_plan[found.plan_id].append(each)
    return dict(sorted(by_plan.items())), late, unknown


def _refused(worker: Worker, plan_id: str, theirs: Sequence[Decision]) -> Iterator[Problem]:
    """What is wrong with deciding this plan so; each with the first cell of the plan."""
    where = theirs[0].where
    with worker.store.read() as tx:
        plan = plan_named(tx, plan_id)
        is_partly = plan.is_baseline and not _is_whole(tx, plan_id, theirs)
    if is_partly:
        yield Problem("PL-402", where, {"plan": plan_id})
    if problem := refusal(worker, plan, approves=any(each.is_approval for each in theirs), where=where):
        yield problem


def _is_whole(tx: Transaction, plan_id: str, theirs: Sequence[Decision]) -> bool:
    """Whether all that waits of a plan is decided in one way."""
    return len({each.is_approval for each in theirs}) == 1 and plans.waiting(tx).get(plan_id) == len(theirs)


def _pages(theirs: Sequence[Decision], reason: str) -> Iterator[list[Decision]]:
    """Decisions of one kind and reason, some thousands at a time."""
    alike: dict[tuple[bool, str], list[Decision]] = defaultdict(list)
    for each in theirs:
        alike[each.is_approval, each.reason or reason].append(each)
    for found in alike.values():
        yield from chunks(found, PAGE_ROWS)
