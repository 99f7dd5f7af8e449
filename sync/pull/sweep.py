"""Sweep: compare the mirror with the org, record by record, and mend what differs: nothing is missed for longer.

Pulls see what has a newer stamp. Found here is what leaves none: records deleted for good, records that came too late
for any look-back, and formula fields, for whose sake an object is read whole. What moves while it is compared is none of
its business: the next pull sees that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from engine.errors import OrgError, Problem
from mapping.field_map.pulled_objects import PEOPLE, PulledObject, pulled_objects
from mapping.field_map.types import Record, described_fields, raw_frame, raw_schema
from mapping.frames.csv_cells import frame_of_cells
from mapping.soql import BY_ID, by_ids, count, select
from sync.host.host import Host
from sync.pull.bulk_extracts import BulkExtract, BulkExtracts, extracts_of
from sync.pull.id_list import IdList, id_list
from sync.pull.pull import mirror_writer, pull
from sync.pull.staging import MirrorWriter, Staging, compact
from sync.run import Run
from sync.salesforce.composite import IDS_MAX, READ_MAX, Question
from sync.salesforce.org import Org
from sync.store import data_files
from sync.store.figures import Drift, Swept
from sync.store.leases import LeasedStore
from sync.store.paging import chunks
from sync.store.vocabulary import LeaseName

_LISTED = ("Id", "SystemModstamp", "IsDeleted")
_LISTED_RECORDS = 250_000  # of one page: ids are short
# More records than these are not asked for by their ids.
_MENDED_MAX = 20_000
# So many may vanish without a word; more look like an access that was lost.
_GONE_MIN, _GONE_PERCENT = 100, 10
_VANISHED = "SF-126"  # the org no longer shows {gone} of {known} records of {object}


def sweep(run: Run, *, accepts_gone: bool = False) -> Mapping[str, Drift]:
    """Pull, compare, mend, and put the mirror in order; the drift of each object, which the run is told too.

    An object of which so much has vanished that an access must have been lost is left as it is, unless that is
    accepted; when all else is done, OrgError SF-126 tells of it.
    """
    worker, settings, mapped = run.worker, run.worker.settings, pulled_objects(run.worker.field_map)
    found: dict[str, Drift] = {}
    refused: list[Problem] = []
    with worker.hold(LeaseName.PULL) as lease:
        run.describes.ask_again([wanted.api_name for wanted in (*mapped, *PEOPLE)])
        run.tell(pull(run, lease, whole=[wanted.api_name for wanted in PEOPLE]))
        leased, writer = LeasedStore(worker.store, lease), mirror_writer(run)
        for wanted in mapped:
            comparison = _Comparison(
                wanted,
                run.describes.of(wanted.api_name),
                run.org,
                leased,
                writer,
                extracts_of(run.org, leased, worker.host, settings, run_id=run.run_id),
                worker.host,
                run.at,
                settings.bulk_query_records_min,
            )
            try:
                found[wanted.api_name] = comparison.mended(accepts_gone=accepts_gone)
            except OrgError as error:
                if any(problem.code != _VANISHED for problem in error.problems):
                    raise
                refused += error.problems
            run.tell(Swept(dict(found)))
        percent, before = settings.compact_percent, run.now - timedelta(days=settings.as_of_days)
        compacted = compact(leased, writer, worker.field_map, worker.points, percent=percent)
        # What only readings as of long ago would need.
        run.tell(Swept(found, compacted, worker.mirror.retire(before, at=run.now, lease=lease)))
    if refused:
        raise OrgError(*refused)
    return found


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One object, from the org's list of ids to what is mended of it. More records than `rest_max` come by a bulk query.

    `began` is the org's time when the run began.
    """

    wanted: PulledObject
    describe: Record
    org: Org
    leased: LeasedStore
    writer: MirrorWriter
    extracts: BulkExtracts
    host: Host
    began: datetime
    rest_max: int

    def mended(self, *, accepts_gone: bool) -> Drift:
        name, mirror = self.wanted.api_name, self.writer.mirror
        with self.leased.read() as tx:
            mark = data_files.watermark(tx, name)
        until = mark.stamp if mark else self.began  # how far the mirror has been pulled
        with id_list(mirror.folder) as found:
            self._list(found)
            parts = list(found.compare(mirror.stamps(name), until=until))
        wrong = [each for part in parts for each in (*part.missing, *part.stale, *part.deleted)]
        unlisted, known = [each for part in parts for each in part.unlisted], sum(part.known for part in parts)
        staging = Staging(self.writer, self.wanted, self.describe)
        gone = self._gone(staging, unlisted, known, accepts_gone=accepts_gone)
        if is_whole := self._has_formulas or len(wrong) > _MENDED_MAX:
            self._read_whole(staging, found.rows)
        else:
            self._read(staging, wrong)
        staging.bury(gone)
        staging.close()
        self._keep(staging)
        return Drift(
            listed=found.rows,
            missing=sum(len(part.missing) for part in parts),
            stale=sum(len(part.stale) for part in parts),
            deleted=sum(len(part.deleted) for part in parts),
            outside=len(unlisted) - len(gone),
            gone=len(gone),
            changed=max(0, self._news(staging, until) - len(wrong) - len(unlisted)) if is_whole else 0,
        )

    def _gone(self, staging: Staging, unlisted: Sequence[str], known: int, *, accepts_gone: bool) -> list[str]:
        """Those that the org does not have. What the map's filters leave out is there all the same, and is read as such."""
        name, most = self.wanted.api_name, max(_GONE_MIN, known * _GONE_PERCENT // 100)
        if not self.wanted.filters and len(unlisted) > most and not accepts_gone:
            raise OrgError.of(_VANISHED, name, object=name, gone=len(unlisted), known=known)
        gone: list[str] = []
        for block in chunks(unlisted, READ_MAX):
            there = self._read(staging, block)
            gone += [each for each in block if each not in there]
            if len(gone) > most and not accepts_gone:
                raise OrgError.of(_VANISHED, name, object=name, gone=len(gone), known=known)
        return gone

    def _news(self, staging: Staging, until: datetime) -> int:
        """Rows that were written, without those that moved since the mirror was read."""
        folder = self.writer.mirror.folder
        return sum(
            pl.scan_parquet(folder / data_file.path)
            .filter((pl.col("SystemModstamp") <= until).fill_null(value=True))
            .select(pl.len())
            .collect()
            .item()
            for data_file in staging.data_files
        )

    @property
    def _has_formulas(self) -> bool:
        """Whether the map names a field that changes without a stamp."""
        calculated = {field["name"] for field in described_fields(self.describe) if field.get("calculated")}
        return not calculated.isdisjoint(self.wanted.columns)

    def _list(self, found: IdList) -> None:
        """Every record, those in the bin and in the archive too, or they would look gone."""
        wanted, schema = self.wanted, raw_schema(self.describe, _LISTED)
        (counted,) = self.org.open([Question(count(wanted.api_name, filters=wanted.filters), include_deleted=True)])
        if counted and counted.page.total <= self.rest_max:
            soql = select(wanted.api_name, _LISTED, filters=wanted.filters, order=BY_ID)
            for page in self.org.query(soql, include_deleted=True):
                found.put(raw_frame(page.records, schema))
            return
        soql = select(wanted.api_name, _LISTED, filters=wanted.filters, order="")
        for result in self.extracts.once(BulkExtract(wanted.api_name, soql, include_deleted=True), _LISTED_RECORDS):
            found.put(frame_of_cells(result.columns, result.rows, schema)[0])

    def _read(self, staging: Staging, ids: Sequence[str]) -> set[str]:
        """Records by their ids, deleted ones too; which of them the org still has."""
        seen: set[str] = set()
        questions = [
            Question(by_ids(self.wanted.api_name, self.wanted.columns, block), include_deleted=True)
            for block in chunks(ids, IDS_MAX)
        ]
        for page in self.org.answers(questions):
            self.host.shutdown.check()
            staging.page(page)
            seen.update(str(record["Id"]) for record in page.records)
        return seen

    def _read_whole(self, staging: Staging, listed: int) -> None:
        wanted = self.wanted
        if listed <= self.rest_max:
            soql = select(wanted.api_name, wanted.columns, filters=wanted.filters, order=BY_ID)
            for page in self.org.query(soql, include_deleted=True):
                self.host.shutdown.check()
                staging.page(page)
            return
        asked_at = self.org.now()
        soql = select(wanted.api_name, wanted.columns, filters=wanted.filters, order="")
        for result in self.extracts.once(BulkExtract(wanted.api_name, soql, include_deleted=True)):
            staging.cells(result, asked_at)

    def _keep(self, staging: Staging) -> None:
        self.host.points.reach("mended")
        if not staging.data_files:
            return
        with self.leased.transaction() as tx:
            data_files.add_pull(tx, run=self.writer.run_id, at=self.began, data_files=staging.data_files, watermarks=())
