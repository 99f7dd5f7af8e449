"""`leadsync report`: a plan and what became of it, to take away: a page, a table for spreadsheets, and JSON.

Of a sweep it is what the sweep found.
"""

from pathlib import Path

import typer

from engine.errors import UsageError
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.output import drift
from sync.cli.terminal import Terminal
from sync.store.vocabulary import RunVerb


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option, plan_argument = options.folder(words), options.as_json(words), options.plan(words)
    to_option = options.option(words, "to", "--to", default=None, metavar="FILE")

    @app.command("report", help=words.say("cli.report"))
    def report(
        *,
        plan: str | None = plan_argument,
        to: Path | None = to_option,
        folder: Path = folder_option,
        json: bool = json_option,
    ) -> int:
        from sync.cli.output.plan import report_named
        from sync.reports.document import json_parts
        from sync.reports.files import write_report, write_reports
        from sync.store import runs

        with terminal.worker(folder) as worker:
            with worker.store.read() as tx:
                swept = runs.named(tx, plan, verb=RunVerb.SWEEP) if plan else None
            if swept:
                if to is not None:
                    raise UsageError.of("CL-122", str(to), run=swept.run_id)  # run {run} is a sweep: what it found is…
                drift.write(terminal, swept.run_id, swept.figures, as_json=json)
                return Code.DONE
            made = report_named(worker, plan)
            written = [] if to is None else [write_report(made, to, terminal.words)]
            if json:
                for part in json_parts(made, terminal.words):
                    terminal.out.write(part)
            elif to is None:
                # Beside the store, where init keeps it out of git and away from other users.
                written = [*write_reports(made, worker.settings.data_folder / "reports", terminal.words).values()]
            for path in [] if json else written:
                terminal.write(str(path))
        return Code.DONE
