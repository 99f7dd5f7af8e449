"""`leadsync plan`: pull, decide, and save the difference as a plan. Nothing is written to the org.

`leadsync plan export` writes what waits for a decision into a workbook.
"""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code, code_after
from sync.cli.terminal import Terminal
from sync.store.vocabulary import RunVerb


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    group = typer.Typer(invoke_without_command=True)
    app.add_typer(group, name="plan", help=words.say("cli.plan"))
    folder_option, json_option = options.folder(words), options.as_json(words)
    owners_option = options.option(words, "owners", "--owners", default=False)
    whole_option = options.option(words, "whole", "--whole", default=False)
    detailed_option = options.detailed(words)

    @group.callback()
    def plan(
        context: typer.Context,
        *,
        folder: Path = folder_option,
        owners: bool = owners_option,
        whole: bool = whole_option,
        json: bool = json_option,
        detailed_exitcode: bool = detailed_option,
    ) -> int:
        if context.invoked_subcommand is not None:
            return Code.DONE
        from mapping.field_map.check import lints
        from sync.cli.output.plan import write_plan
        from sync.cycle import propose
        from sync.plan.lookup import held_of

        with terminal.worker(folder) as worker:
            with terminal.run(worker, RunVerb.PLAN) as run:
                proposed = propose(run, with_owners=owners, looks_at_all=whole)
            write_plan(terminal, worker, run.run_id, as_json=json, with_changes=False)
            for problem in lints(worker.field_map):
                terminal.talk(terminal.words.problem(problem))
            code = code_after(held_of(worker.store))
        return Code.CHANGES if code is Code.DONE and detailed_exitcode and proposed.proposed else code

    _add_export(group, terminal)


def _add_export(group: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, plan_argument = options.folder(words), options.plan(words)
    to_option = options.option(words, "xlsx", "--xlsx", default=..., metavar="FILE")

    @group.command("export", help=words.say("cli.plan.export"))
    def export(*, plan: str | None = plan_argument, to: Path = to_option, folder: Path = folder_option) -> int:
        from sync.cli.output.plan import report_named
        from sync.reports.workbook import write_workbook
        from sync.review.workbook_lines import refuse_loss

        refuse_loss(to)
        with terminal.worker(folder) as worker:
            count = write_workbook(report_named(worker, plan), to, terminal.words)
        terminal.write(terminal.say("cli.plan.exported", file=str(to), count=count))
        terminal.talk(terminal.say("cli.plan.exported.next", file=str(to)))
        return Code.DONE
