"""Decide by spreadsheet: what people wrote into a plan's workbook becomes approvals and rejections."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from config.words.catalogue import Words, catalogue
from engine.changes.change import Standing
from engine.changes.states import WAITING
from engine.errors import PlanStaleError, Problem, UsageError
from engine.names import folded
from engine.values import Scalar
from sync.plan.lookup import plan_named
from sync.reports.table import cells, field_headings, headings
from sync.reports.workbook import held_text
from sync.review.decisions import EXPIRED, let_through, refusal, turn_down
from sync.review.workbook_lines import Decision, Line
from sync.run import Worker
from sync.store import changes, plans
from sync.store.database import Store, Transaction
from sync.store.paging import PAGE_ROWS, chunks
from sync.views import phrases
from sync.views.heading import heading_of, owners_of
from sync.views.plan_report import Cards, cards_of, rows_among
from sync.views.report import Heading
from sync.views.rows import Owner, Row


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
    by_plan, late, problems = _sorted_out(worker.store, decisions)
    # a rejection needs a reason
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
    store: Store, decisions: Sequence[Decision]
) -> tuple[Mapping[str, list[Decision]], list[str], list[Problem]]:
    """The decisions on what waits, by plan; the cells of what waits no more; and of what never was."""
    by_plan: dict[str, list[Decision]] = defaultdict(list)
    late: list[str] = []
    unknown: list[Problem] = []
    for page in chunks(decisions, PAGE_ROWS):
        with store.read() as tx:
            standings = changes.find(tx, [each.change_id for each in page])
        for each in page:
            found = standings.get(each.change_id)
            if found is None:
                # plan {plan} has no change {given!r}
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
        yield Problem("PL-402", where, {"plan": plan_id})  # plan {plan} is a baseline: the first plan of this org is…
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


# Lines compared together, and how many cells are named of a column that was changed from top to bottom.
_PAGE_ROWS = 2_000
EDITS_MAX = 100

_LABEL = "field."


def edits(worker: Worker, lines: Iterable[Line]) -> list[Problem]:
    """What people changed beside decision and reason in lines they approved: an approval lets through what the plan says, so a
    line that says something else by now is refused rather than understood.

    CL-121 for each cell that is not as the plan has it, the first `EDITS_MAX` of them. Lines of changes that wait no more
    are left to others, and so are columns that people added.
    """
    return list(islice(_edits(worker, iter(lines)), EDITS_MAX))


def _edits(worker: Worker, lines: Iterator[Line]) -> Iterator[Problem]:
    known: dict[str, _Plan] = {}
    for page in chunks(lines, _PAGE_ROWS):
        with worker.store.read() as tx:
            found = changes.find(tx, [line.change_id for line in page])
        rows: dict[str, Row] = {}
        for plan_id in dict.fromkeys(standing.plan_id for standing in found.values()):
            if plan_id not in known:
                known[plan_id] = _plan(worker, plan_id)
            theirs = [each for each in found.values() if each.plan_id == plan_id and each.state in WAITING]
            rows |= known[plan_id].rows(theirs)
        fields = {plan_id: fields_shown(page[0], plan.heading, rows.values()) for plan_id, plan in known.items()}
        for line in page:
            if row := rows.get(line.change_id):
                plan_id = found[line.change_id].plan_id
                yield from edited(line, row, known[plan_id].heading, fields[plan_id])


@dataclass(frozen=True, slots=True)
class _Plan:
    heading: Heading
    cards: Cards
    owners: Mapping[str, Owner]

    def rows(self, standings: Sequence[Standing]) -> dict[str, Row]:
        return {row.change_id: row for row in rows_among(standings, self.cards, self.owners)}


def _plan(worker: Worker, plan_id: str) -> _Plan:
    with worker.store.read() as tx:
        plan = plans.record(tx, plan_id)
    if plan is None:
        raise ValueError(f"a change of no plan: {plan_id}")
    cards = cards_of(worker, plan.snapshot)
    return _Plan(heading_of(worker, plan), cards, owners_of(worker.mirror, as_of=plan.snapshot))


def fields_shown(line: Line, heading: Heading, rows: Iterable[Row]) -> list[str]:
    """The fields that the sheet has columns of, whether a line changes them or not."""
    words, there = Words(line.language), {folded(cell.heading) for cell in line.cells}
    names = dict.fromkeys([*heading.labels, *(key[len(_LABEL) :] for key in catalogue() if key.startswith(_LABEL))])
    names |= dict.fromkeys(field.name for row in rows for field in row.fields)
    return [name for name in names if not there.isdisjoint(map(folded, field_headings(name, heading, words)))]


def edited(line: Line, row: Row, heading: Heading, fields: Sequence[str]) -> Iterator[Problem]:
    """CL-121 for each cell of a line that says something else than the plan, under the headings that stand for `fields`."""
    words = Words(line.language)
    stood = _stood(line, row, heading, fields, words)
    for cell in line.cells:
        meant = stood.get(folded(cell.heading))
        if meant and _plain(cell.value) not in map(_plain, meant):
            params = {
                "column": cell.heading,
                "given": _plain(cell.value) or words.say("report.empty"),
                "stood": _plain(meant[0]) or words.say("report.empty"),
            }
            yield Problem("CL-121", cell.where, params)  # {column} was changed in an approved line: {given!r} instead…


def _stood(line: Line, row: Row, heading: Heading, fields: Sequence[str], words: Words) -> dict[str, list[Scalar]]:
    """What stands under each heading that the sheet has; several things where two fields have the same label."""
    found: dict[str, list[Scalar]] = {}
    for text, value in zip(headings(heading, fields, words), cells(heading, row, fields, words), strict=True):
        found.setdefault(folded(text), []).append(value)
    # What waits may have been held since, and say so in another note: of neither is the sheet to be blamed.
    state = folded(words.say("report.column.state"))
    told: list[Scalar] = [phrases.state(each, is_shadow=heading.is_shadow, words=words) for each in sorted(WAITING)]
    shown = next((_plain(cell.value) for cell in line.cells if folded(cell.heading) == state), None)
    if any(_plain(each) == shown for each in told):
        if _plain(found[state][0]) != shown:
            found.pop(folded(words.say("report.column.note")))
        found[state] = told
    return found


def _plain(value: object) -> str:
    """The same for a value and for what a spreadsheet made of it: a whole number may come back with a fraction."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case int() | float():
            return f"{value:.15g}"
        case _:
            return " ".join(held_text(str(value)).split())
