"""`leadsync reject`: turn waiting changes down; they are not proposed again until they would mean something else."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.approve import chosen
from sync.cli.codes import Code
from sync.cli.session import Session


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option = options.folder(words)
    all_option = options.option(words, "all", "--all", default=False)
    reason_option = options.option(words, "reason", "--reason", default=..., metavar="TEXT")
    plan_argument = options.plan(words)
    changes_argument = options.argument(words, "changes", default=None, metavar="[CHANGE]...")

    @app.command("reject", help=words.say("cli.reject"))
    def reject(
        *,
        plan: str | None = plan_argument,
        changes: list[str] | None = changes_argument,
        everything: bool = all_option,
        reason: str = reason_option,
        folder: Path = folder_option,
    ) -> int:
        from sync import review

        named = chosen(changes, everything=everything)
        with session.worker(folder) as worker:
            count = review.reject(worker, plan, change_ids=named, approver=worker.person, reason=reason)
        session.write(session.say("cli.rejected", count=count))
        return Code.DONE
