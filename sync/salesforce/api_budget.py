"""Budget to call the org: taken from the ledger before each call, a few calls at a time, and settled when the run ends."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock

from sync.salesforce.session import ApiUsage
from sync.store import api_ledger
from sync.store.api_ledger import Room, Terms
from sync.store.database import Store, Transaction

# So many calls are reserved at once: one transaction for each call would cost more than the call.
BLOCK = 20
# Of our share of the day; in the smallest org 450 calls, which pays for a pull every quarter of an hour.
READING_PERCENT = 10


class ApiBudget:
    """One conversation's calls, as `sync.salesforce.session.Budget`."""

    def __init__(self, store: Store, terms: Terms, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._terms = terms
        self._now = now
        self._lock = Lock()
        self._entry, self._held, self._made = 0, 0, 0  # the block at hand, its calls, and those made of it

    def ask(self, usage: ApiUsage | None) -> None:
        """Before each call. BudgetError when the day's calls are used up: ours, or those of all."""
        with self._lock:
            if self._made == self._held:
                with self._store.transaction() as tx:
                    self._settle(tx, None, usage)
                    self._entry, self._held = api_ledger.reserve(tx, self._terms, calls=BLOCK, at=self._now())
                self._made = 0
            self._made += 1

    def room(self) -> Room:
        """What is left of the day, what this conversation has set aside already included in what is used."""
        with self._store.read() as tx:
            return api_ledger.room(tx, self._terms, at=self._now())

    def spare(self) -> int:
        """What is left for what can wait: the runs of the day must go on reading, whatever there is to write."""
        room = self.room()
        return max(0, room.calls + self._held - self._made - room.ours_max * READING_PERCENT // 100)

    def settle(self, run: str | None, usage: ApiUsage | None) -> None:
        """The conversation is over: give back what was set aside and not used."""
        with self._lock, self._store.transaction() as tx:
            self._settle(tx, run, usage)
            self._entry, self._held, self._made = 0, 0, 0

    def _settle(self, tx: Transaction, run: str | None, usage: ApiUsage | None) -> None:
        if self._entry:
            api_ledger.settle(tx, self._entry, run=run, calls=self._made)
        if usage:
            api_ledger.tell(tx, used=usage.used, limit=usage.limit, at=self._now())
