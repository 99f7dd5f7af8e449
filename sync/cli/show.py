"""`leadsync show`: a plan, how its changes stand, and each of them."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.codes import Code
from sync.cli.session import Session


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option, json_option, plan_argument = options.folder(words), options.as_json(words), options.plan(words)

    @app.command("show", help=words.say("cli.show"))
    def show(*, plan: str | None = plan_argument, folder: Path = folder_option, json: bool = json_option) -> int:
        from sync.cli.plans import tell

        with session.worker(folder) as worker:
            tell(session, worker, plan, as_json=json, with_changes=True)
        return Code.DONE
