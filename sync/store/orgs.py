"""The org this store belongs to: pinned at first contact, refused when it is another one."""

from datetime import datetime

from sqlalchemy import insert, select

from engine.errors import OtherOrgError
from sync.store import audit
from sync.store.audit import Entry
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.tables import orgs


def pin(tx: Transaction, *, org_id: str, is_sandbox: bool, at: datetime) -> None:
    """Remember the org, or check that it is the remembered one. OtherOrgError otherwise (a refreshed sandbox, too).

    SR-107 for another org, SR-113 for one that was a sandbox and is none now, or the other way round.
    """
    known = pinned(tx)
    if known is None:
        tx.execute(insert(orgs).values(org_id=org_id, is_sandbox=is_sandbox, pinned_at=at))
        audit.append(tx, [Entry(Event.ORG_PINNED, at, facts={"org": org_id, "sandbox": is_sandbox})])
    elif known != org_id:
        raise OtherOrgError.of("SR-107", known=known, found=org_id)  # this folder belongs to the org {known}, and the…
    elif tx.execute(select(orgs.c.is_sandbox)).scalar_one() is not is_sandbox:
        kinds = ("sandbox", "production") if is_sandbox else ("production", "sandbox")
        raise OtherOrgError.of("SR-113", org=org_id, found=kinds[0], known=kinds[1])  # the org {org} was a {known}…


def pinned(tx: Transaction) -> str | None:
    """The org's id, or None before first contact."""
    return tx.execute(select(orgs.c.org_id)).scalar_one_or_none()
