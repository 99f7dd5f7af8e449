"""`leadsync lift`: let what was rejected or refused be proposed again."""

from pathlib import Path

import typer

from engine.errors import UsageError
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option = options.folder(words)
    all_option = options.option(words, "all_quiet", "--all", default=False)
    records_argument = options.argument(words, "records", default=None, metavar="[RECORD]...")

    @app.command("lift", help=words.say("cli.lift"))
    def lift(
        *, records: list[str] | None = records_argument, everything: bool = all_option, folder: Path = folder_option
    ) -> int:
        from sync.review import decisions

        if bool(records) == everything:
            raise UsageError.of("CL-106")  # no records were named
        with terminal.worker(folder) as worker:
            count = decisions.lift(worker.store, record_ids=records or None, actor=worker.person, at=worker.clock.now())
        terminal.write(terminal.say("cli.lifted", count=count))
        return Code.DONE
