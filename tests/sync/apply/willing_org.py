"""An org that takes what is sent, and what a slice works with: rechecks, a gate and a writer of a few lines each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from engine.changes.change import Change, Standing
from engine.changes.states import State
from engine.messages import Message
from engine.plan.recheck import Recheck, Ruling
from mapping.field_map.field_map import FieldMap, ObjectMap
from sync.apply.outbox import Outbox
from sync.apply.slices import Slice
from sync.apply.writers.batches import PayloadGroup
from sync.salesforce.writes import Answer, WriteResult
from sync.store import changes
from sync.store.database import Store
from sync.store.jobs import IngestRecord
from sync.store.vocabulary import WriteMode

MAP = FieldMap((ObjectMap("Lead", (), {"grade": "Grade__c", "run": "Run__c", "assigned_at": "At__c"}),))
Sent = list[tuple[str, Mapping[str, object]]]


@dataclass
class Org:
    """Rechecks, gate and writer in one: the org takes what is sent, but for what a test says of a record by its id."""

    at: datetime
    mode: WriteMode = WriteMode.GUARDED
    size: int = 25
    rooms: list[int | None] = field(default_factory=list)
    closes: list[Message | None] = field(default_factory=list)
    barring: dict[str, Recheck] = field(default_factory=dict)
    rulings: dict[str, Recheck] = field(default_factory=dict)
    results: dict[str, list[WriteResult]] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    ends: Exception | None = None
    is_at_work: bool = False
    sent: list[Sent] = field(default_factory=list)
    passes: list[tuple[int, datetime]] = field(default_factory=list)
    compared: list[list[str]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)
    settlings: int = 0
    stops: int = 0
    recovered: list[tuple[str, list[str]]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def closed(self) -> Message | None:
        return self.closes.pop(0) if self.closes else None

    def room(self) -> int | None:
        return self.rooms.pop(0) if self.rooms else None

    def passed(self, count: int, *, at: datetime) -> None:
        self.passes.append((count, at))

    def barred(self, waiting: Sequence[Change]) -> dict[str, Recheck]:
        return {each.change_id: self.barring[each.change_id] for each in waiting if each.change_id in self.barring}

    def compare(self, batch: Sequence[Change]) -> dict[str, Recheck]:
        self.compared.append([each.record_id for each in batch])
        return {each.change_id: self.rulings.get(each.change_id, Recheck(Ruling.HOLDS, change=each)) for each in batch}

    read_and_recheck = compare

    def fit(self, groups: Sequence[PayloadGroup]) -> int:
        return min(len(groups), 2) if self.mode is WriteMode.BULK else len(groups)

    def prepare(self, _: str) -> str | None:
        return None

    def give_up(self, job_id: str | None) -> None:
        """Nothing is there."""

    def send(self, groups: Sequence[PayloadGroup], _: str | None) -> list[Answer] | None:
        if self.ends:
            raise self.ends
        self.sent.append([(each.record_id, each.payload) for each in groups])
        return None if self.is_at_work else [self._answer(each.record_id) for each in groups]

    def of(self, _: str) -> Any:
        """What its plan was made by."""
        return SimpleNamespace(field_map=MAP)

    def settle_unknown(self) -> set[str]:
        """By change ids, what a look at the records has settled."""
        self.settlings += 1
        return set(self.settled)

    def stop_lost(self) -> int:
        self.stops += 1
        return 0

    def recover(self, upload: IngestRecord, record_ids: Sequence[str]) -> list[Answer] | None:
        """What a job of an earlier run came to; None while the org is still at it."""
        self.recovered.append((upload.job_id, list(record_ids)))
        return None if self.is_at_work else [self._answer(each) for each in record_ids]

    @property
    def patience(self) -> "Org":
        return self

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    def reach(self, point: str) -> None:
        """Nobody dies here."""

    def _answer(self, record_id: str) -> Answer:
        results = self.results.get(record_id)
        return Answer(record_id, results.pop(0) if results else WriteResult.DONE)


@dataclass
class Table:
    """A store with a plan of approved changes of as many records, and a slice of them."""

    store: Store
    org: Org
    made: list[Change]
    outbox: Outbox
    piece: Slice

    def states(self) -> list[State]:
        return [standing.state for standing in self.standings()]

    def standings(self) -> list[Standing]:
        with self.store.read() as tx:
            found = changes.find(tx, [each.change_id for each in self.made])
        return [found[each.change_id] for each in self.made]

    def batches(self) -> list[list[str]]:
        return [[record_id for record_id, _ in batch] for batch in self.org.sent]


def ids(made: Sequence[Change]) -> list[str]:
    return [each.record_id for each in made]
