"""What each object was made of when the org was last asked: fields, labels and picklists, for as long as that holds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, delete, insert, select, type_coerce

from engine.digests import digest
from sync.store.database import Transaction
from sync.store.tables import describes

# Most of a describe's size, and nothing here reads it.
_NOISE = frozenset({
    "actionOverrides", "childRelationships", "namedLayoutInfos", "recordTypeInfos", "supportedScopes", "urls",
})  # fmt: skip


def keep(tx: Transaction, told: Mapping[str, Mapping[str, Any]], *, at: datetime) -> dict[str, dict[str, Any]]:
    """What the org just told of these objects; what is kept of it."""
    short = {name: _short(body) for name, body in told.items()}
    for name, body in short.items():
        tx.execute(delete(describes).where(describes.c.object == name))
        tx.execute(insert(describes).values(object=name, fetched_at=at, body=body))
    return short


def forget(tx: Transaction, names: Sequence[str]) -> None:
    """The org has no such objects any more."""
    tx.execute(delete(describes).where(describes.c.object.in_(list(names))))


def known(tx: Transaction, names: Sequence[str], *, since: datetime) -> dict[str, dict[str, Any]]:
    """Those of these objects that were told at or after that moment."""
    query = select(describes.c.object, describes.c.body)
    found = tx.execute(query.where(describes.c.object.in_(list(names)), describes.c.fetched_at >= since))
    return {row.object: dict(row.body) for row in found}


def digest_of_all(tx: Transaction) -> str:
    """The same as long as nothing that was told has changed."""
    query = select(describes.c.object, type_coerce(describes.c.body, Text).label("told")).order_by(describes.c.object)
    return digest([[row.object, row.told] for row in tx.execute(query)])


def every(tx: Transaction) -> dict[str, dict[str, Any]]:
    """All that was ever told, however long ago: for labels, which need not be of today."""
    return {row.object: dict(row.body) for row in tx.execute(select(describes.c.object, describes.c.body))}


def _short(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in _NOISE}
