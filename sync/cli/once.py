"""`leadsync run --once`: what is due now, once, and then the end: for cron, systemd timers and Windows Task Scheduler."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from config.words.catalogue import Words
from engine.changes.states import State
from engine.errors import LeadsyncError
from sync.cli.exit_codes import Code, code_of, worst
from sync.cli.terminal import Terminal
from sync.cli.verbs.serve import Voice
from sync.store.vocabulary import SlotState

if TYPE_CHECKING:
    from sync.schedule.serve import Server
    from sync.store.slots import Slot


def run_once(terminal: Terminal, folder: Path, *, as_json: bool) -> Code:
    """The worst of what the slots came to, and at least 3 when something owed is paused.

    LeaseError (exit 8) when something is due and another run is at work.
    """
    from config.settings.settings import load_settings
    from sync.app import open_workers
    from sync.host.shutdown import on_signals
    from sync.schedule.dispatch import refuse_busy, standing_still
    from sync.schedule.serve import Server

    terminal.folder = folder
    terminal.words = Words(load_settings(folder).language)
    ended: list[tuple[Slot, LeadsyncError | None]] = []
    with open_workers(folder) as opening, opening() as worker:
        server = Server(worker, opening, terminal.run, Voice(terminal, worker, tells_slots_later=True).slot)
        with on_signals(server.shutdown, signal.SIGTERM):
            seen, now = server.schedule, worker.clock.now
            watched = seen.watch.seconds(now=now())
            refuse_busy(worker.store, seen.syncs, watched=watched, holder=worker.holder, clock=now)
            with server.watching():
                while (done := server.run_due()) is not None:
                    ended.append(done)
            seen = server.look()
            paused = standing_still(worker.store, seen.syncs, watched=seen.watch.seconds(now=now()), clock=now)
        _write(terminal, server, [slot for slot, _ in ended], paused, as_json=as_json)
    return worst([*(_code(slot, error) for slot, error in ended), *(Code.PARTLY for _ in paused)])


def _code(slot: "Slot", error: "LeadsyncError | None") -> Code:
    """As the verb itself would have ended."""
    if slot.state is SlotState.DONE:
        return Code.DONE
    return Code.PARTLY if error is None or slot.state is SlotState.PARTLY else code_of(error)


def _write(
    terminal: Terminal, server: "Server", ended: "Sequence[Slot]", paused: Sequence[str], *, as_json: bool
) -> None:
    from sync.schedule.due import next_times
    from sync.views import phrases

    now = server.worker.clock.now()
    syncs = server.schedule.syncs
    coming = {name: next(iter(next_times(sync, after=now, count=1)), None) for name, sync in syncs.items()}
    if as_json:
        told = [
            {"sync": slot.sync, "due_at": slot.due_at.isoformat(), "state": slot.state.value, "missed": slot.missed,
             "run": slot.run_id, "codes": list(slot.codes)}
            for slot in ended
        ]  # fmt: skip
        terminal.document(
            "schedule",
            {
                "slots": told,
                "paused": list(paused),
                "next": {name: due.isoformat() if due else None for name, due in coming.items()},
            },
        )
        return
    for slot in ended:
        terminal.write(_slot(terminal, server, slot))
    for name in paused:
        terminal.write(terminal.say("cli.once.paused", sync=name))
    if not ended and not paused:
        terminal.write(terminal.say("cli.once.nothing"))
    for name, due in coming.items():
        if due is not None:
            zone = syncs[name].time_zone or "UTC"
            shown = phrases.time(due, zone=zone, words=terminal.words)
            terminal.write(terminal.say("cli.once.next", sync=name, due=shown, zone=zone))


def _slot(terminal: Terminal, server: "Server", slot: "Slot") -> str:
    """What ran and how it ended, in one line: what was proposed, where the changes it touched stand, what a sweep found."""
    from sync.cli.output import drift
    from sync.store import runs
    from sync.views import phrases

    words, sync = terminal.words, server.schedule.syncs[slot.sync]
    with server.worker.store.read() as tx:
        run = runs.run(tx, slot.run_id) if slot.run_id else None
    told = ""
    if run and run.figures.plan:
        told += terminal.say("cli.once.proposed", count=phrases.number(run.figures.plan.proposed))
    if run and run.figures.apply:
        states = run.figures.apply.states
        for state in State:
            if count := states.get(state):
                said = phrases.state(state, is_shadow=False, words=words)
                told += terminal.say("cli.once.state", count=phrases.number(count), state=said)
    if run and (found := drift.line(terminal, run)):
        told += terminal.say("cli.once.drift", found=found)
    told += f" [{', '.join(slot.codes)}]" if slot.codes else ""
    due = phrases.time(slot.due_at, zone=sync.time_zone or "UTC", words=words)
    verb, ended = terminal.say(f"verb.{sync.verb}"), terminal.say(f"slot.{slot.state}")
    return terminal.say("cli.once.slot", sync=slot.sync, due=due, verb=verb, state=ended, figures=told)
