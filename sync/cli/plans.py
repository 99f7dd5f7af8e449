"""A plan on the terminal and as JSON: who moves where and why, what else changes, how it stands, what to do next."""

from collections.abc import Mapping

from engine.states import State
from sync.cli.session import Session
from sync.cli.tables import changes_table, fields_table, flows_table
from sync.delivery.apply import Settlement
from sync.reports import phrases
from sync.reports.assembly import report_of
from sync.reports.document import changes, document
from sync.reports.report import OPEN_COUNTS, RunReport
from sync.review import decisions as review
from sync.run import Run, Worker
from sync.store import plans
from sync.store.changes import held as changes_held

_LISTED_MAX = 100
# What `plan` and `run` leave to `show`: they answer how much, not each.
_EACH = frozenset({"notices", "loads"})


def report_named(worker: Worker, plan_id: str | None) -> RunReport:
    """The report of a plan by id or the end of one; the last plan without. UsageError PL-401 when there is none."""
    with worker.store.read() as tx:
        header = review.plan_named(tx, plan_id)
    return report_of(worker, header)


def tell(session: Session, worker: Worker, plan_id: str | None, *, as_json: bool, with_changes: bool) -> None:
    """Show a plan; its changes one by one if asked."""
    report = report_named(worker, plan_id)
    if as_json:
        told = document(report, session.words) | ({"changes": changes(report, session.words)} if with_changes else {})
        left_out = {"schema_version", "kind"} | (set() if with_changes else _EACH)
        rest = {key: value for key, value in told.items() if key not in left_out}
        session.document(
            "plan", {"has_changes": bool(report.overview.total), "proposed": report.overview.total, **rest}
        )
        return
    when = phrases.time(report.at, zone=report.zone, words=session.words)
    session.write(session.say("cli.plan.head", plan=report.run_id, at=when, zone=report.zone))
    if not report.overview.total:
        with worker.store.read() as tx:
            _tell_nothing(session, report, plans.waiting(tx))
        return
    _tables(session, report, with_changes=with_changes)
    session.write(session.say("report.states"))
    write_states(session, report.states)
    for message in report.writes:
        session.write(session.words.message(message))
    if report.api_calls is not None:
        session.write(session.say("cli.plan.cost", calls=phrases.number(report.api_calls)))
    if report.overview.waiting:
        session.talk(session.say("cli.plan.next", plan=report.run_id))


def _tell_nothing(session: Session, report: RunReport, waiting: Mapping[str, int]) -> None:
    """Nothing new is not the same as nothing open: what waits, is quiet or lacks an owner is said."""
    if report.is_settled:
        session.write(session.say("report.nothing"))
        return
    session.write(session.say("report.nothing_new"))
    for name in OPEN_COUNTS:
        if report.plan and report.plan.counts.get(name):
            session.write(f"  {phrases.number(report.plan.counts[name]):>8}  {session.say(f'report.count.{name}')}")
    for plan_id, count in waiting.items():
        session.write(session.say("cli.plan.waits", plan=plan_id, count=phrases.number(count)))
    for remark in report.remarks[:_LISTED_MAX]:
        session.write(f"  {remark.record_id}  {session.words.message(remark.message)}")


def held_of(worker: Worker) -> dict[State, int]:
    """What is held because a plan went over the limit, this one or an earlier one."""
    with worker.store.read() as tx:
        held = changes_held(tx)
    return {State.HELD: held} if held else {}


def tell_settlement(session: Session, run: Run, settlement: Settlement, *, as_json: bool) -> None:
    """What one `apply` did."""
    states = {state.value: count for state, count in settlement.states.items()}
    if as_json:
        told = {
            "run": run.run_id,
            "changes": settlement.touched,
            "states": states,
            "waits": session.words.message(settlement.waits) if settlement.waits else None,
            "api_calls": run.org.calls,
        }
        session.document("settlement", told)
        return
    session.write(session.say("cli.settled", changes=settlement.touched, calls=run.org.calls))
    write_states(session, settlement.states)
    if settlement.waits:
        session.talk(session.say("cli.settled.waits", why=session.words.message(settlement.waits)))


def write_states(session: Session, states: Mapping[State, int]) -> None:
    for state, count in states.items():
        session.write(f"  {phrases.number(count):>8}  {session.say(f'state.{state}')}")


def _tables(session: Session, report: RunReport, *, with_changes: bool) -> None:
    console, words = session.console(), session.words
    for table in (flows_table(report, words), fields_table(report, words)):
        if table:
            console.print(table)
    if with_changes:
        console.print(changes_table(report, words, rows_max=_LISTED_MAX))
        if (more := report.overview.total - _LISTED_MAX) > 0:
            session.talk(session.say("cli.plan.more", count=more, plan=report.run_id))
