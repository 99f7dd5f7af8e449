"""Agreement while a plan is made in shadow: the counts are kept with the run, each difference is a line of a file for
spreadsheets in the reports folder. (`engine/plan/shadow.py` compares, `sync/cli/output/shadow.py` shows the table.)
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from csv import writer
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.words.catalogue import Words
from engine.assignment.directory import Directory
from engine.changes.change import POOL, RuleRef
from engine.changes.memory import Memory
from engine.conditions.fields import Kind
from engine.plan.shadow import Agreement, Difference
from engine.rulebook.rulebook import Operation, Rulebook
from engine.snapshots import Range
from mapping.field_map.field_map import FieldMap
from mapping.field_map.labels import labels_of
from sync.reports.table import BYTE_ORDER_MARK, safe
from sync.run import Run
from sync.store import describes, runs
from sync.store.database import Store
from sync.store.figures import ColumnAgreement
from sync.views.shadow import Agreed

# What Account Engagement keeps on a record, beside our own verdict of the same kind.
_RIVALS = {"pi__grade__c": "grade", "pi__score__c": "score"}
_COLUMNS = ("record", "field", "theirs", "ours", "why")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """In shadow it counts each range and lists the differences; else it does nothing."""

    counted: Agreement | None = None
    write: Callable[[Difference], object] | None = None

    def __call__(self, part: Range, memory: Memory) -> None:
        if self.counted and self.write:
            for difference in self.counted.compare(part, memory):
                self.write(difference)

    def agreement(self) -> dict[str, ColumnAgreement] | None:
        if self.counted is None:
            return None
        step = self.counted.rulebook.score_step
        return {
            name: ColumnAgreement(
                column.agree,
                column.differ,
                column.org_empty,
                column.ours_empty,
                tuple((theirs, ours, count) for (theirs, ours), count in column.first_kinds()),
                column.near,
                None if column.near is None else step,
            )
            for name, column in self.counted.columns.items()
        }


@contextmanager
def comparing(run: Run, directory: Directory) -> Iterator[_Comparison]:
    """What to call with each range; outside of shadow it does nothing."""
    worker = run.worker
    if worker.rulebook.operation is not Operation.SHADOW:
        yield _Comparison()
        return
    choices = choices_of(worker.field_map)
    agreement = Agreement(worker.rulebook, directory, run.moment, rivals_of(worker.field_map), choices)
    with worker.store.read() as tx:
        labels = labels_of(worker.field_map, describes.every(tx))
    agreed = Agreed(Words(worker.settings.language), names_of(directory, worker.rulebook), labels)
    path = agreement_file(worker.settings.data_folder, run.run_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BYTE_ORDER_MARK)
        lines = writer(file, lineterminator="\r\n")
        lines.writerow(agreed.words.say(f"agreement.column.{name}") for name in _COLUMNS)
        yield _Comparison(
            agreement, lambda difference: lines.writerow([safe(cell) for cell in _cells(difference, agreed)])
        )
    _retire(worker.store, worker.settings.data_folder, run_id=run.run_id, at=run.at)


def agreement_file(data_folder: Path, run_id: str) -> Path:
    """Where the differences of a plan made in shadow are listed; of each day the last plan's list stays."""
    return data_folder / "reports" / f"{run_id}-agreement.csv"


def names_of(directory: Directory, rulebook: Rulebook) -> dict[str, str]:
    """What people call owners and pools."""
    users = {user.id: user.name for user in directory.users.values()}
    queues = {queue.id: queue.name for queue in directory.queues.values()}
    return users | queues | {str(RuleRef(POOL, pool.id)): pool.name for pool in rulebook.assignment.pools}


def rivals_of(field_map: FieldMap) -> dict[str, str]:
    """Mapped fields that hold somebody else's verdict -> what we call ours."""
    return {
        mapped.name: _RIVALS[mapped.api_name]
        for object_map in field_map.objects
        for mapped in object_map.fields
        if mapped.api_name in _RIVALS
    }


def choices_of(field_map: FieldMap) -> frozenset[str]:
    """Mapped fields that hold one of a few values, and nobody's data."""
    return frozenset(
        mapped.name
        for object_map in field_map.objects
        for mapped in object_map.fields
        if mapped.kind in {Kind.PICKLIST, Kind.BOOLEAN, Kind.GRADE}
    )


def _cells(difference: Difference, agreed: Agreed) -> list[str]:
    column = difference.column
    theirs, ours = (agreed.value(column, held) for held in (difference.theirs, difference.ours))
    return [difference.record_id, agreed.label(column), theirs, ours, agreed.why(difference.why)]


def _retire(store: Store, data_folder: Path, *, run_id: str, at: datetime) -> None:
    """Every plan lists all differences: those of earlier plans of the day say nothing more."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with store.read() as tx:
        others = runs.begun(tx, since=day, before=day + timedelta(days=1)) - {run_id}
    for other in others:
        agreement_file(data_folder, other).unlink(missing_ok=True)
