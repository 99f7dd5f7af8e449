"""Decide by spreadsheet: what people wrote into a plan's workbook becomes approvals and rejections."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import Problem, UsageError
from engine.states import WAITING
from sync.reports.decisions import Decision
from sync.review.decisions import approve, plan_named, reject
from sync.run import Worker
from sync.store import changes


@dataclass(frozen=True, slots=True)
class Decided:
    """`late` are the cells whose change waits no more: decided, replaced or ended since the sheet was written."""

    approved: int
    rejected: int
    late: tuple[str, ...]


def decide(worker: Worker, decisions: Sequence[Decision], *, approver: str, reason: str) -> Decided:
    """Carry the decisions out, plan by plan; `reason` serves rejections whose line gives none.

    Everything is checked before anything is done: UsageError CL-116 (a rejection without a reason), PL-401 (a plan that is
    not here), PL-402 (a part of a baseline).
    """
    problems = [Problem("CL-116", each.where) for each in decisions if not (each.is_approval or each.reason or reason)]
    if problems:
        raise UsageError(*problems)
    by_plan: dict[str, list[Decision]] = defaultdict(list)
    late: list[str] = []
    with worker.store.read() as tx:
        standings = changes.find(tx, [each.change_id for each in decisions])
        for each in decisions:
            found = standings.get(each.change_id)
            if found is None or found.state not in WAITING:
                late.append(each.where)
                continue
            by_plan[found.plan_id].append(each)
        partly = [plan_id for plan_id in by_plan if plan_named(tx, plan_id).is_baseline]
    if partly:
        raise UsageError(*(Problem("PL-402", "", {"plan": plan_id}) for plan_id in partly))
    approved = rejected = 0
    for plan_id, theirs in sorted(by_plan.items()):
        by_reason: dict[tuple[bool, str], list[str]] = defaultdict(list)
        for each in theirs:
            by_reason[each.is_approval, each.reason or reason].append(each.change_id)
        for (is_approval, why), ids in by_reason.items():
            if is_approval:
                approved += approve(worker, plan_id, change_ids=ids, approver=approver, reason=why)
            else:
                rejected += reject(worker, plan_id, change_ids=ids, approver=approver, reason=why)
    return Decided(approved, rejected, tuple(late))
