"""`leadsync apply`: write what is approved, and settle what an interrupted run left open."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import code_after
from sync.cli.terminal import Terminal
from sync.store.vocabulary import RunVerb


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)

    @app.command("apply", help=words.say("cli.apply"))
    def apply(*, folder: Path = folder_option, json: bool = json_option) -> int:
        from sync.cli.output.plan import write_settlement
        from sync.cycle import settle

        with terminal.worker(folder) as worker, terminal.run(worker, RunVerb.APPLY) as run:
            settlement = settle(run)
        write_settlement(terminal, run, settlement, as_json=json)
        return code_after(settlement.states)
