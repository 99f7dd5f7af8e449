"""`leadsync approve`: let waiting changes of a plan through: all, some, or what a workbook says."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.choosing import Choosing, decide_by_sheet, selection_of
from sync.cli.codes import Code
from sync.cli.session import Session


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option, choosing = options.folder(words), Choosing(words)
    reason_option = options.option(words, "reason_approve", "--reason", default="", metavar="TEXT")

    @app.command("approve", help=words.say("cli.approve"))
    def approve(
        *,
        plan: str | None = choosing.plan,
        changes: list[str] | None = choosing.changes,
        everything: bool = choosing.everything,
        owner: list[str] = choosing.owner,
        to_owner: list[str] = choosing.taker,
        from_owner: list[str] = choosing.giver,
        rule: list[str] = choosing.rule,
        where: list[str] = choosing.where,
        sheet: Path | None = choosing.sheet,
        reason: str = reason_option,
        folder: Path = folder_option,
    ) -> int:
        from sync.review import decisions as review
        from sync.review.selection import chosen

        terms = [*owner, *to_owner, *from_owner, *rule, *where]
        with session.worker(folder) as worker:
            if sheet is not None:
                others = bool(plan or changes or everything or terms)
                decide_by_sheet(session, worker, sheet, reason=reason, others=others)
                return Code.DONE
            selection = selection_of(
                changes, everything=everything, owner=owner, taker=to_owner, giver=from_owner, rule=rule, where=where
            )
            if terms:
                plan, ids = chosen(worker, plan, selection)
                named: list[str] | None = list(ids)
            else:
                named = None if everything else changes
            count = review.approve(worker, plan, change_ids=named, approver=worker.person, reason=reason)
        session.write(session.say("cli.approved", count=count))
        return Code.DONE
