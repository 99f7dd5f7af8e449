"""`leadsync reject`: turn waiting changes down; they are not proposed again until they would mean something else."""

from pathlib import Path

import typer

from engine.errors import UsageError
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal
from sync.cli.which_changes import Choice, Choosing


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
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
        from sync.review import decisions

        choice = Choice(plan, changes or [], everything, owner, to_owner, from_owner, rule, where)
        choice.refuse_silence()
        if not reason.strip():
            raise UsageError.of("CL-116")  # a rejection needs a reason
        with terminal.worker(folder) as worker:
            plan, named = choice.meant(worker)
            count = decisions.reject(worker, plan, change_ids=named, approver=worker.person, reason=reason)
        terminal.write(terminal.say("cli.rejected", count=count))
        return Code.DONE
