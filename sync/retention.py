"""Reports are kept as long as `report_days` says: they hold personal data."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from config.settings.settings import Settings
from sync.reports.forms import Form
from sync.store import runs
from sync.store.database import Store

# Files of ours begin with the id of their run; whatever else people keep here is theirs.
_ENDINGS = "|".join(ending for form in Form for ending in form.endings)
_OURS = re.compile(rf"([^-]*-[0-9]{{4,}})(-[a-z]+)?\.({_ENDINGS})")


def retire_reports(store: Store, settings: Settings, *, at: datetime) -> int:
    """Remove reports that have been kept as long as `report_days` says; how many files."""
    with store.read() as tx:
        old = runs.begun(tx, before=at - timedelta(days=settings.report_days))
    return retire(settings.data_folder / "reports", old)


def retire(folder: Path, run_ids: Collection[str]) -> int:
    """Remove the reports of these runs, in every form; how many files."""
    old = [path for path in folder.glob("*") if (ours := _OURS.fullmatch(path.name)) and ours[1] in run_ids]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
