"""`leadsync give-back`: let the rules decide again what somebody else has put in place of ours."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option = options.folder(words)
    records_argument = options.argument(words, "records", default=..., metavar="RECORD...")
    fields_option = options.option(words, "given_field", "--field", default=None, metavar="FIELD")

    @app.command("give-back", help=words.say("cli.give-back"))
    def give_back(
        *, records: list[str] = records_argument, fields: list[str] | None = fields_option, folder: Path = folder_option
    ) -> int:
        from sync.review import decisions

        with terminal.worker(folder) as worker:
            count = decisions.give_back(worker, records, fields=fields or None, actor=worker.person)
        terminal.write(terminal.say("cli.given_back" if count else "cli.nothing_given_back", count=count))
        return Code.DONE
