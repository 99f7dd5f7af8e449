"""What every writer takes and gives. To add one, write it beside these, its mode and a line in `apply.py`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.values import Scalar
from sync.salesforce.org import Org
from sync.salesforce.writes import COLLECTION_MAX, GUARDED_MAX, Answer, GuardedUpdate
from sync.store.vocabulary import WriteMode


@dataclass(frozen=True, slots=True)
class PayloadGroup:
    """One record on its way: `payload` by API names; `unmodified_since` is the version it may be written against."""

    object: str
    record_id: str
    payload: Mapping[str, Scalar]
    unmodified_since: datetime


class Writer(Protocol):
    """Sends records of one object, at most `size` in a batch."""

    @property
    def mode(self) -> WriteMode: ...

    @property
    def size(self) -> int: ...

    def fit(self, groups: Sequence[PayloadGroup]) -> int:
        """How many of these, from the first on, go into one batch; at least one."""

    def prepare(self, object_name: str) -> str | None:
        """What must be there before the intent is committed: the id of a job. An error means that nothing was sent."""

    def give_up(self, job_id: str | None) -> None:
        """Nothing is left to carry in what was prepared. An error leaves it to the next run, which stops it."""

    def send(self, groups: Sequence[PayloadGroup], job_id: str | None) -> list[Answer] | None:
        """One answer per record, in their order; None when the org is still at it. An error: surely nothing was applied."""


@dataclass(frozen=True, slots=True)
class CallWriter:
    """Sends a batch in one call, with nothing to make before it."""

    mode: WriteMode
    size: int
    call: Callable[[Sequence[PayloadGroup]], list[Answer]]

    def fit(self, groups: Sequence[PayloadGroup]) -> int:
        return min(len(groups), self.size)

    def prepare(self, object_name: str) -> None:  # noqa: ARG002 -- nothing is there before the call
        return None

    def give_up(self, job_id: str | None) -> None:
        """Nothing is there."""

    def send(self, groups: Sequence[PayloadGroup], job_id: str | None) -> list[Answer]:  # noqa: ARG002
        return self.call(groups)


def guarded(org: Org) -> CallWriter:
    """25 records, each refused by the org itself if it has moved since its version was read."""

    def call(groups: Sequence[PayloadGroup]) -> list[Answer]:
        return org.guarded_update(
            [GuardedUpdate(each.record_id, each.object, each.payload, each.unmodified_since) for each in groups]
        )

    return CallWriter(WriteMode.GUARDED, GUARDED_MAX, call)


def collections(org: Org) -> CallWriter:
    """200 records, each by itself, on versions compared just before and not guarded any further."""

    def call(groups: Sequence[PayloadGroup]) -> list[Answer]:
        return org.update(groups[0].object, [(each.record_id, each.payload) for each in groups])

    return CallWriter(WriteMode.COLLECTIONS, COLLECTION_MAX, call)
