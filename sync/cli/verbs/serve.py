"""`leadsync serve`: run every sync when it is due, until told to end."""

import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from config.words.catalogue import Words
from engine.errors import LeadsyncError
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal

if TYPE_CHECKING:
    from socket import socket

    from sync.run import Worker
    from sync.schedule.runner import Opening
    from sync.schedule.serve import Server
    from sync.store.slots import Slot


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option = options.folder(words)
    port_option, host_option = options.port(words), options.host(words)

    @app.command("serve", help=words.say("cli.serve"))
    def serve(*, folder: Path = folder_option, port: int | None = port_option, host: str = host_option) -> int:
        from config.settings.settings import load_settings
        from sync.app import open_workers

        terminal.folder = folder
        terminal.words = Words(load_settings(folder).language)
        door = door_at(port, host=host)
        with open_workers(folder) as opening:
            keep_serving(terminal, opening, door)
        return Code.DONE


def door_at(port: int | None, *, host: str) -> "socket | None":
    """Where health will answer; asked for first, because nothing should have begun when the port is taken."""
    from sync.schedule.health import listen

    return listen(port, host=host) if port is not None else None


def keep_serving(terminal: Terminal, opening: "Opening", door: "socket | None") -> None:
    """Serve until TERM or Ctrl-C: the first ends in order, the second at once."""
    from config.settings.settings import supervisor
    from sync.host.shutdown import on_signals
    from sync.schedule.health import answering
    from sync.schedule.serve import TICK_SECONDS, Server
    from sync.schedule.watch import notifier, tick_seconds

    with opening() as worker, ExitStack() as stack:
        voice = Voice(terminal, worker)
        manager = supervisor()
        server = Server(
            worker, opening, terminal.run, voice.slot, voice.told_to_end,
            notify=notifier(manager), tick_seconds=tick_seconds(manager, at_most=TICK_SECONDS),
        )  # fmt: skip
        stack.enter_context(on_signals(server.shutdown, signal.SIGTERM, signal.SIGINT))
        voice.begins(server)
        if door is not None:
            stack.enter_context(answering(server, door))
            voice.listens(*door.getsockname()[:2])
        server.serve()
        voice.ends()


@dataclass(frozen=True, slots=True)
class Voice:
    """How a schedule speaks: sentences on a terminal, one line of JSON for each event elsewhere.

    Who `tells_slots_later` says on a terminal only what went wrong meanwhile.
    """

    terminal: Terminal
    worker: "Worker"
    tells_slots_later: bool = False

    def begins(self, server: "Server") -> None:
        from sync.schedule.due import next_times
        from sync.views import phrases

        for name, sync in server.schedule.syncs.items():
            due = next(iter(next_times(sync, after=self.worker.clock.now(), count=1)), None)
            zone = sync.time_zone or "UTC"
            self._say(
                "cli.serve.sync", "sync scheduled",
                {"sync": name, "verb": sync.verb.value, "due": f"{due:%Y-%m-%dT%H:%M:%SZ}" if due else None},
                sync=name, verb=self.terminal.say(f"verb.{sync.verb}"), cron=sync.cron, zone=zone,
                due=phrases.time(due, zone=zone, words=self.terminal.words) if due else "-",
            )  # fmt: skip

    def listens(self, host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        self._say("cli.serve.health", "health answers", {"port": port}, url=f"http://{shown}:{port}/readyz")

    def told_to_end(self) -> None:
        self._say("cli.serve.ending", "told to end", {})

    def ends(self) -> None:
        self._say("cli.serve.ended", "served", {})

    def slot(self, slot: "Slot | None", error: LeadsyncError | None) -> None:
        """How a slot ended, or what else went wrong."""
        from sync.host.log import places_of

        codes = [problem.code for problem in error.problems] if error else []
        if error is not None and self._is_terminal:
            self.terminal.talk(self.terminal.words.error(error))
        if slot is None:
            if not self._is_terminal:
                self._log("schedule disturbed", {"codes": codes}, level="warning")
            return
        due = f"{slot.due_at:%Y-%m-%dT%H:%M:%SZ}"
        facts: dict[str, object] = {"sync": slot.sync, "due": due, "state": slot.state.value, "missed": slot.missed,
                                    "run": slot.run_id, "codes": codes}  # fmt: skip
        if error is not None and error.__cause__ is not None:
            facts["trace"] = places_of(error.__cause__)
        if not (self._is_terminal and self.tells_slots_later):
            self._say("cli.serve.slot", "slot finished", facts, sync=slot.sync, due=self._local(slot),
                      state=self.terminal.say(f"slot.{slot.state}"))  # fmt: skip

    def _local(self, slot: "Slot") -> str:
        from sync.views import phrases

        return phrases.time(slot.due_at, zone=self._zone(slot.sync), words=self.terminal.words)

    def _zone(self, name: str) -> str:
        from sync.schedule.schedule import timetable

        found = timetable(self.worker, self.worker.settings.syncs)
        sync = found.syncs.get(name)
        return sync.time_zone if sync and sync.time_zone else found.zone

    @property
    def _is_terminal(self) -> bool:
        return self.terminal.err.isatty()

    def _say(self, key: str, event: str, facts: Mapping[str, object], **params: str) -> None:
        if self._is_terminal:
            self.terminal.talk(self.terminal.say(key, **params))
        else:
            self._log(event, facts)

    def _log(self, event: str, facts: Mapping[str, object], *, level: str = "info") -> None:
        import logging

        from sync.host.log import open_log

        log = open_log(self.terminal.err, now=self.worker.clock.now)
        log.log(logging.getLevelNamesMapping()[level.upper()], event, **facts)
