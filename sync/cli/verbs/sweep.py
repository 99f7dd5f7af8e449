"""`leadsync sweep`: compare the mirror with the org record by record, mend what differs, and say what it was."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from engine.errors import OrgError
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.output import drift
from sync.cli.terminal import Terminal
from sync.store.vocabulary import RunVerb

if TYPE_CHECKING:
    from sync.run import Run


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)
    gone_option = options.option(words, "accept_gone", "--accept-gone", default=False)

    @app.command("sweep", help=words.say("cli.sweep"))
    def sweep(*, folder: Path = folder_option, accept_gone: bool = gone_option, json: bool = json_option) -> int:
        from sync.pull.sweep import sweep

        run: Run | None = None
        try:
            with terminal.worker(folder) as worker, terminal.run(worker, RunVerb.SWEEP) as run:
                sweep(run, accepts_gone=accept_gone)
        except OrgError:
            # Of one object so much has vanished that it was left as it is: the others were mended all the same.
            if run is not None and not json:
                drift.write(terminal, run.run_id, run.figures, as_json=False)
            raise
        drift.write(terminal, run.run_id, run.figures, as_json=json)
        return Code.DONE
