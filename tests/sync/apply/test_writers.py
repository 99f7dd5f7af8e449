"""Writers of one call: how many records they take at once, and what the org is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from sync.apply.writers.batches import CallWriter, PayloadGroup, collections, guarded
from sync.salesforce.writes import COLLECTION_MAX, GUARDED_MAX, Answer, GuardedUpdate, WriteResult

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LEAD = PayloadGroup("Lead", "00Q1", {"Rating": "Warm"}, AT)


@dataclass
class Org:
    """An org that takes everything and keeps what it was asked."""

    asked: list[Any] = field(default_factory=list)

    def guarded_update(self, updates: Sequence[GuardedUpdate]) -> list[Answer]:
        self.asked.append(list(updates))
        return [Answer(each.record_id, WriteResult.DONE) for each in updates]

    def update(self, object_name: str, records: Sequence[tuple[str, Any]]) -> list[Answer]:
        self.asked.append((object_name, list(records)))
        return [Answer(record_id, WriteResult.DONE) for record_id, _ in records]


@pytest.mark.parametrize(("writer_of", "most"), [(guarded, GUARDED_MAX), (collections, COLLECTION_MAX)])
def test_one_call_takes_so_many_records(writer_of: Any, most: int) -> None:
    writer: CallWriter = writer_of(Org())
    assert [writer.fit([LEAD] * count) for count in (1, most, most + 1)] == [1, most, most]


def test_a_record_goes_with_the_version_it_may_be_written_against() -> None:
    org = Org()
    answers = guarded(cast("Any", org)).send([LEAD], None)
    assert org.asked == [[GuardedUpdate("00Q1", "Lead", {"Rating": "Warm"}, AT)]]
    assert answers == [Answer("00Q1", WriteResult.DONE)]


def test_a_block_is_of_the_object_of_its_records() -> None:
    org = Org()
    answers = collections(cast("Any", org)).send([LEAD], None)
    assert org.asked == [("Lead", [("00Q1", {"Rating": "Warm"})])]
    assert answers == [Answer("00Q1", WriteResult.DONE)]
