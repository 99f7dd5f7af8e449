"""One secret key per prospect, so that the audit can prove a value without holding it. Erasure empties a row here."""

from collections.abc import Iterable

from sqlalchemy import insert, select

from sync.store.database import Transaction, secret_bytes
from sync.store.paging import chunks
from sync.store.tables import prospect_keys


def keys_of(tx: Transaction, record_ids: Iterable[str]) -> dict[str, str]:
    """The key of each prospect in hex, made when it is first needed."""
    wanted = sorted(set(record_ids))
    found: dict[str, str] = {}
    for chunk in chunks(wanted):
        rows = tx.execute(select(prospect_keys).where(prospect_keys.c.record_id.in_(chunk)))
        found |= {row.record_id: row.key for row in rows}
    new = {record_id: secret_bytes(tx, 32).hex() for record_id in wanted if record_id not in found}
    if new:
        tx.execute(insert(prospect_keys), [{"record_id": record_id, "key": key} for record_id, key in new.items()])
    return found | new
