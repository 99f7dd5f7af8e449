"""Rulebooks and maps that were used, as canonical text by digest, for replay and for the recheck."""

from sqlalchemy import insert, select

from sync.store.database import Transaction
from sync.store.tables import texts
from sync.store.vocabulary import TextKind


def keep(tx: Transaction, kind: TextKind, *, digest: str, text: str) -> None:
    """Keep a text; one that is there already stays as it is."""
    if text_of(tx, digest) is None:
        tx.execute(insert(texts).values(digest=digest, kind=kind, text=text))


def text_of(tx: Transaction, digest: str) -> str | None:
    return tx.execute(select(texts.c.text).where(texts.c.digest == digest)).scalar_one_or_none()
