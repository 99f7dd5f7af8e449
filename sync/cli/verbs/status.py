"""`leadsync status`: what ran, what runs next, what stands still, and what waits for a person."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.output import certificates, drift
from sync.cli.terminal import Terminal

if TYPE_CHECKING:
    from config.settings.syncs import Sync
    from sync.schedule.status import Status, SyncStatus
    from sync.store.slots import Slot


# Where the zone of syncs without one is from, while it is not yet that of the plans.
_ZONES = {"rulebook": "cli.status.zone.rulebook", "nobody": "cli.status.zone.nobody"}


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)

    @app.command("status", help=words.say("cli.status"))
    def status(*, folder: Path = folder_option, json: bool = json_option) -> int:
        from sync.schedule.schedule import timetable
        from sync.schedule.status import status_of

        with terminal.worker(folder) as worker:
            found = status_of(worker, timetable(worker, worker.settings.syncs))
            if json:
                ends = certificates.document(worker.settings, now=worker.clock.now())
                terminal.document("status", {**_document(found), "certificates": ends})
            else:
                _write_status(terminal, found)
                for line in certificates.lines(terminal, worker.settings, now=worker.clock.now()):
                    terminal.write(line)
        return Code.DONE


def _write_status(terminal: Terminal, found: "Status") -> None:
    from sync.views import phrases

    if key := _ZONES.get(found.table.origin):
        terminal.write(terminal.say(key, zone=found.table.zone))
    for each in found.syncs:
        _write_sync(terminal, each)
    for pause in found.pauses:
        what = pause.sync or terminal.say("cli.pause.everything")
        zone = next((zone_of(each.sync) for each in found.syncs if each.name == pause.sync), found.table.zone)
        until = terminal.say("cli.status.until", until=_time(terminal, pause.until, zone)) if pause.until else ""
        terminal.write(
            terminal.say("cli.status.paused", what=what, by=pause.by, reason=pause.reason or "-", until=until)
        )
    for key, plans in (("cli.plan.waits", found.waiting), ("cli.plan.compared", found.compared)):
        for plan_id, count in plans.items():
            terminal.write(terminal.say(key, plan=plan_id, count=phrases.number(count)))
    if found.runs:
        terminal.write(terminal.say("cli.status.runs"))
    for run in found.runs:
        state = run.outcome or "running"
        verb, outcome = _named(terminal, "verb", run.verb), _named(terminal, "outcome", state)
        terminal.write("  ".join(filter(None, ("", run.run_id, verb, outcome, drift.line(terminal, run)))))


def _named(terminal: Terminal, kind: str, word: str) -> str:
    """A verb or an outcome; one that another version of leadsync wrote, as it stands."""
    from config.words.catalogue import catalogue

    return terminal.say(f"{kind}.{word}") if f"{kind}.{word}" in catalogue() else word


def zone_of(sync: "Sync") -> str:
    return sync.time_zone or "UTC"


def _write_sync(terminal: Terminal, each: "SyncStatus") -> None:
    zone = zone_of(each.sync)
    verb = terminal.say(f"verb.{each.sync.verb}")
    terminal.write(terminal.say("cli.status.sync", sync=each.name, verb=verb, cron=each.sync.cron, zone=zone))
    if each.last is not None:
        terminal.write("  " + _last(terminal, each.last, zone))
    if each.since is not None and each.last_done is None:
        terminal.write("  " + terminal.say("cli.status.never", since=_time(terminal, each.since, zone)))
    if each.is_late:
        terminal.write("  " + terminal.say("cli.status.late"))
    times = ", ".join(_time(terminal, due, zone) for due in each.next)
    terminal.write("  " + terminal.say("cli.status.next", times=times))


def _last(terminal: Terminal, slot: "Slot", zone: str) -> str:
    told = terminal.say(
        "cli.status.last", due=_time(terminal, slot.due_at, zone), state=terminal.say(f"slot.{slot.state}")
    )
    if slot.missed:
        told += terminal.say("cli.status.missed", count=slot.missed)
    return f"{told} [{', '.join(slot.codes)}]" if slot.codes else told


def _time(terminal: Terminal, at: datetime, zone: str) -> str:
    from sync.views import phrases

    return phrases.time(at, zone=zone, words=terminal.words)


def _document(found: "Status") -> dict[str, object]:
    from sync.store.figures import figures_body

    return {
        "at": found.at.isoformat(),
        "time_zone": found.table.zone,
        "time_zone_from": found.table.origin.value,
        "syncs": [
            {
                "name": each.name,
                "verb": each.sync.verb.value,
                "cron": each.sync.cron,
                "time_zone": each.sync.time_zone,
                "catch_up": each.sync.catch_up.value,
                "is_paused": each.pause is not None,
                "is_late": each.is_late,
                "known_since": each.since.isoformat() if each.since else None,
                "has_succeeded": each.last_done is not None,
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
        "compared": dict(found.compared),
        "runs": [
            {"run": run.run_id, "verb": run.verb, "outcome": run.outcome, "figures": figures_body(run.figures)}
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
