"""Collections: 200 records in one call, each by itself, on versions compared just before and not guarded any further."""

from collections.abc import Sequence

from sync.apply.writers.batches import PayloadGroup
from sync.salesforce.org import Org
from sync.salesforce.updates import COLLECTION_MAX
from sync.salesforce.write_results import Answer
from sync.store.vocabulary import Mode


class CollectionsWriter:
    mode, size = Mode.COLLECTIONS, COLLECTION_MAX

    def __init__(self, org: Org) -> None:
        self._org = org

    def fit(self, groups: Sequence[PayloadGroup]) -> int:
        return min(len(groups), self.size)

    def prepare(self, object_name: str) -> None:  # noqa: ARG002 -- nothing is there before the call
        return None

    def give_up(self, job_id: str | None) -> None:
        """Nothing is there."""

    def send(self, groups: Sequence[PayloadGroup], job_id: str | None) -> list[Answer]:  # noqa: ARG002
        return self._org.update(groups[0].object, [(each.record_id, each.payload) for each in groups])
