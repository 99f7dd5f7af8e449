"""`leadsync resume`: end a pause; what was missed meanwhile is caught up as settings.yaml says."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal
from sync.cli.verbs.pause import refuse_unknown


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, sync_argument = options.folder(words), options.sync(words)

    @app.command("resume", help=words.say("cli.resume"))
    def resume(*, sync: str | None = sync_argument, folder: Path = folder_option) -> int:
        from sync.store import leases, pauses

        with terminal.worker(folder) as worker, worker.store.transaction() as tx:
            at = leases.time_of(tx, worker.clock.now)
            lifted = pauses.lift(tx, sync=sync, by=worker.person, at=at)
            if not lifted:
                # A sync that settings.yaml no longer names may still be paused; that pause could be lifted above.
                refuse_unknown(sync, worker.settings.syncs)
            left = pauses.stopping(tx, at=at, sync=sync)
        what = sync or terminal.say("cli.pause.everything")
        terminal.write(terminal.say("cli.resumed" if lifted else "cli.resumed.nothing", what=what))
        if left is not None:
            terminal.talk(terminal.say("cli.resumed.still"))
        return Code.DONE
