"""`leadsync approve`: let waiting changes of a plan through, all of them or those that are named."""

from pathlib import Path

import typer

from engine.errors import UsageError
from sync.cli import options
from sync.cli.codes import Code
from sync.cli.session import Session


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option = options.folder(words)
    all_option = options.option(words, "all", "--all", default=False)
    plan_argument = options.plan(words)
    changes_argument = options.argument(words, "changes", default=None, metavar="[CHANGE]...")

    @app.command("approve", help=words.say("cli.approve"))
    def approve(
        *,
        plan: str | None = plan_argument,
        changes: list[str] | None = changes_argument,
        everything: bool = all_option,
        folder: Path = folder_option,
    ) -> int:
        from sync import review

        named = chosen(changes, everything=everything)
        with session.worker(folder) as worker:
            count = review.approve(worker, plan, change_ids=named, approver=worker.person)
        session.write(session.say("cli.approved", count=count))
        return Code.DONE


def chosen(changes: list[str] | None, *, everything: bool) -> list[str] | None:
    """The named changes, or None for all. One of the two must be said: nothing is approved by forgetting an argument."""
    if bool(changes) == everything:
        raise UsageError.of("CL-104")
    return changes or None
