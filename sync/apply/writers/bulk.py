"""Bulk: one ingest job for up to 20,000 records, on versions compared just before the job.

The job's id is in the store before the job can change anything. Whatever happens afterwards, it is asked about by that
id: waited for, or stopped while it is still open, and never made a second time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.errors import LeadsyncError, OrgError, TransientError
from sync.apply.writers.batches import PayloadGroup
from sync.host.host import Host
from sync.plan.cost import SLICE_MAX
from sync.salesforce.calls import Wire
from sync.salesforce.ingest import UPLOAD_BYTES_MAX, Ingest, Job, JobState, cell_of, csv_of
from sync.salesforce.writes import Answer, WriteResult, unknown
from sync.store import jobs
from sync.store.jobs import IngestRecord
from sync.store.leases import LeasedStore
from sync.store.vocabulary import WriteMode

# A job of 20,000 rows is one of several that follow each other: looking late adds up, a look costs one call.
_FIRST_POLL_SECONDS = 0.25
# The host of the org may read another second than the one it stamps a job with.
_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class JobPatience:
    """How long a run waits for its jobs: `seconds`, by the host's clock or the org's, whichever has run further, and no
    longer once its process is told to end. The run began at `began` by the org, `started` by the host.
    """

    host: Host
    now: Callable[[], datetime]  # the org's
    began: datetime
    started: float
    seconds: float
    poll_seconds: float  # the longest pause between two looks at a job

    @property
    def is_over(self) -> bool:
        if self.host.shutdown.is_asked:
            return True
        waited = self.host.clock.monotonic() - self.started
        return max(waited, (self.now() - self.began).total_seconds()) > self.seconds

    def is_over_for(self, job: Job) -> bool:
        """Whether a job has had all the time that a run may take."""
        return self.now() - job.created_at > timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class BulkWriter:
    """`us` is our user in the org."""

    mode, size = WriteMode.BULK, SLICE_MAX

    wire: Wire
    leased: LeasedStore
    patience: JobPatience
    run_id: str
    us: str

    def fit(self, groups: Sequence[PayloadGroup]) -> int:
        total = 0
        for number, each in enumerate(groups[: self.size]):
            # A Japanese character takes three bytes and a doubled quote two; four only the rarest.
            total += sum(3 * len(str(value)) + 3 for value in each.payload.values()) + 24
            if total > UPLOAD_BYTES_MAX:
                return max(number, 1)
        return min(len(groups), self.size)

    def prepare(self, object_name: str) -> str:
        """A job that is open; nothing happens until it is closed."""
        points, ingest = self.patience.host.points, self._ingest
        with self.leased.store.transaction() as tx:
            jobs.expect(
                tx, self.leased.lease, object_name, run=self.run_id, version=ingest.version, at=self.patience.now()
            )
        points.reach("job expected")
        job = ingest.create(object_name)
        points.reach("job created")
        return job.id

    def give_up(self, job_id: str | None) -> None:
        if job_id is None:
            return
        self._ingest.abort(job_id)
        with self.leased.store.transaction() as tx:
            jobs.forget_expected(tx)

    def send(self, groups: Sequence[PayloadGroup], job_id: str | None) -> list[Answer] | None:
        if job_id is None:
            raise ValueError("a job is prepared before it is sent")
        said = {each.record_id: writable(each) for each in groups}
        refused = {
            key: Answer(key, WriteResult.REFUSED, "NOT_AVAILABLE_TEXT", fields=fields)
            for key, (_, fields) in said.items()
            if fields
        }
        rows = [(key, payload) for key, (payload, _) in said.items() if key not in refused]
        points, ingest = self.patience.host.points, self._ingest
        try:
            ingest.upload(job_id, csv_of(rows))
            points.reach("rows uploaded")
            ingest.close(job_id)
        except LeadsyncError:
            self._drop(ingest, job_id)
            raise
        points.reach("job closed")
        answers = self._outcome(ingest, job_id, [key for key, _ in rows])
        if answers is None:
            return None
        found = refused | {answer.record_id: answer for answer in answers}
        return [found[each.record_id] for each in groups]

    def recover(self, upload: IngestRecord, record_ids: Sequence[str]) -> list[Answer] | None:
        """A job that is open still has changed nothing and is stopped; any other is waited for."""
        ingest = Ingest(self.wire, version=upload.api_version)
        try:
            job = ingest.job(upload.job_id)
        except OrgError as error:
            if error.problems[0].code != "SF-103":  # the org has no such object or record, or hides it from this user…
                raise
            # No longer kept: what it has done can only be read from the records.
            return unknown(record_ids, "NO_JOB")
        if job.state is JobState.OPEN:
            ingest.abort(upload.job_id)
            return [Answer(key, WriteResult.LEFT, "NOT_CLOSED") for key in record_ids]
        return self._outcome(ingest, upload.job_id, record_ids)

    def stop_lost(self) -> int:
        """Stop jobs that were made though nobody learned their id; how many.

        Only an open job of this very user, for updates of the object that was expected, made since then and unknown to the
        store: whatever else the user's other tools do stays theirs.
        """
        with self.leased.read() as tx:
            lost = jobs.expected(tx)
        if lost is None:
            return 0
        ingest = Ingest(self.wire, version=lost.api_version)
        found = [job.id for job in ingest.listed() if may_be(job, lost, self.us)]
        with self.leased.read() as tx:
            known = jobs.known(tx, found)
        stopped = [job_id for job_id in found if job_id not in known]
        for job_id in stopped:
            ingest.abort(job_id)
        with self.leased.store.transaction() as tx:
            jobs.forget_expected(tx)
        return len(stopped)

    def _outcome(self, ingest: Ingest, job_id: str, record_ids: Sequence[str]) -> list[Answer] | None:
        """The answers of a closed job. Whatever goes wrong now, the job goes on, and the next run asks it again."""
        try:
            return ingest.results(job_id, record_ids) if self._ended(ingest, job_id) else None
        except LeadsyncError:
            return None

    def _ended(self, ingest: Ingest, job_id: str) -> bool:
        """Wait until the job has ended; False when this run has no more time. A job past its own time is stopped."""
        wait, most = _FIRST_POLL_SECONDS, self.patience.poll_seconds
        is_stopped = False
        while True:
            try:
                job = ingest.job(job_id)
                if job.state.has_ended:
                    return True
                if job.state is JobState.OPEN:
                    ingest.close(job_id)  # that it was closed never arrived
                if self.patience.is_over:
                    return False
                if not is_stopped and self.patience.is_over_for(job):
                    ingest.abort(job_id)
                    is_stopped = True
                    continue
            except TransientError:
                pass  # a page of the edge says nothing about the job
            if self.patience.is_over:
                return False
            self.patience.host.clock.wait(wait)
            wait = min(wait * 2, most)

    @property
    def _ingest(self) -> Ingest:
        return Ingest(self.wire)

    def _drop(self, ingest: Ingest, job_id: str) -> None:
        """Stop a job that was not closed. If that fails too it stays open, changes nothing, and is stopped later."""
        try:
            ingest.abort(job_id)
        except LeadsyncError:
            return


def may_be(job: Job, lost: IngestRecord, us: str) -> bool:
    """Whether a job of the org may be the one whose id was lost."""
    is_like_it = (job.state, job.operation, job.object, job.created_by) == (JobState.OPEN, "update", lost.object, us)
    return is_like_it and job.created_at >= lost.created_at - _SKEW


def writable(group: PayloadGroup) -> tuple[dict[str, str | int | float | bool | None], tuple[str, ...]]:
    """What CSV can say of a group's payload, and the fields it cannot: a text that would empty its field instead."""
    said, refused = {}, []
    for name, value in group.payload.items():
        try:
            cell_of(value)
        except ValueError:
            refused.append(name)
        else:
            said[name] = value
    return said, tuple(refused)
