"""What each object was made of when the org was last asked: fields, labels and picklists, for as long as that holds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from sync.store.database import Transaction
from sync.store.tables import describes

# Of a describe, what anything here reads: the rest is most of its size.
_OBJECT = ("name", "label", "labelPlural", "custom", "queryable", "updateable", "createable")
_FIELD = (
    "name", "label", "type", "length", "precision", "scale", "digits", "nillable", "createable", "updateable",
    "calculated", "filterable", "custom", "defaultedOnCreate", "restrictedPicklist", "picklistValues", "referenceTo",
    "relationshipName", "externalId", "unique", "permissionable", "compoundFieldName",
)  # fmt: skip
_VALUE = ("value", "label", "active", "defaultValue")


def keep(tx: Transaction, told: Mapping[str, Mapping[str, Any]], *, at: datetime) -> None:
    """What the org just told of these objects."""
    for name, body in told.items():
        tx.execute(delete(describes).where(describes.c.object == name))
        tx.execute(insert(describes).values(object=name, fetched_at=at, body=_short(body)))


def known(tx: Transaction, names: Sequence[str], *, since: datetime) -> dict[str, dict[str, Any]]:
    """Those of these objects that were told at or after that moment."""
    query = select(describes.c.object, describes.c.body)
    found = tx.execute(query.where(describes.c.object.in_(list(names)), describes.c.fetched_at >= since))
    return {row.object: dict(row.body) for row in found}


def every(tx: Transaction) -> dict[str, dict[str, Any]]:
    """All that was ever told, however long ago: for labels, which need not be of today."""
    return {row.object: dict(row.body) for row in tx.execute(select(describes.c.object, describes.c.body))}


def _short(body: Mapping[str, Any]) -> dict[str, Any]:
    fields = [field for field in body.get("fields") or () if isinstance(field, Mapping)]
    return {**_only(body, _OBJECT), "fields": [_field(field) for field in fields]}


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    values = [_only(value, _VALUE) for value in field.get("picklistValues") or ()]
    return {**_only(field, _FIELD), "picklistValues": values}


def _only(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
