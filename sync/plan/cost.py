"""Which way a change travels, and what a plan will cost to write: the more there are, the less each is protected."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from config.settings.settings import Settings
from engine.changes.change import Reach
from engine.messages import Message
from sync.salesforce.composite import READ_MAX
from sync.salesforce.writes import COLLECTION_MAX, GUARDED_MAX
from sync.store import batches
from sync.store.database import Store
from sync.store.vocabulary import WriteMode

# Records in one job, and in one slice of an apply: what is held in memory at once.
SLICE_MAX = 20_000
# How many of the applied changes of fields are looked at again; of owner changes it is all.
SAMPLE_MAX = 200
_PAGE = 2_000  # of a query
# Create, upload, close, a few looks at it, three result files.
_CALLS_PER_JOB = 12


@dataclass(frozen=True, slots=True)
class WritePlan:
    """Records by mode and the API calls that writing and reading back take, give or take what meets a lock."""

    records: Mapping[WriteMode, int]
    calls: int

    def messages(self) -> Iterator[Message]:
        """What each mode comes to, and what it does not protect."""
        for mode, number in self.records.items():
            yield Message.of(f"writes.{mode.value}", count=number)
        if self.records:
            yield Message.of("writes.calls", calls=self.calls)


def mode_of(reach: Reach, number: int, settings: Settings) -> WriteMode:
    """Owner changes are always guarded; the rest by how many there are of the object."""
    if reach is Reach.OWNER or number <= settings.guarded_records_max:
        return WriteMode.GUARDED
    return WriteMode.COLLECTIONS if number <= settings.collections_records_max else WriteMode.BULK


def write_plan(waiting: Mapping[tuple[str, Reach], int], settings: Settings) -> WritePlan:
    """What writing all of these would take. Changes of memory alone cost nothing."""
    records: dict[WriteMode, int] = {}
    calls = 0
    for (_, reach), number in waiting.items():
        if reach is Reach.MEMORY:
            continue
        mode = mode_of(reach, number, settings)
        records[mode] = records.get(mode, 0) + number
        calls += calls_of(mode, reach, number)
    return WritePlan({mode: records[mode] for mode in WriteMode if mode in records}, calls)


def calls_of(mode: WriteMode, reach: Reach, number: int) -> int:
    """What so many records of one object and reach take, if every one has moved since it was planned."""
    looked_at = number if reach is Reach.OWNER else min(number, SAMPLE_MAX)
    return _sent(mode, number) + ceil(looked_at / READ_MAX)


def most_within(calls: int, mode: WriteMode, reach: Reach, number: int) -> int:
    """How many of these records so many calls surely pay for."""
    return bisect_right(range(number + 1), calls, key=lambda count: calls_of(mode, reach, count)) - 1


def _sent(mode: WriteMode, number: int) -> int:
    """Compare and send."""
    match mode:
        case WriteMode.GUARDED:
            return ceil(number / GUARDED_MAX) + ceil(number / READ_MAX)
        case WriteMode.COLLECTIONS:
            return 2 * ceil(number / COLLECTION_MAX)
        case WriteMode.BULK:
            return ceil(number / _PAGE) + _CALLS_PER_JOB * ceil(number / SLICE_MAX)


def cost_of(store: Store, settings: Settings, plan_id: str) -> WritePlan:
    """As if all of the plan were approved, and nothing else."""
    with store.read() as tx:
        return write_plan(batches.waiting(tx, plan_id=plan_id), settings)
