"""Reports are kept as long as `report_days` says: they hold personal data."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from sync.reports.forms import Form
from sync.run import Run
from sync.store import runs

# Files of ours begin with the id of their run, which begins with its time; whatever else people keep here is theirs.
_ENDINGS = "|".join(ending for form in Form for ending in form.endings)
_OURS = re.compile(rf"[^-]*-[0-9]{{4,}}(-[a-z]+)?\.({_ENDINGS})")


def retire_reports(run: Run) -> int:
    """Remove reports that have been kept as long as `report_days` says; how many files."""
    settings = run.worker.settings
    return retire(settings.data_folder / "reports", before=run.now - timedelta(days=settings.report_days))


def retire(folder: Path, *, before: datetime) -> int:
    """Remove the reports of runs before then, in every form; how many files."""
    old = [path for path in folder.glob("*") if (at := _run_at(path)) is not None and at < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _run_at(path: Path) -> datetime | None:
    return runs.began_at(path.name) if _OURS.fullmatch(path.name) else None
