"""BulkExtracts: one bulk query each, carried through however often this worker is stopped on the way.

A job is in the store before it is asked about, and a page before the next one is. The same question in a later run goes
on where the last one stopped, for as long as the org keeps the job. All of it happens under the pull's lease: whoever
stood still past it writes nothing more about a job that another carries on.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from config.settings.settings import Settings
from engine.digests import digest
from engine.errors import BudgetError, LeadsyncError, OrgError, TransientError
from sync.host.host import Host
from sync.salesforce.bulk_query import BulkQuery, QueryJob, QueryState, ResultPage
from sync.salesforce.org import Org
from sync.store import jobs
from sync.store.columns import Json
from sync.store.jobs import QueryRecord
from sync.store.leases import LeasedStore

# Rows of one page, and so of one data file: wide enough for few calls, small beside a range.
PAGE_RECORDS = 50_000
# Salesforce keeps results for seven days; an older job is asked anew while there is time to read it.
_KEPT = timedelta(days=6)
# A job that is not complete after that long will not be.
_STUCK = timedelta(days=1)
_TORN_MAX = 3


@dataclass(frozen=True, slots=True)
class BulkExtract:
    """One question of an object."""

    object: str
    soql: str
    include_deleted: bool


@dataclass(frozen=True, slots=True)
class BulkExtracts:
    """The extracts of one run. `deadline` is on the host's monotonic clock, `seconds` after they began.

    `poll_seconds` is the longest pause between two looks at a job; a page has `page_records` rows at most.
    """

    org: Org
    leased: LeasedStore
    host: Host
    run_id: str
    deadline: float
    seconds: int
    poll_seconds: float
    page_records: int

    def begin(self, wanted: Sequence[BulkExtract]) -> list[QueryRecord]:
        """The jobs of these questions: those an earlier run left, and new ones. What nobody asks any more is given up."""
        asked = {_asked(each, self.org.api_version): each for each in wanted}
        found: dict[str, QueryRecord] = {}
        with self.leased.read() as tx:
            under_way = jobs.queries(tx)
        for job in under_way:
            question = job.asked or ""
            if question in asked and question not in found and self._is_alive(job):
                found[question] = job
            else:
                self._give_up(job)
        return [found.get(question) or self._create(each, question) for question, each in asked.items()]

    def once(self, wanted: BulkExtract, records_max: int = PAGE_RECORDS) -> Iterator[ResultPage]:
        """The whole result for this run only: no later run may mistake it for what the org is like then."""
        job = self._create(wanted, self.run_id)
        yield from self.pages(job, records_max=records_max)
        self._close(job)

    def pages(self, job: QueryRecord, *, records_max: int = PAGE_RECORDS) -> Iterator[ResultPage]:
        """Its pages from where it stands, once the org has them. Say `keep` for each before asking for the next."""
        told = self._wait(job)
        if told.state is not QueryState.COMPLETE:
            self._close(job)
            # a bulk query of {object} came to nothing: {state} {message}
            raise TransientError.of("SF-124", job.object, object=job.object, state=told.state, message=told.message)
        rows = sum(_rows(page) for page in job.pages)
        digests = {str(page["digest"]) for page in job.pages}
        locator = job.locator
        size = min(records_max, self.page_records)
        while locator != "":
            self.host.shutdown.check()
            page = self._page(job, locator or "", size)
            if page.rows and page.digest in digests:
                # a page of a bulk query is not what the org says it is: {seen} of {total} records
                raise self._spoiled(job, "SF-127", seen=0, total=len(page.rows))  # the same page under another name
            digests.add(page.digest)
            rows += len(page.rows)
            locator = page.locator
            yield page
        if told.records is not None and told.records != rows:
            raise self._spoiled(job, "SF-121", seen=rows, total=told.records)  # a query brought {seen} of {total}…

    def keep(self, job: QueryRecord, page: ResultPage, data_file: Mapping[str, Json] | None) -> None:
        """The page is safely on disk: a later run begins behind it."""
        facts: dict[str, Json] = {"rows": len(page.rows), "digest": page.digest, "data_file": data_file}
        with self.leased.transaction() as tx:
            jobs.keep_page(tx, job.job_id, page=facts, locator=page.locator)
        self.host.points.reach("page kept")

    def _is_alive(self, job: QueryRecord) -> bool:
        age = self.org.now() - job.created_at
        if age > _KEPT:
            return False
        try:
            told = self._bulk(job).job(job.job_id)
        except OrgError:
            return False  # the org has forgotten it
        return told.state is QueryState.COMPLETE or (not _has_failed(told) and age < _STUCK)

    def _create(self, wanted: BulkExtract, question: str) -> QueryRecord:
        asked_at = self.org.now()
        bulk = BulkQuery(self.org.wire)
        made = bulk.create(wanted.soql, include_deleted=wanted.include_deleted)
        job = QueryRecord(
            made.job_id, wanted.object, self.run_id, self.leased.lease.epoch, made.version, made.state, asked_at,
            asked=question,
        )  # fmt: skip
        with self.leased.transaction() as tx:
            jobs.enter(tx, job)
        self.host.points.reach("query job kept")
        return job

    def _wait(self, job: QueryRecord) -> QueryJob:
        """Until it has ended. A poll that fails is no reason to end a job: it is asked again, up to the deadline."""
        host, bulk = self.host, self._bulk(job)
        wait = 1.0
        while True:
            try:
                told = bulk.job(job.job_id)
                if told.state is QueryState.COMPLETE or _has_failed(told):
                    return told
            except TransientError as error:
                if isinstance(error, BudgetError):
                    raise
            host.shutdown.check()
            if host.clock.monotonic() + wait > self.deadline:
                # the org is still working on a bulk query of {object} after {seconds} seconds
                raise TransientError.of("SF-125", job.object, object=job.object, seconds=self.seconds, job=job.job_id)
            host.clock.wait(wait)
            wait = min(wait * 2, self.poll_seconds)

    def _page(self, job: QueryRecord, locator: str, records_max: int) -> ResultPage:
        for tries in range(_TORN_MAX):
            try:
                page = self._bulk(job).page(job.job_id, locator=locator, records_max=records_max)
            except TransientError as error:
                if error.problems[0].code != "SF-127":  # a page of a bulk query is not what the org says it is:…
                    raise
                if tries + 1 == _TORN_MAX:
                    self._close(job)
                    raise
            else:
                if page.locator and page.locator == locator:
                    raise self._spoiled(job, "SF-127", seen=0, total=len(page.rows))  # a page of a bulk query is not…
                return page
        raise AssertionError

    def _spoiled(self, job: QueryRecord, code: str, *, seen: int, total: int) -> LeadsyncError:
        """What the org brought cannot be trusted: nobody shall go on with this job."""
        self._close(job)
        return TransientError.of(code, job.object, seen=seen, total=total)

    def _give_up(self, job: QueryRecord) -> None:
        # Closed first: whether it is ours to give up is found out there. Left running it changes nothing.
        self._close(job)
        with suppress(OrgError):  # it has ended, or the org has forgotten it
            self._bulk(job).abort(job.job_id)

    def _close(self, job: QueryRecord) -> None:
        with self.leased.transaction() as tx:
            jobs.close(tx, [job.job_id])

    def _bulk(self, job: QueryRecord) -> BulkQuery:
        return BulkQuery(self.org.wire, version=job.api_version)


def extracts_of(org: Org, leased: LeasedStore, host: Host, settings: Settings, *, run_id: str) -> BulkExtracts:
    """Begun now: from here on they may take as long as a run may."""
    seconds = settings.run_deadline_seconds
    deadline = host.clock.monotonic() + seconds
    return BulkExtracts(
        org, leased, host, run_id, deadline, seconds, settings.bulk_poll_seconds, settings.range_records
    )


def _asked(wanted: BulkExtract, api_version: str) -> str:
    """What makes two questions the same."""
    return digest([wanted.soql, wanted.include_deleted, api_version])


def _has_failed(told: QueryJob) -> bool:
    return told.state in {QueryState.FAILED, QueryState.ABORTED}


def _rows(page: Mapping[str, Json]) -> int:
    rows = page["rows"]
    return rows if isinstance(rows, int) else 0
