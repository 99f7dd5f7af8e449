"""Who was last at a record, and when: said in the notes about what other people did to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.messages import Message

_SIGNED = {"note.moved": "note.moved_by", "note.inputs_moved": "note.inputs_moved_by"}


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of a record. The org tells only the last who wrote it: not who wrote which field.

    `run` is what it carries of ours. `is_ours`: we were the last, or a flow that ran in our own transaction.
    """

    run: str | None
    by: str | None
    at: str
    is_ours: bool

    @classmethod
    def of(cls, row: Mapping[str, Any], *, zone: str, us: str) -> "Edition":
        """From a row of the engine's frame; `us` is our user in the org."""
        at: datetime = row["modified_at"]
        told = f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        return cls(row.get("org__run"), row["modified_by"], told, row["modified_by"] == us)

    def signed(self, note: Message) -> Message:
        """The note about what somebody moved, with who was last at the record and when."""
        key = _SIGNED.get(note.key)
        if key is None or self.by is None or self.is_ours:
            return note
        return Message(key, {**note.params, "by": self.by, "at": self.at})

    def changed_after(self) -> Message:
        """What we wrote is not there any more."""
        if self.by is None:
            return Message.of("note.changed_after")
        if self.is_ours:
            return Message.of("note.changed_within")
        return Message.of("note.changed_by", by=self.by, at=self.at)
