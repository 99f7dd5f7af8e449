"""The rows a page shows of many: for each new owner the hottest, of the rest the first. All of them are in the table."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from engine.changes.states import State
from sync.views.overview import shown_fields
from sync.views.rows import Owner, Row

ATTENTION = (State.HELD, State.UNKNOWN, State.CONFLICT, State.BLOCKED, State.REFUSED, State.GONE)
# More rows than this make a page nobody scrolls; the page says how many more the table has.
RECEIVED_SHOWN_MAX, UPDATES_SHOWN_MAX = 50, 300
# Of so many new owners the page has a list of rows each; the table of flows names all of them.
RECEIVERS_SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Receiver:
    """One new owner, how many rows come in, and the first of them: best score first, then by company and name."""

    owner: Owner
    count: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """`receivers` with most rows first; `updates` the first; `attention` the first, in the order of ATTENTION."""

    receivers: tuple[Receiver, ...] = ()
    updates: tuple[Row, ...] = ()
    attention: tuple[Row, ...] = ()


class Gathering:
    """Fed row by row; what it keeps stays small however many rows there are."""

    def __init__(self) -> None:
        self.receivers: dict[Owner, _Best] = {}
        self.updates: list[Row] = []
        self.attention: dict[State, list[Row]] = {state: [] for state in ATTENTION}

    def add(self, row: Row) -> None:
        if row.state in self.attention and len(self.attention[row.state]) < UPDATES_SHOWN_MAX:
            self.attention[row.state].append(row)
        if not row.stands:
            return
        if row.move:
            self.receivers.setdefault(row.move.after, _Best()).add(row)
        changes_more = shown_fields(row) or row.tags_added or row.tags_removed
        if changes_more and len(self.updates) < UPDATES_SHOWN_MAX:
            self.updates.append(row)

    def listing(self) -> Listing:
        receivers = [Receiver(owner, best.count, best.rows) for owner, best in self.receivers.items()]
        receivers.sort(key=lambda one: (-one.count, one.owner.name, one.owner.id))
        looked_at = [row for state in ATTENTION for row in self.attention[state]]
        return Listing(
            tuple(receivers[:RECEIVERS_SHOWN_MAX]), tuple(self.updates), tuple(looked_at[:UPDATES_SHOWN_MAX])
        )


def listing(rows: Iterable[Row]) -> Listing:
    """Rows that come ordered by record id keep that order where nothing else orders them."""
    gathering = Gathering()
    for row in rows:
        gathering.add(row)
    return gathering.listing()


class _Best:
    """The rows people want to see first of all that one owner gets."""

    def __init__(self) -> None:
        self.count = 0
        self._rows: list[Row] = []

    def add(self, row: Row) -> None:
        self.count += 1
        self._rows.append(row)
        if len(self._rows) > 2 * RECEIVED_SHOWN_MAX:
            self._rows = nsmallest(RECEIVED_SHOWN_MAX, self._rows, key=_interest)

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(nsmallest(RECEIVED_SHOWN_MAX, self._rows, key=_interest))


def _interest(row: Row) -> tuple[int, str, str, str]:
    return (-(row.score or 0), row.company, row.name, row.record_id)
