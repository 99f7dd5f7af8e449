"""`leadsync show`: a plan, how its changes stand, and each of them; or how far a plan in shadow agrees with the org."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option, plan_argument = options.folder(words), options.as_json(words), options.plan(words)
    agreement_option = options.option(words, "agreement", "--agreement", default=False)

    @app.command("show", help=words.say("cli.show"))
    def show(
        *,
        plan: str | None = plan_argument,
        agreement: bool = agreement_option,
        folder: Path = folder_option,
        json: bool = json_option,
    ) -> int:
        from sync.cli.output.plan import write_plan
        from sync.cli.output.shadow import write_agreement

        with terminal.worker(folder) as worker:
            if agreement:
                write_agreement(terminal, worker, plan, as_json=json)
                return Code.DONE
            write_plan(terminal, worker, plan, as_json=json, with_changes=True)
        return Code.DONE
