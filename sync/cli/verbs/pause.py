"""`leadsync pause` and, in `resume.py`, its end: let a sync, or everything, stand still."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from config.files.problems import nearest
from engine.errors import UsageError
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal

if TYPE_CHECKING:
    from sync.run import Worker


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, sync_argument = options.folder(words), options.sync(words)
    until_option = options.option(words, "until", "--until", default=None, metavar="TIME")
    reason_option = options.option(words, "pause_reason", "--reason", default="", metavar="TEXT")

    @app.command("pause", help=words.say("cli.pause"))
    def pause(
        *,
        sync: str | None = sync_argument,
        until: str | None = until_option,
        reason: str = reason_option,
        folder: Path = folder_option,
    ) -> int:
        from sync.store import leases, pauses
        from sync.views import phrases

        with terminal.worker(folder) as worker:
            refuse_unknown(sync, worker.settings.syncs)
            zone = zone_of(worker, sync)
            with worker.store.transaction() as tx:
                at = leases.time_of(tx, worker.clock.now)
                end = _moment(until, zone, at) if until else None
                pauses.pause(tx, sync=sync, by=worker.person, reason=reason, at=at, until=end)
            what = sync or terminal.say("cli.pause.everything")
            if end is None:
                terminal.write(terminal.say("cli.paused", what=what))
            else:
                shown = phrases.time(end, zone=zone, words=terminal.words)
                terminal.write(terminal.say("cli.paused.until", what=what, until=shown, zone=zone))
        return Code.DONE


def refuse_unknown(sync: str | None, known: Iterable[str]) -> None:
    """UsageError SC-104 for a sync that settings.yaml does not name."""
    if sync is not None and sync not in known:
        names = sorted(known)
        # there is no sync {given!r}
        raise UsageError.of("SC-104", given=sync, meant=nearest(sync, names), known=", ".join(names))


def zone_of(worker: "Worker", sync: str | None) -> str:
    """The time zone of a sync; that of syncs without one when everything is meant."""
    from sync.schedule.schedule import timetable

    found = timetable(worker, worker.settings.syncs)
    return found.zone if sync is None else found.syncs[sync].time_zone or found.zone


def _moment(given: str, zone: str, now: datetime) -> datetime:
    """`2026-12-28` (0:00 of that day), `2026-12-28T18:00`, or with an offset of its own. UsageError SC-105."""
    try:
        found = datetime.fromisoformat(given.strip())
    except ValueError:
        raise UsageError.of("SC-105", given=given) from None  # {given!r} is no date or time
    at = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    if at <= now:
        raise UsageError.of("SC-106", given=given)  # {given!r} is over already
    return at
