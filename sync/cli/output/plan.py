"""A plan on the terminal and as JSON: who moves where and why, what else changes, how it stands, what to do next."""

from collections.abc import Mapping
from itertools import islice

from engine.changes.states import State
from sync.apply.apply import Settlement
from sync.cli.output.tables import changes_table, fields_table, flows_table
from sync.cli.terminal import Terminal, labelled
from sync.plan import lookup
from sync.reports.document import document, each, parts
from sync.run import Run, Worker
from sync.store import plans, runs
from sync.store.plans import PlanRecord
from sync.views import phrases
from sync.views.heading import heading_of, owners_of
from sync.views.plan_report import cards_of, loads_of, overview_of, remarks_of, report_of, report_of_run, rows_of
from sync.views.report import OPEN_COUNTS, Heading, RunReport

_LISTED_MAX = 100
# Where rulebook.yaml says what a plan has passed.
_LIMITS = {
    "note.limit": "change limit",
    "note.limit.owner": "owner limit",
    "note.limit.new_owner": "owner limit",
    "note.limit.rule": "rule limit",
    "note.ping_pong": "ping-pong",
}


def write_plan(terminal: Terminal, worker: Worker, plan_id: str | None, *, as_json: bool, with_changes: bool) -> None:
    """Show a plan by id or the end of one, the last without; its changes one by one if asked. UsageError PL-401.

    Without the changes it costs as much as the plan has of them, however large the org is; as JSON nothing at all.
    """
    plan = lookup.plan_shown(worker.store, worker.read_rulebook, plan_id)
    heading = heading_of(worker, plan)
    if as_json:
        _document(terminal, worker, plan, heading, with_changes=with_changes)
        return
    when = phrases.time(heading.at, zone=heading.zone, words=terminal.words)
    terminal.write(terminal.say("cli.plan.head", plan=heading.run_id, at=when, zone=heading.zone))
    if heading.is_shadow:
        terminal.write(terminal.say("cli.plan.shadow"))
    if not heading.total:
        _write_nothing_new(terminal, worker, plan, heading)
        return
    _tables(terminal, worker, plan, heading, with_changes=with_changes)
    terminal.write(terminal.say("report.states"))
    write_states(terminal, heading.states, is_shadow=heading.is_shadow)
    for message, count in heading.held:
        terminal.write(f"    {terminal.words.message(message)}: {phrases.number(count)}")
    for message in heading.writes:
        terminal.write(terminal.words.message(message))
    if heading.api_calls is not None:
        terminal.write(terminal.say("cli.plan.cost", calls=phrases.number(heading.api_calls)))
    _write_next(terminal, heading)


def report_named(worker: Worker, given: str | None) -> RunReport:
    """The report of a plan, or of a run that made none, by id or the end of it; of the last plan without. UsageError PL-401."""
    with worker.store.read() as tx:
        run = runs.named(tx, given) if given else None
        if run is None or plans.record(tx, run.run_id) is not None:
            run, plan = None, lookup.plan_named(tx, given)
    return report_of(worker, plan) if run is None else report_of_run(worker, run)


def write_settlement(terminal: Terminal, run: Run, settlement: Settlement, *, as_json: bool) -> None:
    """What one `apply` did."""
    states = {state.value: count for state, count in settlement.states.items()}
    if as_json:
        told = {
            "run": run.run_id,
            "changes": settlement.touched,
            "states": states,
            "waits": terminal.words.message(settlement.waits) if settlement.waits else None,
            "api_calls": run.org.calls,
        }
        terminal.document("settlement", told)
        return
    terminal.write(terminal.say("cli.settled", changes=settlement.touched, calls=run.org.calls))
    write_states(terminal, settlement.states)
    if settlement.waits:
        terminal.talk(terminal.say("cli.settled.waits", why=terminal.words.message(settlement.waits)))


def write_states(terminal: Terminal, states: Mapping[State, int], *, is_shadow: bool = False) -> None:
    for state, count in states.items():
        told = phrases.state(state, is_shadow=is_shadow, words=terminal.words)
        terminal.write(f"  {phrases.number(count):>8}  {told}")


def _document(terminal: Terminal, worker: Worker, plan: PlanRecord, heading: Heading, *, with_changes: bool) -> None:
    told: dict[str, object] = {"has_changes": bool(heading.total), "proposed": heading.total}
    told |= document(heading, terminal.words)
    if not with_changes:
        terminal.document("plan", told)
        return
    owners = owners_of(worker.mirror, as_of=plan.snapshot)
    cards = cards_of(worker, plan.snapshot)
    loads = loads_of(cards, owners, overview_of(worker.store, worker.mirror, plan))
    told |= each(loads, remarks_of(cards, plan.notices), terminal.words)
    for part in parts({**labelled("plan"), **told}, rows_of(worker.store, plan, cards, owners), terminal.words):
        terminal.out.write(part)


def _write_nothing_new(terminal: Terminal, worker: Worker, plan: PlanRecord, heading: Heading) -> None:
    """Nothing new is not the same as nothing open: what waits, is quiet or lacks an owner is said."""
    if heading.is_settled:
        terminal.write(terminal.say("report.nothing"))
        return
    terminal.write(terminal.say("report.nothing_new"))
    for name in OPEN_COUNTS:
        if count := plan.counts.get(name):
            told = phrases.count(name, heading, words=terminal.words)
            terminal.write(f"  {phrases.number(count):>8}  {told}")
    with worker.store.read() as tx:
        waiting = plans.waiting(tx)
    if heading.is_shadow:
        differing = phrases.number(sum(waiting.values()))
        terminal.write(terminal.say("cli.plan.compared", plan=plan.plan_id, count=differing))
        return
    for plan_id, count in waiting.items():
        terminal.write(terminal.say("cli.plan.waits", plan=plan_id, count=phrases.number(count)))
    for notice in plan.notices[:_LISTED_MAX]:
        terminal.write(f"  {notice.record_id}  {terminal.words.message(notice.message)}")


def _write_next(terminal: Terminal, heading: Heading) -> None:
    if heading.is_shadow:
        terminal.talk(terminal.say("cli.plan.next_shadow", plan=heading.run_id))
    elif heading.held:
        keys = dict.fromkeys(_LIMITS[message.key] for message, _ in heading.held if message.key in _LIMITS)
        limits = ", ".join(f"`{key}`" for key in keys) or "-"
        terminal.talk(terminal.say("cli.plan.next_held", plan=heading.run_id, limits=limits))
    elif heading.waiting:
        terminal.talk(terminal.say("cli.plan.next", plan=heading.run_id))


def _tables(terminal: Terminal, worker: Worker, plan: PlanRecord, heading: Heading, *, with_changes: bool) -> None:
    console, words = terminal.console(), terminal.words
    overview = overview_of(worker.store, worker.mirror, plan)
    for table in (flows_table(overview, heading.labels, words), fields_table(overview, heading.labels, words)):
        if table:
            console.print(table)
    if with_changes:
        owners = owners_of(worker.mirror, as_of=plan.snapshot)
        cards = cards_of(worker, plan.snapshot)
        rows = islice(rows_of(worker.store, plan, cards, owners, page_rows=_LISTED_MAX), _LISTED_MAX)
        console.print(changes_table(rows, heading, words))
        if (more := heading.total - _LISTED_MAX) > 0:
            terminal.talk(terminal.say("cli.plan.more", count=more, plan=heading.run_id))
