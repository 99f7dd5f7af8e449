"""`leadsync report`: a plan and what became of it, to take away: a page, a table for spreadsheets, and JSON."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from engine.errors import UsageError
from sync.cli import options
from sync.cli.codes import Code
from sync.cli.session import Session

if TYPE_CHECKING:
    from sync.reports.report import RunReport


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
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
        from sync.cli.plans import report_named
        from sync.reports.document import json as as_document
        from sync.reports.files import write_reports

        with session.worker(folder) as worker:
            made = report_named(worker, plan)
        if to is not None:
            _write_private(to, _rendered(session, made, to))
        if json:
            session.write(as_document(made, session.words).rstrip("\n"))
        elif to is not None:
            session.write(str(to))
        else:
            # Beside the store, where init keeps it out of git and away from other users.
            for path in write_reports(made, worker.settings.data_folder / "reports", session.words).values():
                session.write(str(path))
        return Code.DONE


def _rendered(session: Session, made: "RunReport", to: Path) -> str:
    """The report as the file's ending says."""
    from sync.reports import document, page, table

    match to.suffix.lower():
        case ".html" | ".htm":
            return page.html(made, session.words)
        case ".csv":
            return table.csv(made, session.words)
        case ".json":
            return document.json(made, session.words)
        case _:
            raise UsageError.of("CL-105", str(to))


def _write_private(path: Path, text: str) -> None:
    """A report holds personal data: only its owner may read the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text.encode())
