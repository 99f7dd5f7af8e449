"""Keep a report where people find it: one page, one table and one document per plan, in the reports folder."""

from collections.abc import Iterable
from pathlib import Path

from config.words.catalogue import Words
from engine.errors import UsageError
from sync.reports import document, page, table
from sync.views.report import RunReport


def write_reports(report: RunReport, folder: Path, words: Words) -> dict[str, Path]:
    """`html`, `csv` and `json` of a report, readable by their owner only; older ones of the same plan are replaced."""
    return {
        kind: write_report(report, folder / f"{report.heading.run_id}.{kind}", words)
        for kind in ("html", "csv", "json")
    }


def write_report(report: RunReport, path: Path, words: Words) -> Path:
    """One file, as its ending says. It holds personal data: only its owner may read it. UsageError CL-105."""
    match path.suffix.lower():
        case ".html" | ".htm":
            return write_private(path, [page.html(report, words)])
        case ".csv":
            return write_private(path, table.csv_lines(report, words))
        case ".json":
            return write_private(path, document.json_parts(report, words))
        case _:
            raise UsageError.of("CL-105", str(path))


def write_private(path: Path, parts: Iterable[str]) -> Path:
    """Text that may be long, into a file of its owner's alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(parts)
    return path
