"""Sweep: compare the mirror with the org, record by record, and mend what differs: nothing is missed for longer.

Pulls see what has a newer stamp. Found here is what leaves none: records deleted for good, records that came too late
for any look-back, and formula fields, for whose sake an object is read whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from engine.errors import OrgError
from mapping.cells import frame_of_cells
from mapping.objects import PEOPLE, PulledObject, pulled_objects
from mapping.soql import by_ids, count, select
from mapping.types import described_fields, raw_frame, raw_schema
from sync.intake.arrivals import Arrivals
from sync.intake.extracts import Extract, Extracts
from sync.intake.listing import Listing, listing
from sync.intake.pull import pull
from sync.intake.tidy import compact, retire
from sync.run import Run
from sync.salesforce.composite import QUERIES_MAX, Question
from sync.salesforce.pages import Page
from sync.store import leases, segments
from sync.store.leases import Lease, LeaseName

_LISTED = ("Id", "SystemModstamp", "IsDeleted")
_LISTED_RECORDS = 250_000  # of one page: ids are short
_IDS_MAX = 200  # in one query
# More records than these are not asked for by their ids.
_MENDED_MAX = 20_000
# So many may vanish without a word; more look like an access that was lost.
_GONE_MIN, _GONE_PERCENT = 100, 10


@dataclass(frozen=True, slots=True)
class Drift:
    """Of one object: how many records the org lists, and in how many the mirror was not like it.

    `missing` here, `stale` (another stamp), `deleted` there by now, `gone` for good or from our sight, and `changed`
    without a stamp.
    """

    listed: int
    missing: int = 0
    stale: int = 0
    deleted: int = 0
    gone: int = 0
    changed: int = 0

    @property
    def total(self) -> int:
        return self.missing + self.stale + self.deleted + self.gone + self.changed


def sweep(run: Run, *, accepts_gone: bool = False) -> Mapping[str, Drift]:
    """Pull, compare, mend, and put the mirror in order; the drift of each object, in the run's figures too.

    OrgError SF-126 when so much has vanished that an access must have been lost, unless that is accepted.
    """
    mapped = pulled_objects(run.worker.field_map)
    with run.worker.hold(LeaseName.PULL) as lease:
        run.describe_again([wanted.api_name for wanted in (*mapped, *PEOPLE)])
        pull(run, lease, whole=[wanted.api_name for wanted in PEOPLE])
        found = {
            wanted.api_name: _Comparison(run, lease, wanted).mended(accepts_gone=accepts_gone) for wanted in mapped
        }
        run.figures["drift"] = {name: asdict(drift) for name, drift in found.items()}
        run.figures["compacted"] = compact(run, lease)
        run.figures["retired"] = retire(run)
    return found


class _Comparison:
    """One object, from the org's list of ids to what is mended of it."""

    def __init__(self, run: Run, lease: Lease, wanted: PulledObject) -> None:
        self._run, self._lease, self._wanted = run, lease, wanted
        self._describe = run.describe(wanted.api_name)
        worker = run.worker
        self._extracts = Extracts(run, lease, deadline=worker.clock.monotonic() + worker.settings.run_deadline_seconds)

    def mended(self, *, accepts_gone: bool) -> Drift:
        name, mirror = self._wanted.api_name, self._run.worker.mirror
        with listing(mirror.folder) as found:
            self._list(found)
            parts = list(found.compare(mirror.stamps(name)))
        wrong = [each for part in parts for each in (*part.missing, *part.stale, *part.deleted)]
        unlisted, known = [each for part in parts for each in part.unlisted], sum(part.known for part in parts)
        if len(unlisted) > max(_GONE_MIN, known * _GONE_PERCENT // 100) and not accepts_gone:
            raise OrgError.of("SF-126", name, object=name, gone=len(unlisted), known=known)
        arrivals = Arrivals(self._run, self._wanted, self._describe)
        if is_whole := self._has_formulas or len(wrong) > _MENDED_MAX:
            self._read_whole(arrivals, found.rows)
        else:
            self._read(arrivals, wrong)
        # What the filters of the map leave out is there all the same; the rest is gone.
        seen = self._read(arrivals, unlisted)
        arrivals.bury([each for each in unlisted if each not in seen])
        arrivals.close()
        self._keep(arrivals)
        news = sum(segment.rows for segment in arrivals.segments)
        return Drift(
            listed=found.rows,
            missing=sum(len(part.missing) for part in parts),
            stale=sum(len(part.stale) for part in parts),
            deleted=sum(len(part.deleted) for part in parts) + len(seen),
            gone=len(unlisted) - len(seen),
            changed=max(0, news - len(wrong) - len(unlisted)) if is_whole else 0,
        )

    @property
    def _has_formulas(self) -> bool:
        """Whether the map names a field that changes without a stamp."""
        calculated = {field["name"] for field in described_fields(self._describe) if field.get("calculated")}
        return not calculated.isdisjoint(self._wanted.columns)

    def _list(self, found: Listing) -> None:
        """Every record, those in the bin and in the archive too, or they would look gone."""
        wanted, schema = self._wanted, raw_schema(self._describe, _LISTED)
        (counted,) = self._run.org.open(
            [Question(count(wanted.api_name, filters=wanted.filters), include_deleted=True)]
        )
        if counted and counted.page.total <= self._run.worker.settings.bulk_query_records_min:
            soql = select(wanted.api_name, _LISTED, filters=wanted.filters)
            for page in self._run.org.query(soql, include_deleted=True):
                found.put(raw_frame(page.records, schema))
            return
        soql = select(wanted.api_name, _LISTED, filters=wanted.filters, order="")
        for result in self._extracts.once(Extract(wanted.api_name, soql, include_deleted=True), _LISTED_RECORDS):
            found.put(frame_of_cells(result.columns, result.rows, schema)[0])

    def _read(self, arrivals: Arrivals, ids: Sequence[str]) -> set[str]:
        """Records by their ids, deleted ones too; which of them the org still has."""
        seen: set[str] = set()
        blocks = [ids[start : start + _IDS_MAX] for start in range(0, len(ids), _IDS_MAX)]
        questions = [
            Question(by_ids(self._wanted.api_name, self._wanted.columns, block), include_deleted=True)
            for block in blocks
        ]
        for page in self._answers(questions):
            arrivals.page(page)
            seen.update(str(record["Id"]) for record in page.records)
        return seen

    def _answers(self, questions: Sequence[Question]) -> Iterator[Page]:
        for start in range(0, len(questions), QUERIES_MAX):
            asked = questions[start : start + QUERIES_MAX]
            for opened, question in zip(self._run.org.open(asked), asked, strict=True):
                if opened is None:
                    yield from self._run.org.query(question.soql, include_deleted=True)
                else:
                    yield from self._run.org.pages(opened)

    def _read_whole(self, arrivals: Arrivals, listed: int) -> None:
        wanted = self._wanted
        if listed <= self._run.worker.settings.bulk_query_records_min:
            soql = select(wanted.api_name, wanted.columns, filters=wanted.filters)
            for page in self._run.org.query(soql, include_deleted=True):
                arrivals.page(page)
            return
        asked_at = self._run.now
        soql = select(wanted.api_name, wanted.columns, filters=wanted.filters, order="")
        for result in self._extracts.once(Extract(wanted.api_name, soql, include_deleted=True)):
            arrivals.cells(result, asked_at)

    def _keep(self, arrivals: Arrivals) -> None:
        run = self._run
        run.worker.points.reach("mended")
        if not arrivals.segments:
            return
        with run.worker.store.transaction() as tx:
            leases.check(tx, self._lease)
            segments.add_pull(tx, run=run.run_id, at=run.at, segments=arrivals.segments, watermarks=())
