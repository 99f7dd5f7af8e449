"""`leadsync approve`: let waiting changes of a plan through: all, some, or what a workbook says."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal
from sync.cli.which_changes import Choice, Choosing, decide_by_sheet


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
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
        from sync.review import decisions

        choice = Choice(plan, changes or [], everything, owner, to_owner, from_owner, rule, where)
        with terminal.worker(folder) as worker:
            if sheet is not None:
                others = bool(plan or changes or everything or choice.terms)
                return decide_by_sheet(terminal, worker, sheet, reason=reason, others=others)
            choice.refuse_silence()
            plan, named = choice.meant(worker)
            count = decisions.approve(worker, plan, change_ids=named, approver=worker.person, reason=reason)
        terminal.write(terminal.say("cli.approved", count=count))
        if count:
            terminal.talk(terminal.say("cli.approved.next"))
        return Code.DONE
