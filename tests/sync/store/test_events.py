"""What the audit may tell: every fact has a name and a shape, and there is no shape for what people type."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.errors import AuditError
from engine.messages import Message
from engine.verdicts.registry import ALONE
from sync.audit.export import schema
from sync.audit.verify import verify_store
from sync.store import audit, pauses, runs
from sync.store.audit import Entry
from sync.store.database import Store
from sync.store.events import ALLOWED, Event
from sync.store.figures import Ended, Figures, Proposed, Settled
from sync.store.tables import pauses as pause_rows

AT = datetime(2026, 11, 21, tzinfo=UTC)
TYPED = "山田さんが休み: call 090-1234"


def test_every_event_says_what_it_may_tell_and_the_published_schema_knows_it() -> None:
    published = json.loads(schema())["properties"]["entry"]["properties"]
    told = {name for shapes in ALLOWED.values() for name in shapes}
    assert (set(ALLOWED), told) == (
        set(Event),
        set(published) - {"schema_version", "seq", "prev", "at", "event", "run"},
    )


# The rulebook gives these; they are told as they are.
IDS = {"firings"}


@pytest.mark.parametrize(
    ("event", "name"), [(event, name) for event in Event for name in ALLOWED[event] if name not in IDS]
)
@pytest.mark.parametrize(
    "value", [TYPED, [TYPED], {"Lead": TYPED}, {TYPED: 1}, None], ids=["text", "list", "by", "key", "none"]
)
def test_no_fact_takes_what_somebody_typed(event: Event, name: str, value: object) -> None:
    assert not ALLOWED[event][name](value)


@pytest.mark.parametrize("rule", ["rule/to kansai", "pool/team", f"revert/{'0' * 32}", *ALONE])
def test_what_a_change_was_made_by_may_be_told(rule: str) -> None:
    assert ALLOWED[Event.CHANGE_PROPOSED]["rules"]([rule])


@pytest.mark.parametrize("facts", [{"reason": TYPED}, {"pause": TYPED}, {"sync": "leads"}])
def test_a_fact_that_may_not_be_told_is_written_nowhere(store: Store, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="may not tell"), store.transaction() as tx:
        audit.append(tx, [Entry(Event.PAUSED, AT, facts=facts)])
    with store.read() as tx:
        assert audit.head(tx).count == 0


def test_of_what_a_run_came_to_the_audit_has_counts_and_keys(store: Store, run: str, at: datetime) -> None:
    figures = Figures(
        plan=Proposed(3, {"evaluated": 9}, whole=run),
        apply=Settled(waits=Message.of("wait.paused", reason=TYPED), is_held=True),
        end=Ended(TYPED, 12, 1500, ("SF-126",)),
    )
    with store.transaction() as tx:
        runs.finish(tx, run, outcome="held", figures=figures, at=at)
        last = list(audit.links(tx))[-1]
    told = json.loads(last.body)["figures"]
    assert told == {
        "proposed": 3, "evaluated": 9, "whole": run, "states": {}, "verified": 0, "changed_after": 0,
        "waits": "wait.paused", "api_calls": 12, "milliseconds": 1500, "codes": ["SF-126"],
    }  # fmt: skip


@pytest.mark.parametrize("edited", [{"reason": "another"}, {"sync": "sweep"}, {"salt": "00" * 16}])
def test_words_of_a_pause_that_were_changed_are_found_and_forgotten_ones_are_not(
    store: Store, edited: dict[str, str]
) -> None:
    with store.transaction() as tx:
        pauses.pause(tx, sync="leads", by="os:reviewer@desk", reason=TYPED, at=AT, until=AT + timedelta(hours=1))
        pauses.pause(tx, sync=None, by="os:reviewer@desk", reason="", at=AT)
    with store.read() as tx:
        verify_store(tx)
    with store.transaction() as tx:
        tx.execute(pause_rows.update().where(pause_rows.c.pause_id == 1).values(**edited))
    with store.read() as tx, pytest.raises(AuditError, match="AU-110"):
        verify_store(tx)
    with store.transaction() as tx:
        tx.execute(pause_rows.update().where(pause_rows.c.pause_id == 1).values(reason="", salt=None))
    with store.read() as tx:
        verify_store(tx)
