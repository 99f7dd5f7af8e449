"""What objects are made of, kept for a while."""

from datetime import datetime, timedelta

from sync.store import describes
from sync.store.database import Store

LEAD = {"name": "Lead", "label": "リード", "fields": [{"name": "Id", "type": "id"}]}


def test_what_was_told_lately_is_known_without_its_noise(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        describes.keep(tx, {"Lead": {**LEAD, "childRelationships": [{}] * 100, "urls": {}}}, at=at)
    with store.read() as tx:
        assert describes.known(tx, ["Lead", "Task"], since=at) == {"Lead": LEAD}
        assert describes.known(tx, ["Lead"], since=at + timedelta(seconds=1)) == {}
        assert describes.every(tx) == {"Lead": LEAD}


def test_what_is_told_later_takes_its_place(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        describes.keep(tx, {"Lead": LEAD}, at=at)
        describes.keep(tx, {"Lead": {**LEAD, "label": "Lead"}}, at=at)
    with store.read() as tx:
        assert describes.every(tx)["Lead"]["label"] == "Lead"
