"""Keep a report where people find it: one page, one table and one document per plan, in the reports folder."""

from pathlib import Path

from config.words.catalogue import Words
from sync.reports import document, page, table
from sync.reports.report import RunReport


def write_reports(report: RunReport, folder: Path, words: Words) -> dict[str, Path]:
    """`html`, `csv` and `json` of a report, readable by their owner only; older ones of the same plan are replaced."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {
        "html": page.html(report, words).encode(),
        "csv": table.csv(report, words).encode(),
        "json": document.json(report, words).encode(),
    }
    paths = {kind: folder / f"{report.run_id}.{kind}" for kind in made}
    for kind, path in paths.items():
        path.touch(mode=0o600)
        path.write_bytes(made[kind])
    return paths
