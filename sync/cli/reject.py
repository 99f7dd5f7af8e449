"""`leadsync reject`: turn waiting changes down; they are not proposed again until they would mean something else."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.choosing import Choosing, selection_of
from sync.cli.codes import Code
from sync.cli.session import Session


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option, choosing = options.folder(words), Choosing(words)
    reason_option = options.option(words, "reason", "--reason", default=..., metavar="TEXT")

    @app.command("reject", help=words.say("cli.reject"))
    def reject(
        *,
        plan: str | None = choosing.plan,
        changes: list[str] | None = choosing.changes,
        everything: bool = choosing.everything,
        owner: list[str] = choosing.owner,
        to_owner: list[str] = choosing.taker,
        from_owner: list[str] = choosing.giver,
        rule: list[str] = choosing.rule,
        where: list[str] = choosing.where,
        reason: str = reason_option,
        folder: Path = folder_option,
    ) -> int:
        from sync.review import decisions as review
        from sync.review.selection import chosen

        selection = selection_of(
            changes, everything=everything, owner=owner, taker=to_owner, giver=from_owner, rule=rule, where=where
        )
        with session.worker(folder) as worker:
            if owner or to_owner or from_owner or rule or where:
                plan, ids = chosen(worker, plan, selection)
                named: list[str] | None = list(ids)
            else:
                named = None if everything else changes
            count = review.reject(worker, plan, change_ids=named, approver=worker.person, reason=reason)
        session.write(session.say("cli.rejected", count=count))
        return Code.DONE
