"""Several reads in one call of Composite, and what each of them came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from sync.salesforce.errors import Fault, fault_within
from sync.salesforce.query_pages import JSON, Record

PARTS_MAX = 25
QUERIES_MAX = 5  # of the parts, so many may be queries
IDS_MAX = 200  # named in one query: the whole address must stay well below what proxies allow
READ_MAX = QUERIES_MAX * IDS_MAX  # records that one call reads again by their ids
OK, MISSING = 200, 404
# Proxies and the org take about 16,000 characters of address and headers together.
_ADDRESS_MAX = 12_000


@dataclass(frozen=True, slots=True)
class Question:
    """A query, with deleted and archived records on demand."""

    soql: str
    include_deleted: bool = False

    @property
    def path(self) -> str:
        return f"{'queryAll' if self.include_deleted else 'query'}/?q={quote(self.soql, safe='')}"

    @property
    def is_long(self) -> bool:
        """Too long for the address of a GET."""
        return len(self.path) > _ADDRESS_MAX

    @property
    def is_count(self) -> bool:
        return self.soql.lstrip().casefold().startswith("select count()")


@dataclass(frozen=True, slots=True)
class Part:
    """One part's own status and body: the call around it is always a success."""

    status: int
    body: JSON

    @property
    def fault(self) -> Fault:
        return fault_within(self.status, self.body)


def gets(paths: Sequence[str], version: str) -> Record:
    return {
        "allOrNone": False,
        "compositeRequest": [
            {"method": "GET", "url": f"/services/data/v{version}/{path}", "referenceId": f"part{number}"}
            for number, path in enumerate(paths)
        ],
    }


def parts_of(body: JSON, count: int) -> list[Part] | None:
    """The parts in the order they were asked; None when any is missing or there twice."""
    rows = body.get("compositeResponse") if isinstance(body, dict) else None
    found: dict[str, Part] = {}
    for row in rows if isinstance(rows, list) else []:
        match row:
            case {"referenceId": str(reference), "httpStatusCode": int(status), "body": answer} if (
                reference not in found
            ):
                found[reference] = Part(status, answer)
            case _:
                return None
    names = [f"part{number}" for number in range(count)]
    return [found[name] for name in names] if set(found) == set(names) else None
