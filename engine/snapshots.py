"""The snapshot a plan is made from: prospects and activities by Id range, and the people and queues of the org."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import narwhals as nw
from narwhals.typing import IntoDataFrame


@dataclass(frozen=True, slots=True)
class User:
    """A Salesforce user. Only an active user of type Standard may be given a lead."""

    id: str
    username: str
    name: str
    is_active: bool
    user_type: str = "Standard"
    manager_id: str | None = None
    time_zone: str | None = None
    role: str | None = None  # its name

    @property
    def can_own(self) -> bool:
        return self.is_active and self.user_type == "Standard"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue; `members` are user ids, `objects` the API names of what it may own."""

    id: str
    developer_name: str
    name: str
    members: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """The prospects of one Id range, ordered by id, and their activities.

    activities: `prospect_id`, `kind`, `at` (UTC), `asset` (nullable), `campaign` (nullable), `source`, and the fields
    that activities have by the map: of their own (`amount`) and of records they name (`campaign type`).
    `absent` are columns of fields that other objects have: rules may read them (they are empty) and can set none.
    """

    prospects: nw.DataFrame[IntoDataFrame]
    activities: nw.DataFrame[IntoDataFrame]
    absent: frozenset[str] = frozenset()


def cut(part: Range, rows: int) -> Iterator[Range]:
    """The same prospects in smaller ranges."""
    count = len(part.prospects)
    if count <= rows:
        yield part
        return
    for start in range(0, count, rows):
        prospects = part.prospects[start : start + rows]
        theirs = nw.col("prospect_id").is_in(prospects["id"].to_list())
        yield Range(prospects, part.activities.filter(theirs), absent=part.absent)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The mirror as of a pull. `run` names that pull; `ranges` can be walked more than once, one range at a time.

    `roles` are the names of all roles of the org, those that nobody has too.
    """

    org_id: str
    run: str
    ranges: Iterable[Range]
    users: tuple[User, ...] = ()
    queues: tuple[Queue, ...] = ()
    roles: tuple[str, ...] = ()
