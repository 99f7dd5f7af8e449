"""Slices of approved changes, without an org."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.changes.change import Base, Change, Standing
from engine.changes.states import State
from sync.apply.answers import Answers
from sync.apply.outbox import Outbox
from sync.apply.slices import Slice
from sync.host.host import Host
from sync.store.batches import Approved
from sync.store.database import Store
from sync.store.leases import Lease, LeasedStore
from sync.store.vocabulary import WriteMode
from tests.sync.apply.willing_org import Org, Table


@pytest.fixture
def table_of(
    store: Store, run: str, lease: Lease, at: datetime, propose: Callable[..., None], change: Callable[..., Change]
) -> Callable[..., Table]:
    """A table of `count` changes whose versions are long read, `edited` of them (by number) since they were approved."""

    def build(count: int = 1, *, edited: frozenset[int] = frozenset(), age: float = 60, **said: Any) -> Table:
        values = said.pop("values", {"grade": "A"})
        base = Base(at, at, at + timedelta(seconds=age))
        made = [replace(change(number, **values), base=base) for number in range(count)]
        propose(State.APPROVED, *made)
        org = Org(at, **said)
        it = cast("Any", org)
        readback = SimpleNamespace(reread=SimpleNamespace(org=org), settle_unknown=org.settle_unknown)
        answers = Answers(store, cast("Any", readback), Host(it, cast("Any", None), it), run)
        approved = [
            Approved(Standing(each, State.APPROVED, run), number not in edited) for number, each in enumerate(made)
        ]
        leased, writers, quiet = LeasedStore(store, lease), {org.mode: it, WriteMode.GUARDED: it}, timedelta(seconds=2)
        outbox = Outbox(leased, it, it, it, writers, it, answers, quiet)
        # What is approved comes in any order.
        piece = Slice(approved[::-1], leased, it, it, writers, it, answers, quiet)
        return Table(store, org, made, outbox, piece)

    return build
