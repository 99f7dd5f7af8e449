"""The audit in the store, and its export."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from engine.changes.change import Change, Effects, Turn
from engine.changes.plan import Plan
from engine.changes.states import State
from engine.errors import AuditError
from sync.audit.export import export, schema
from sync.audit.verify import verify_export, verify_store
from sync.store import audit, changes, data_files, leases, orgs, runs
from sync.store.changes import Move
from sync.store.data_files import DataFile, Watermark
from sync.store.database import Store
from sync.store.figures import Ended, Figures
from sync.store.holders import Holder
from sync.store.tables import audit as rows
from sync.store.tables import changes as change_rows
from sync.store.vocabulary import LeaseName
from tests.sync.store import small_plans

Make = Callable[..., Change]


@pytest.fixture
def busy(store: Store, run: str, at: datetime, here: Holder, change: Make) -> Store:
    """A store in which every kind of thing happened."""
    effects = Effects((("vip", "rule/a"),), (("old", "rule/a"),), ("rule/b",), Turn("pool/k", "005000000000002AAA", 1))
    both = (change(1, grade="A", effects=effects), change(2, owner="005000000000001AAA"))
    states = {both[0].change_id: State.APPROVED, both[1].change_id: State.PLANNED}
    data_file = DataFile("Lead/1.parquet", "Lead", 1, run, "0" * 64, 1, 1, "a", "b")
    with store.transaction() as tx:
        orgs.pin(tx, org_id="00D000000000001AAA", is_sandbox=True, at=at)
        leases.take(tx, LeaseName.PULL, holder=here, clock=lambda: at, lease_seconds=-(10**9))
        leases.take(tx, LeaseName.PULL, holder=here, clock=lambda: at, lease_seconds=60)
        data_files.add_pull(tx, run=run, at=at, data_files=[data_file], watermarks=[Watermark("Lead", at, "f")])
        plan = Plan("00D000000000001AAA", at, "Asia/Tokyo", "0" * 64, run, is_baseline=False, changes=both)
        small_plans.propose(tx, plan, run=run, field_map="0" * 64, states=states, policy="policy@000000000001")
        changes.move(tx, [Move(both[0].change_id, State.APPLIED, rebased=both[0])], run=run, at=at)
        runs.finish(tx, run, outcome="done", figures=Figures(end=Ended("", 3, 1500)), at=at)
    return store


def _verify(store: Store) -> None:
    with store.read() as tx:
        verify_store(tx)


def test_an_untouched_store_verifies(busy: Store) -> None:
    with busy.read() as tx:
        assert verify_store(tx) == audit.head(tx)


def test_an_export_verifies_and_has_the_stores_head(busy: Store, tmp_path: Path) -> None:
    with busy.read() as tx:
        head = export(tx, tmp_path / "audit.jsonl")
        assert head == audit.head(tx)
    assert verify_export(tmp_path / "audit.jsonl", expect_head=head.hash) == head
    assert oct((tmp_path / "audit.jsonl").stat().st_mode & 0o777) == "0o600"


def test_every_word_of_an_export_is_in_the_published_schema(busy: Store, tmp_path: Path) -> None:
    with busy.read() as tx:
        export(tx, tmp_path / "audit.jsonl")
    published: dict[str, Any] = json.loads(schema())["properties"]["entry"]
    entries = [json.loads(text)["entry"] for text in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert {name for entry in entries for name in entry} <= set(published["properties"])
    assert {entry["event"] for entry in entries} <= set(published["properties"]["event"]["enum"])
    assert all(set(published["required"]) <= set(entry) for entry in entries)


def test_the_published_schema_knows_every_event_and_state() -> None:
    from sync.store.audit import SCHEMA_VERSION
    from sync.store.events import Event

    published = json.loads(schema())
    entry = published["properties"]["entry"]["properties"]
    assert entry["event"]["enum"] == [event.value for event in Event]
    assert sorted(published["definitions"]["state"]["enum"]) == sorted(state.value for state in State)
    assert entry["schema_version"]["const"] == SCHEMA_VERSION


_TAMPERED = {
    "edited": (update(rows).where(rows.c.seq == 4).values(body='{"seq":4}'), "AU-101"),
    "deleted": (delete(rows).where(rows.c.seq == 4), "AU-102"),
    "moved": (update(rows).where(rows.c.seq == 4).values(seq=400), "AU-102"),
    "relinked": (update(rows).where(rows.c.seq == 4).values(prev="f" * 64), "AU-105"),
    "state edited": (update(change_rows).where(change_rows.c.state == "applied").values(state="rejected"), "AU-108"),
}


@pytest.mark.parametrize(("tamper", "code"), _TAMPERED.values(), ids=_TAMPERED.keys())
def test_tampering_with_the_store_is_found(tamper: Any, code: str, busy: Store) -> None:  # any statement
    with busy.transaction() as tx:
        tx.execute(tamper)
    with pytest.raises(AuditError, match=code):
        _verify(busy)


def test_a_deleted_change_is_missed(busy: Store) -> None:
    with busy.transaction() as tx:
        for table in ("approvals", "change_bodies", "batch_changes", "firings", "owner_moves", "quiet"):
            tx.execute(text(f"DELETE FROM {table}"))
        tx.execute(text("DELETE FROM changes WHERE state = 'applied'"))
    with pytest.raises(AuditError, match="AU-109"):
        _verify(busy)


def test_a_cut_off_end_is_found_with_the_head_that_was_kept(busy: Store) -> None:
    with busy.transaction() as tx:
        head = audit.head(tx)
        tx.execute(delete(rows).where(rows.c.seq == head.count))
        verify_store(tx)
        with pytest.raises(AuditError, match="AU-106"):
            verify_store(tx, expect_head=head.hash)


def test_the_chain_cannot_fork(busy: Store) -> None:
    with busy.read() as tx:
        third = list(audit.links(tx))[2]
    with pytest.raises(IntegrityError), busy.transaction() as tx:
        tx.execute(insert(rows).values(seq=999, prev=third.prev, hash="e" * 64, body="{}"))


def test_no_value_and_no_key_is_in_an_export(busy: Store, tmp_path: Path) -> None:
    with busy.read() as tx:
        export(tx, tmp_path / "audit.jsonl")
        keys = tx.execute(text("SELECT key FROM prospect_keys")).scalars().all()
    exported = (tmp_path / "audit.jsonl").read_text()
    assert len(keys) == 2
    assert not [secret for secret in (*keys, "部長", "005000000000001AAA") if secret in exported]


def test_forgetting_the_keys_leaves_the_chain_standing(busy: Store) -> None:
    with busy.transaction() as tx:
        tx.execute(text("DELETE FROM prospect_keys"))
    _verify(busy)
