"""`leadsync status`: what ran, what runs next, what stands still, and what waits for a person."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sync.cli import drift, options
from sync.cli.codes import Code
from sync.cli.session import Session

if TYPE_CHECKING:
    from sync.schedule.status import Status, SyncStatus
    from sync.store.slots import Slot


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option, json_option = options.folder(words), options.as_json(words)

    @app.command("status", help=words.say("cli.status"))
    def status(*, folder: Path = folder_option, json: bool = json_option) -> int:
        from sync.schedule.status import status_of

        with session.worker(folder) as worker:
            found = status_of(
                worker.store, worker.settings.syncs, clock=worker.clock.now,
                deadline_seconds=worker.settings.run_deadline_seconds,
            )  # fmt: skip
        if json:
            session.document("status", _document(found))
        else:
            _tell(session, found)
        return Code.DONE


def _tell(session: Session, found: "Status") -> None:
    for each in found.syncs:
        _tell_sync(session, each)
    for pause in found.pauses:
        what = pause.sync or session.say("cli.pause.everything")
        zone = next((each.sync.time_zone for each in found.syncs if pause.sync in {None, each.name}), "UTC")
        until = session.say("cli.status.until", until=_time(session, pause.until, zone)) if pause.until else ""
        session.write(session.say("cli.status.paused", what=what, by=pause.by, reason=pause.reason or "-", until=until))
    for plan_id, count in found.waiting.items():
        session.write(session.say("cli.plan.waits", plan=plan_id, count=count))
    if found.runs:
        session.write(session.say("cli.status.runs"))
    for run in found.runs:
        outcome = run.outcome or session.say("slot.running")
        session.write(f"  {run.run_id}  {run.verb:<6} {outcome}  {drift.line(session, run)}".rstrip())


def _tell_sync(session: Session, each: "SyncStatus") -> None:
    zone = each.sync.time_zone
    session.write(
        session.say("cli.status.sync", sync=each.name, verb=each.sync.verb.value, cron=each.sync.cron, zone=zone)
    )
    if each.last is not None:
        session.write("  " + _last(session, each.last, zone))
    if each.is_late:
        session.write("  " + session.say("cli.status.late"))
    times = ", ".join(_time(session, due, zone) for due in each.next)
    session.write("  " + session.say("cli.status.next", times=times))


def _last(session: Session, slot: "Slot", zone: str) -> str:
    told = session.say(
        "cli.status.last", due=_time(session, slot.due_at, zone), state=session.say(f"slot.{slot.state}")
    )
    if slot.missed:
        told += session.say("cli.status.missed", count=slot.missed)
    return f"{told} [{', '.join(slot.codes)}]" if slot.codes else told


def _time(session: Session, at: datetime, zone: str) -> str:
    from sync.reports import phrases

    return phrases.time(at, zone=zone, words=session.words)


def _document(found: "Status") -> dict[str, object]:
    return {
        "at": found.at.isoformat(),
        "syncs": [
            {
                "name": each.name,
                "verb": each.sync.verb.value,
                "cron": each.sync.cron,
                "time_zone": each.sync.time_zone,
                "catch_up": each.sync.catch_up.value,
                "is_paused": each.pause is not None,
                "is_late": each.is_late,
                "last_success_age_seconds": each.age_seconds,
                "last": _slot(each.last),
                "next": [due.isoformat() for due in each.next],
            }
            for each in found.syncs
        ],
        "pauses": [
            {"sync": pause.sync, "by": pause.by, "reason": pause.reason, "at": pause.at.isoformat(),
             "until": pause.until.isoformat() if pause.until else None}
            for pause in found.pauses
        ],
        "waiting": dict(found.waiting),
        "runs": [
            {"run": run.run_id, "verb": run.verb, "outcome": run.outcome, "figures": dict(run.figures or {})}
            for run in found.runs
        ],
    }  # fmt: skip


def _slot(slot: "Slot | None") -> dict[str, object] | None:
    if slot is None:
        return None
    return {
        "due_at": slot.due_at.isoformat(),
        "state": slot.state.value,
        "missed": slot.missed,
        "attempts": slot.attempts,
        "run": slot.run_id,
        "codes": list(slot.codes),
        "finished_at": slot.finished_at.isoformat() if slot.finished_at else None,
    }
