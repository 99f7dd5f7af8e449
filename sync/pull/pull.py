"""Pull: record versions from the org into the mirror, and all of it or nothing.

What changed since the watermark (less the look-back) comes up to the server's time, five objects in one call; what is
many comes by bulk queries, which a later run goes on with; people and queues that seldom change come whole, now and then.
Pages are on disk as they come, and one transaction lists them and moves the watermarks.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from engine.errors import OrgError, TransientError
from mapping.field_map.pulled_objects import PEOPLE
from mapping.soql import count
from sync.host.host import CrashPoints
from sync.host.shutdown import Shutdown
from sync.pull.bulk_extracts import BulkExtracts, extracts_of
from sync.pull.drop_folders.reader import Drops, Intake, read_dropped
from sync.pull.objects import Due, ObjectPull, described, listed_as, object_pulls_of
from sync.pull.staging import ROWS_MAX, MirrorWriter, Staging, compact
from sync.run import Run
from sync.salesforce.composite import Question
from sync.salesforce.errors import LocatorLostError
from sync.salesforce.org import Org
from sync.salesforce.query_pages import Opened, Page
from sync.store import data_files, jobs
from sync.store.columns import Json
from sync.store.data_files import DataFile, Watermark
from sync.store.database import Store
from sync.store.figures import Pulled
from sync.store.jobs import QueryRecord
from sync.store.leases import Lease, LeasedStore
from sync.store.vocabulary import DataFileKind

# How often one query may lose its cursor before the pull gives up.
RESTARTS_MAX = 5
# A closed job is remembered a little longer than the org does.
_JOB_DAYS = 8
_REFUSED_QUESTION = "SF-102"  # the org does not understand a field or query: {reason} {message} (status {status})


@dataclass(frozen=True, slots=True)
class _Brought:
    """What one object brought, up to when they are complete, and the bulk job they came by, if any."""

    object_pull: ObjectPull
    staging: Staging
    complete: datetime
    job: str = ""


def pull(run: Run, lease: Lease, *, whole: Collection[str] = ()) -> Pulled:
    """Bring the mirror up to date, and tell what came; the objects named in `whole` are read whole.

    MapError before anything is read when the org lacks what the map names. What the org refuses to answer is described
    anew first: a field may have gone since.
    """
    worker, settings, field_map = run.worker, run.worker.settings, run.worker.field_map
    leased, writer = LeasedStore(worker.store, lease), mirror_writer(run)
    # What a crash left between file and transaction.
    writer.mirror.discard_orphans(lease=lease, keep=_staged(worker.store))
    found = described(run.describes, field_map, worker.read_rulebook)
    with worker.store.read() as tx:
        marks = data_files.watermarks(tx)
    look_back, slow = (timedelta(seconds=each) for each in (settings.look_back_seconds, settings.slow_objects_seconds))
    object_pulls = object_pulls_of(found, marks, worker.rulebook.digest, Due(run.now, look_back, slow, whole))
    reading = _Reading(
        run.org,
        writer,
        partial(extracts_of, run.org, leased, worker.host, settings, run_id=run.run_id),
        worker.shutdown,
        timedelta(seconds=settings.read_lag_seconds),
        settings.bulk_query_records_min,
    )
    try:
        brought = list(reading.brought(object_pulls))
    except OrgError as error:
        if any(problem.code == _REFUSED_QUESTION for problem in error.problems):
            run.describes.ask_again([object_pull.name for object_pull in object_pulls])
            described(run.describes, field_map, worker.read_rulebook)
        raise
    drops = Drops(worker.folder, worker.store, writer, worker.clock.now, run.identity.time_zone)
    dropped = read_dropped(drops, field_map.activities)
    _list(leased, writer, brought, dropped, worker.points, at=run.at, rulebook=worker.rulebook.digest)
    if any(each.object_pull.is_first and not each.object_pull.is_slow for each in brought):
        compact(leased, writer, field_map, worker.points, percent=settings.compact_percent)
    return _pulled(brought, dropped)


def mirror_writer(run: Run) -> MirrorWriter:
    rows_max = min(ROWS_MAX, run.worker.settings.range_records)
    worker = run.worker
    return MirrorWriter(worker.mirror, run.run_id, run.sequence, worker.field_map.digest, run.org.now, rows_max)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one pull reads of the org. `lag` is how late the org may show what was committed; more records than `rest_max`
    come by a bulk query.
    """

    org: Org
    writer: MirrorWriter
    extracts: Callable[[], BulkExtracts]
    shutdown: Shutdown
    lag: timedelta
    rest_max: int

    def brought(self, object_pulls: Sequence[ObjectPull]) -> Iterator[_Brought]:
        """By REST what is little, then by bulk queries what is much; those begin before any of them is waited for."""
        # The running second is read too: what this very worker wrote a moment ago must not look like somebody's edit.
        until, complete = self.org.now() + timedelta(seconds=1), self.org.now() - self.lag
        many = self._many(object_pulls)
        few = [object_pull for object_pull in object_pulls if object_pull.name not in many]
        large = [object_pull for object_pull in object_pulls if object_pull.name in many]
        for object_pull, opened in zip(few, self.org.open([each.question(until=until) for each in few]), strict=True):
            if opened is None or (opened.page.total > self.rest_max and not object_pull.is_slow):
                large.append(object_pull)
                continue
            staging = object_pull.staging(self.writer)
            for page in self._pages(object_pull, opened, until=until):
                self.shutdown.check()
                staging.page(page)
            if object_pull.is_slow:
                staging.mark_missing()
            _close(object_pull, staging)
            yield _Brought(object_pull, staging, self.org.now() if object_pull.is_slow else complete)
        extracts = self.extracts()
        for object_pull, job in zip(large, extracts.begin([each.extract for each in large]), strict=True):
            staging = self._extracted(extracts, object_pull, job)
            yield _Brought(object_pull, staging, job.created_at - self.lag, job.job_id)

    def _many(self, object_pulls: Iterable[ObjectPull]) -> set[str]:
        """Objects to be read whole that have more records than REST is for."""
        asked = [object_pull for object_pull in object_pulls if object_pull.is_whole and not object_pull.is_slow]
        questions = [Question(count(each.name, filters=each.filters), each.include_deleted) for each in asked]
        return {
            object_pull.name
            for object_pull, opened in zip(asked, self.org.open(questions), strict=True)
            if opened is None or opened.page.total > self.rest_max
        }

    def _pages(self, object_pull: ObjectPull, opened: Opened, *, until: datetime) -> Iterator[Page]:
        """The pages of one keyset walk; a lost cursor starts a new query behind the last row held."""
        after: tuple[datetime, str] | None = None
        pages = self.org.pages(opened)
        for _ in range(RESTARTS_MAX):
            try:
                for page in pages:
                    yield page
                    if page.records:
                        last = page.records[-1]
                        after = (datetime.fromisoformat(str(last["SystemModstamp"])), str(last["Id"]))
            except LocatorLostError:
                again = object_pull.question(until=until, after=after)
                pages = self.org.query(again.soql, include_deleted=again.include_deleted)
                continue
            return
        raise TransientError.of("SF-123", object_pull.name, tries=RESTARTS_MAX)  # the org lost track of a query…

    def _extracted(self, extracts: BulkExtracts, object_pull: ObjectPull, job: QueryRecord) -> Staging:
        """What a bulk query brought, pages of an earlier run included."""
        staging = object_pull.staging(self.writer)
        staging.take_over([data_file for page in job.pages if (data_file := _data_file(page["data_file"]))])
        for page in extracts.pages(job):
            written = staging.cells(page, job.created_at)
            extracts.keep(job, page, _facts(written) if written else None)
        _close(object_pull, staging)
        return staging


def _close(object_pull: ObjectPull, staging: Staging) -> None:
    if object_pull.narrows:
        staging.bury_unread()
    staging.close()


def _list(
    leased: LeasedStore,
    writer: MirrorWriter,
    brought: Sequence[_Brought],
    dropped: Intake,
    points: CrashPoints,
    *,
    at: datetime,
    rulebook: str,
) -> None:
    """The pull happens here."""
    written = _written(brought, dropped)
    marks = [
        Watermark(each.object_pull.name, each.complete, listed_as(each.object_pull.wanted, rulebook))
        for each in brought
    ]
    points.reach("data files written")
    with leased.transaction() as tx:
        dropped.keep(tx)
        data_files.add_pull(tx, run=writer.run_id, at=at, data_files=written, watermarks=[*marks, *dropped.marks])
        jobs.close(tx, [each.job for each in brought if each.job])
        jobs.forget(tx, writer.now() - timedelta(days=_JOB_DAYS))
    points.reach("pull committed")


def _pulled(brought: Sequence[_Brought], dropped: Intake) -> Pulled:
    followed = [each for each in brought if each.object_pull.wanted not in PEOPLE]
    new: dict[str, int] = {}
    for data_file in _written(brought, dropped):
        new[data_file.object] = new.get(data_file.object, 0) + data_file.rows
    return Pulled(
        rows={each.object_pull.name: each.staging.rows for each in followed},
        new=new,
        fates={each.object_pull.name: dict(each.staging.fates) for each in brought if each.staging.fates},
        unparsed={
            f"{each.object_pull.name}.{column}": number
            for each in followed
            for column, number in each.staging.lost.items()
        },
        dropped=dropped.came,
    )


def _written(brought: Sequence[_Brought], dropped: Intake) -> list[DataFile]:
    return [data_file for each in brought for data_file in each.staging.data_files] + dropped.data_files


def _staged(store: Store) -> list[str]:
    """Pages of bulk queries that are not at their end: nobody's orphans."""
    with store.read() as tx:
        found = [_data_file(page["data_file"]) for page in jobs.staged(tx)]
    return [data_file.path for data_file in found if data_file]


def _facts(data_file: DataFile) -> dict[str, Json]:
    return {name: value for name in DataFile.__dataclass_fields__ if (value := getattr(data_file, name)) is not None}


def _data_file(facts: object) -> DataFile | None:
    if not isinstance(facts, Mapping):
        return None
    return DataFile(**{**facts, "kind": DataFileKind(facts["kind"])})
