"""Pull: record versions from the org into the mirror, and all of it or nothing.

What changed since the watermark (less the look-back) comes up to the server's time, five objects in one call; what is
many comes by bulk queries, which a later run goes on with; people and queues that seldom change come whole, now and then.
Pages are on disk as they come, and one transaction lists them and moves the watermarks.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.actions import SetField
from engine.digests import digest
from engine.errors import MapError, OrgError, Problem, RulebookError, TransientError
from mapping.check import check, check_set
from mapping.objects import PEOPLE, SLOW, PulledObject, pulled_objects
from mapping.soql import count, select
from mapping.types import Record
from sync.arrivals import Arrivals
from sync.dropped.intake import Intake, read_dropped
from sync.extracts import Extract, Extracts
from sync.run import Run
from sync.salesforce.composite import Question
from sync.salesforce.errors import LocatorLostError
from sync.salesforce.pages import Opened, Page
from sync.store import jobs, leases, segments
from sync.store.columns import Json
from sync.store.jobs import Job
from sync.store.leases import Lease
from sync.store.segments import Segment, SegmentKind, Watermark
from sync.tidy import compact

# How often one query may lose its cursor before the pull gives up.
RESTARTS_MAX = 5
# A closed job is remembered a little longer than the org does.
_JOB_DAYS = 8
_REFUSED_QUESTION = "SF-102"


@dataclass(frozen=True, slots=True)
class Reading:
    """How one object is read this time: whole without `since`. `is_first`: nothing is known of it as it is read now;
    `is_slow`: it is always read whole.
    """

    wanted: PulledObject
    describe: Record
    since: datetime | None
    is_first: bool = False
    is_slow: bool = False

    @property
    def name(self) -> str:
        return self.wanted.api_name

    @property
    def is_whole(self) -> bool:
        return self.since is None

    @property
    def include_deleted(self) -> bool:
        return "IsDeleted" in self.wanted.columns

    def question(self, *, until: datetime | None, after: tuple[datetime, str] | None = None) -> Question:
        soql = select(
            self.name,
            self.wanted.columns,
            since=self.since,
            until=until if not self.is_slow else None,
            after=after,
            where=self.wanted.where or None,
            filters=self.wanted.filters if self.is_whole else (),
        )
        return Question(soql, self.include_deleted)

    @property
    def extract(self) -> Extract:
        """Without an upper bound, so that a later run asks the very same; and in no order, which is fastest."""
        filters = self.wanted.filters if self.is_whole else ()
        soql = select(self.name, self.wanted.columns, since=self.since, filters=filters, order="")
        return Extract(self.name, soql, self.include_deleted)

    def arrivals(self, run: Run) -> Arrivals:
        is_compared = not self.is_first or self.is_slow
        return Arrivals(run, self.wanted, self.describe, is_compared=is_compared, is_filtered=self.is_whole)


@dataclass(frozen=True, slots=True)
class _Brought:
    """One object's arrivals, up to when they are complete, and the bulk job they came by, if any."""

    reading: Reading
    arrivals: Arrivals
    complete: datetime
    job: str = ""


def pull(run: Run, lease: Lease, *, whole: Collection[str] = ()) -> None:
    """Bring the mirror up to date; the objects named in `whole` are read whole.

    MapError before anything is read when the org lacks what the map names. What the org refuses to answer is described
    anew first: a field may have gone since.
    """
    run.worker.mirror.discard_orphans(keep=_staged(run))  # what a crash left between file and transaction
    readings = _readings(run, described(run), whole)
    try:
        brought = list(_read(run, lease, readings))
    except OrgError as error:
        if any(problem.code == _REFUSED_QUESTION for problem in error.problems):
            run.describe_again([reading.name for reading in readings])
            described(run)
        raise
    _list(run, lease, brought, read_dropped(run))
    if any(each.reading.is_first and not each.reading.is_slow for each in brought):
        compact(run, lease)


def described(run: Run) -> dict[str, Record]:
    """What the org says of every object that is pulled. MapError or RulebookError for what they name and it lacks.

    A problem is looked at again before it is told: what the store knows may be of yesterday.
    """
    names = [wanted.api_name for wanted in (*pulled_objects(run.worker.field_map), *PEOPLE)]
    found = run.describes(names)
    if _problems(run, found):
        run.describe_again(names)
        found = run.describes(names)
    if problems := _problems(run, found):
        is_of_rules = all(problem.code.startswith("RB-") for problem in problems)
        raise RulebookError(*problems) if is_of_rules else MapError(*problems)
    return found


def _problems(run: Run, found: Mapping[str, Record]) -> tuple[Problem, ...]:
    unknown = run.worker.read_rulebook.learn(found)
    set_by_rules = [
        (action.field, rule.where)
        for rule in run.worker.rulebook.rules
        for action in rule.then
        if isinstance(action, SetField)
    ]
    return (*check(run.worker.field_map, found), *check_set(run.worker.field_map, found, set_by_rules), *unknown)


def listed_as(run: Run, wanted: PulledObject) -> str:
    """The digest under which an object's watermark stands: read in another way, it is read whole again.

    Few objects are slow, and a new rulebook may name a queue of five minutes ago: they are read again for it.
    """
    return digest([wanted.reading, run.worker.rulebook.digest]) if wanted in SLOW else wanted.reading


def _readings(run: Run, describes: Mapping[str, Record], whole: Collection[str]) -> list[Reading]:
    """What there is to read now: slow objects only when they are due."""
    settings = run.worker.settings
    readings: list[Reading] = []
    for wanted in (*pulled_objects(run.worker.field_map), *PEOPLE):
        with run.worker.store.read() as tx:
            mark = segments.watermark(tx, wanted.api_name)
        is_first = mark is None or mark.fields != listed_as(run, wanted)
        is_slow, is_asked = wanted in SLOW, wanted.api_name in whole
        rest = timedelta(seconds=settings.slow_objects_seconds)
        if is_slow and mark and not (is_first or is_asked) and run.now - mark.stamp < rest:
            continue
        is_whole = is_first or is_slow or is_asked
        since = None if is_whole or not mark else mark.stamp - timedelta(seconds=settings.look_back_seconds)
        readings.append(Reading(wanted, describes[wanted.api_name], since, is_first=is_first, is_slow=is_slow))
    return readings


def _read(run: Run, lease: Lease, readings: Sequence[Reading]) -> Iterator[_Brought]:
    """By REST what is little, then by bulk queries what is much; those begin before any of them is waited for."""
    settings = run.worker.settings
    lag = timedelta(seconds=settings.read_lag_seconds)
    # The running second is read too: what this very worker wrote a moment ago must not look like somebody's edit.
    until, complete = run.now + timedelta(seconds=1), run.now - lag
    many = _many(run, readings)
    few = [reading for reading in readings if reading.name not in many]
    large = [reading for reading in readings if reading.name in many]
    for reading, opened in zip(few, run.org.open([each.question(until=until) for each in few]), strict=True):
        if opened is None or (opened.page.total > settings.bulk_query_records_min and not reading.is_slow):
            large.append(reading)
            continue
        arrivals = reading.arrivals(run)
        for page in _pages(run, reading, opened, until=until):
            run.worker.drain.check()
            arrivals.page(page)
        if reading.is_slow:
            arrivals.mark_missing()
        arrivals.close()
        yield _Brought(reading, arrivals, run.now if reading.is_slow else complete)
    extracts = Extracts(run, lease, deadline=run.worker.clock.monotonic() + settings.run_deadline_seconds)
    for reading, job in zip(large, extracts.begin([each.extract for each in large]), strict=True):
        yield _Brought(reading, _extracted(run, extracts, reading, job), job.created_at - lag, job.job_id)


def _many(run: Run, readings: Iterable[Reading]) -> set[str]:
    """Objects to be read whole that have more records than REST is for."""
    settings = run.worker.settings
    asked = [reading for reading in readings if reading.is_whole and not reading.is_slow]
    questions = [Question(count(each.name, filters=each.wanted.filters), each.include_deleted) for each in asked]
    return {
        reading.name
        for reading, opened in zip(asked, run.org.open(questions), strict=True)
        if opened is None or opened.page.total > settings.bulk_query_records_min
    }


def _pages(run: Run, reading: Reading, opened: Opened, *, until: datetime) -> Iterator[Page]:
    """The pages of one keyset walk; a lost cursor starts a new query behind the last row held."""
    after: tuple[datetime, str] | None = None
    pages = run.org.pages(opened)
    for _ in range(RESTARTS_MAX):
        try:
            for page in pages:
                yield page
                if page.records:
                    last = page.records[-1]
                    after = (datetime.fromisoformat(str(last["SystemModstamp"])), str(last["Id"]))
        except LocatorLostError:
            again = reading.question(until=until, after=after)
            pages = run.org.query(again.soql, include_deleted=again.include_deleted)
            continue
        return
    raise TransientError.of("SF-123", reading.name, tries=RESTARTS_MAX)


def _extracted(run: Run, extracts: Extracts, reading: Reading, job: Job) -> Arrivals:
    """What a bulk query brought, pages of an earlier run included."""
    arrivals = reading.arrivals(run)
    arrivals.take_over([segment for page in job.pages if (segment := _segment(page["segment"]))])
    for page in extracts.pages(job):
        written = arrivals.cells(page, job.created_at)
        extracts.keep(job, page, _facts(written) if written else None)
    arrivals.close()
    return arrivals


def _list(run: Run, lease: Lease, brought: Sequence[_Brought], dropped: Intake) -> None:
    """The pull happens here."""
    written = [segment for each in brought for segment in each.arrivals.segments] + dropped.segments
    marks = [Watermark(each.reading.name, each.complete, listed_as(run, each.reading.wanted)) for each in brought]
    run.worker.points.reach("segments written")
    with run.worker.store.transaction() as tx:
        leases.check(tx, lease)
        segments.add_pull(tx, run=run.run_id, at=run.at, segments=written, watermarks=[*marks, *dropped.marks])
        dropped.keep(tx)
        jobs.close(tx, [each.job for each in brought if each.job])
        jobs.forget(tx, run.now - timedelta(days=_JOB_DAYS))
    run.worker.points.reach("pull committed")
    followed = [each for each in brought if each.reading.wanted not in PEOPLE]
    run.figures["pulled"] = {each.reading.name: each.arrivals.rows for each in followed}
    run.figures["unparsed"] = {
        f"{each.reading.name}.{column}": number for each in followed for column, number in each.arrivals.lost.items()
    }
    fresh: dict[str, int] = {}
    for segment in written:
        fresh[segment.object] = fresh.get(segment.object, 0) + segment.rows
    run.figures["pulled_new"] = fresh
    run.figures["fates"] = {each.reading.name: dict(each.arrivals.fates) for each in brought if each.arrivals.fates}


def _staged(run: Run) -> list[str]:
    """Pages of bulk queries that are not at their end: nobody's orphans."""
    with run.worker.store.read() as tx:
        found = [_segment(page["segment"]) for page in jobs.staged(tx)]
    return [segment.path for segment in found if segment]


def _facts(segment: Segment) -> dict[str, Json]:
    return {name: value for name in Segment.__dataclass_fields__ if (value := getattr(segment, name)) is not None}


def _segment(facts: object) -> Segment | None:
    if not isinstance(facts, Mapping):
        return None
    return Segment(**{**facts, "kind": SegmentKind(facts["kind"])})
