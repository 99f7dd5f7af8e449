"""`leadsync resume`: end a pause; what was missed meanwhile is caught up as settings.yaml says."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.session import Session
from sync.cli.verbs.pause import refuse_unknown


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option, sync_argument = options.folder(words), options.sync(words)

    @app.command("resume", help=words.say("cli.resume"))
    def resume(*, sync: str | None = sync_argument, folder: Path = folder_option) -> int:
        from sync.store import leases, pauses

        with session.worker(folder) as worker, worker.store.transaction() as tx:
            at = leases.time_of(tx, worker.clock.now)
            lifted = pauses.lift(tx, sync=sync, by=worker.person, at=at)
            if not lifted:
                # A sync that settings.yaml no longer names may still be paused; that pause could be lifted above.
                refuse_unknown(sync, worker.settings.syncs)
            left = pauses.stopping(tx, at=at, sync=sync)
        what = sync or session.say("cli.pause.everything")
        session.write(session.say("cli.resumed" if lifted else "cli.resumed.nothing", what=what))
        if left is not None:
            session.talk(session.say("cli.resumed.still"))
        return Code.DONE
