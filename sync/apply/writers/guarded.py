"""Guarded: 25 records in one Composite call, each refused by the org itself if it has moved since its version was read."""

from collections.abc import Sequence

from sync.apply.writers.batches import PayloadGroup
from sync.salesforce.org import Org
from sync.salesforce.updates import GUARDED_MAX, GuardedUpdate
from sync.salesforce.write_results import Answer
from sync.store.vocabulary import Mode


class GuardedWriter:
    mode, size = Mode.GUARDED, GUARDED_MAX

    def __init__(self, org: Org) -> None:
        self._org = org

    def fit(self, groups: Sequence[PayloadGroup]) -> int:
        return min(len(groups), self.size)

    def prepare(self, object_name: str) -> None:  # noqa: ARG002 -- nothing is there before the call
        return None

    def give_up(self, job_id: str | None) -> None:
        """Nothing is there."""

    def send(self, groups: Sequence[PayloadGroup], job_id: str | None) -> list[Answer]:  # noqa: ARG002
        return self._org.guarded_update(
            [GuardedUpdate(each.record_id, each.object, each.payload, each.unmodified_since) for each in groups]
        )
