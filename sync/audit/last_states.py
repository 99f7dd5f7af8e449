"""What the audit says of each change in the end, in the order of their ids, however many there are.

What the entries tell is noted as they come, sorted some hundred thousand at a time into files of the system's temporary
folder, and merged. The files hold ids and states only and are gone when this ends.
"""

import heapq
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, Self

from sync.store.events import Event

NOTES_MAX = 200_000
# So that notes sort as text in the order of change and entry.
_NUMBER_DIGITS = 12


class LastStates:
    """Note every entry, then ask once for what was told last of each change."""

    def __init__(self, *, notes_max: int = NOTES_MAX) -> None:
        self._notes_max = notes_max
        self._notes: list[str] = []
        self._count = 0
        self._files: list[IO[str]] = []
        self._stack = ExitStack()
        # Changes are told before the plan that shows them, page by page; a plan that was cut short is dropped later, and
        # its run may make it anew.
        self._unseen: set[tuple[str, int]] = set()
        self._dropped: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def note(self, entry: Mapping[str, Any]) -> None:
        """What one entry, in the order of the chain, says of a change or of the plan that shows it."""
        match entry.get("event"):
            case Event.CHANGE_PROPOSED:
                attempt = self._attempt(entry["plan"])
                self._unseen.add(attempt)
                self._note(entry["change"], entry["to"], proposed_in=" ".join(map(str, attempt)))
            case Event.PLAN_PROPOSED:
                self._unseen.discard(self._attempt(entry["plan"]))
            case Event.PLAN_DROPPED:
                self._dropped[entry["plan"]] = self._dropped.get(entry["plan"], 0) + 1
            case _ if "change" in entry and "to" in entry:
                self._note(entry["change"], entry["to"])

    def last(self) -> Iterator[tuple[str, str]]:
        """Id and state of every change that was ever shown, as of its last entry, by id."""
        never_shown = {f"{plan} {number}" for plan, number in self._unseen}
        found = ("", "")
        for line in heapq.merge(sorted(self._notes), *self._files):
            change_id, _, state, plan = line.rstrip("\n").split("\t")
            if plan in never_shown:
                continue
            if change_id != found[0] and found[0]:
                yield found
            found = (change_id, state)
        if found[0]:
            yield found

    def _attempt(self, plan: str) -> tuple[str, int]:
        return plan, self._dropped.get(plan, 0)

    def _note(self, change_id: str, state: str, *, proposed_in: str = "") -> None:
        self._count += 1
        self._notes.append(f"{change_id}\t{self._count:0{_NUMBER_DIGITS}}\t{state}\t{proposed_in}\n")
        if len(self._notes) >= self._notes_max:
            self._put_down()

    def _put_down(self) -> None:
        # The stack closes it, and with that it is gone.
        file = self._stack.enter_context(TemporaryFile("w+", encoding="utf-8", newline="\n"))  # noqa: SIM115
        file.writelines(sorted(self._notes))
        file.seek(0)
        self._files.append(file)
        self._notes.clear()
