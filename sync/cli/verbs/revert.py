"""`leadsync revert`: plan to take back what a run applied. Nothing is written until that plan is approved and applied."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal
from sync.store.vocabulary import RunVerb


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)
    run_argument = options.argument(words, "run", default=..., metavar="RUN")

    @app.command("revert", help=words.say("cli.revert"))
    def revert(*, run: str = run_argument, folder: Path = folder_option, json: bool = json_option) -> int:
        from sync.cli.output.plan import write_plan
        from sync.plan import revert as reverting
        from sync.views.phrases import number

        with terminal.worker(folder) as worker:
            with terminal.run(worker, RunVerb.REVERT) as ours:
                reversal = reverting.revert(ours, run)
            write_plan(terminal, worker, ours.run_id, as_json=json, with_changes=False)
        if reversal.left:
            left = number(reversal.left)
            terminal.talk(terminal.say("cli.reverted.left", count=left, plan=ours.run_id))
            for why, count in reversal.why:
                terminal.talk(f"  {number(count):>8}  {terminal.words.message(why)}")
        return Code.PARTLY if reversal.left else Code.DONE
