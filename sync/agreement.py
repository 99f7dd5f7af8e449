"""Shadow: while a plan is made, compare the rulebook's verdicts with what the org holds.

The counts are kept with the run; each difference is a line of a file for spreadsheets in the reports folder.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from csv import writer
from dataclasses import astuple, fields
from pathlib import Path
from typing import TypeAlias

from engine.agreement import Agreement, Difference, told
from engine.directory import Directory
from engine.memory import Memory
from engine.rulebooks import Operation
from engine.snapshots import Range
from mapping.maps import FieldMap
from sync.reports.table import BYTE_ORDER_MARK, safe
from sync.run import Run

Compare: TypeAlias = Callable[[Range, Memory], None]

# What Account Engagement keeps on a record, beside our own verdict of the same kind.
_RIVALS = {"pi__grade__c": "grade", "pi__score__c": "score"}


@contextmanager
def comparing(run: Run, directory: Directory) -> Iterator[Compare]:
    """What to call with each range; outside of shadow it does nothing."""
    worker = run.worker
    if worker.rulebook.operation is not Operation.SHADOW:
        yield lambda _part, _memory: None
        return
    agreement = Agreement(worker.rulebook, directory, run.moment, rivals_of(worker.field_map))
    path = agreement_file(worker.settings.data_folder, run.run_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BYTE_ORDER_MARK)
        lines = writer(file, lineterminator="\r\n")
        lines.writerow(each.name for each in fields(Difference))

        def compare(part: Range, memory: Memory) -> None:
            for difference in agreement.compare(part, memory):
                lines.writerow([safe(cell) for cell in astuple(difference)])

        yield compare
    run.figures["agreement"] = told(agreement.columns)


def agreement_file(data_folder: Path, run_id: str) -> Path:
    """Where the differences of a plan made in shadow are listed."""
    return data_folder / "reports" / f"{run_id}-agreement.csv"


def rivals_of(field_map: FieldMap) -> dict[str, str]:
    """Mapped fields that hold somebody else's verdict -> what we call ours."""
    return {
        mapped.name: _RIVALS[mapped.api_name]
        for object_map in field_map.objects
        for mapped in object_map.fields
        if mapped.api_name in _RIVALS
    }
