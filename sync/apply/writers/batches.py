"""What every writer takes and gives. To add one, write it beside these, its mode and a line in `apply.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.values import Scalar
from sync.salesforce.write_results import Answer
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
