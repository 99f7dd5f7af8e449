"""Keep a report where people find it: one page, one table and one document per plan, in the reports folder."""

from collections.abc import Iterable
from pathlib import Path

from config.words.catalogue import Words
from engine.errors import UsageError
from sync.reports import document, page, table
from sync.reports.forms import Form
from sync.views.report import RunReport


def write_reports(report: RunReport, folder: Path, words: Words) -> dict[Form, Path]:
    """A report in every form, readable by its owner only; older ones of the same plan are replaced."""
    return {form: write_report(report, folder / f"{report.heading.run_id}.{form}", words) for form in Form}


def write_report(report: RunReport, path: Path, words: Words) -> Path:
    """One file, as its ending says. It holds personal data: only its owner may read it. UsageError CL-105."""
    form = Form.of(path.suffix)
    if form is None:
        raise UsageError.of("CL-105", str(path))  # a report is a .html, .csv or .json file
    return write_private(path, _parts(report, form, words))


def _parts(report: RunReport, form: Form, words: Words) -> Iterable[str]:
    match form:
        case Form.HTML:
            return [page.html(report, words)]
        case Form.CSV:
            return table.csv_lines(report, words)
        case Form.JSON:
            return document.json_parts(report, words)


def write_private(path: Path, parts: Iterable[str]) -> Path:
    """Text that may be long, into a file of its owner's alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(parts)
    return path
