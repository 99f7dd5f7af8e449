"""Writers that send a batch in one call, with nothing to make before it.

Guarded: 25 records, each refused by the org itself if it has moved since its version was read. Collections: 200 records,
each by itself, on versions compared just before and not guarded any further.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sync.apply.writers.batches import PayloadGroup
from sync.salesforce.org import Org
from sync.salesforce.updates import COLLECTION_MAX, GUARDED_MAX, GuardedUpdate
from sync.salesforce.write_results import Answer
from sync.store.vocabulary import WriteMode


@dataclass(frozen=True, slots=True)
class CallWriter:
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
    def call(groups: Sequence[PayloadGroup]) -> list[Answer]:
        return org.guarded_update(
            [GuardedUpdate(each.record_id, each.object, each.payload, each.unmodified_since) for each in groups]
        )

    return CallWriter(WriteMode.GUARDED, GUARDED_MAX, call)


def collections(org: Org) -> CallWriter:
    def call(groups: Sequence[PayloadGroup]) -> list[Answer]:
        return org.update(groups[0].object, [(each.record_id, each.payload) for each in groups])

    return CallWriter(WriteMode.COLLECTIONS, COLLECTION_MAX, call)
