"""`leadsync init`: write a folder to start from, for the sandbox org or a real one."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal

SANDBOX_LEADS = 500


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option = options.folder(words)
    org_option = options.option(words, "org", "--org", default="sandbox", metavar="ADDRESS")
    starter_option = options.option(words, "starter", "--starter", default="manufacturer", metavar="NAME")

    @app.command("init", help=words.say("cli.init"))
    def init(*, folder: Path = folder_option, org: str = org_option, starter: str = starter_option) -> int:
        from config.settings.settings import SANDBOX
        from config.starters.start import start_folder

        written = start_folder(folder, org=org, starter=starter)
        if org == SANDBOX:
            from sync.app import found_sandbox

            found_sandbox(folder, leads=SANDBOX_LEADS, seed=1)
        terminal.write(terminal.say("cli.started", folder=str(folder), files=len(written)))
        terminal.talk(terminal.say("cli.started.next", folder=str(folder)))
        return Code.DONE
