"""The forms a report is kept in: what is written goes again in time."""

from pathlib import Path

from config.words.catalogue import Language, Words
from sync.reports.files import write_reports
from sync.reports.forms import Form
from sync.retention import retire
from sync.views.report import RunReport


def test_all_that_is_written_of_a_run_is_removed_in_time(tmp_path: Path, report: RunReport) -> None:
    written = write_reports(report, tmp_path, Words(Language.ENGLISH))

    removed = retire(tmp_path, {report.heading.run_id})

    assert (list(written), removed, list(tmp_path.iterdir())) == (list(Form), len(Form), [])
