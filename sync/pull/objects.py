"""What is asked of the org in one pull: each object as it must be read this time, and what the org says it is made of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.digests import digest
from engine.errors import MapError, RulebookError
from mapping.field_map.filters import Filter
from mapping.field_map.pulled_objects import PEOPLE, SLOW, PulledObject, pulled_objects
from mapping.field_map.types import Record, can_be_followed
from mapping.soql import BY_ID, BY_STAMP, select
from sync.pull import missing_fields
from sync.pull.bulk_extracts import Extract
from sync.pull.staging import Staging
from sync.run import Run
from sync.salesforce.composite import Question
from sync.store import data_files


@dataclass(frozen=True, slots=True)
class ObjectPull:
    """How one object is read this time: whole without `since`. `is_first`: nothing is known of it as it is read now;
    `is_slow`: it is always read whole; `narrows`: what is known of it was read by another map, and may be outside now.
    """

    wanted: PulledObject
    describe: Record
    since: datetime | None
    is_first: bool = False
    is_slow: bool = False
    narrows: bool = False

    @property
    def name(self) -> str:
        return self.wanted.api_name

    @property
    def is_whole(self) -> bool:
        return self.since is None

    @property
    def include_deleted(self) -> bool:
        return "IsDeleted" in self.wanted.columns

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What the org is asked to leave out. Where rows are compared, those outside are seen instead and count as
        deleted: else one that no longer passes would be kept as it was.
        """
        return self.wanted.filters if self.is_first else ()

    def question(self, *, until: datetime | None, after: tuple[datetime, str] | None = None) -> Question:
        by_stamp = can_be_followed(self.describe)
        soql = select(
            self.name,
            self.wanted.columns,
            since=self.since,
            until=until if by_stamp and not self.is_slow else None,
            after=after,
            where=self.wanted.where or None,
            filters=self.filters,
            order=BY_STAMP if by_stamp else BY_ID,
        )
        return Question(soql, self.include_deleted)

    @property
    def extract(self) -> Extract:
        """Without an upper bound, so that a later run asks the very same; and in no order, which is fastest."""
        soql = select(self.name, self.wanted.columns, since=self.since, filters=self.filters, order="")
        return Extract(self.name, soql, self.include_deleted)

    def staging(self, run: Run) -> Staging:
        is_compared = not self.is_first or self.is_slow
        return Staging(run, self.wanted, self.describe, is_compared=is_compared, is_filtered=bool(self.filters))


def object_pulls_of(run: Run, describes: Mapping[str, Record], whole: Collection[str]) -> list[ObjectPull]:
    """What there is to read now: slow objects only when they are due."""
    settings = run.worker.settings
    found: list[ObjectPull] = []
    for wanted in (*pulled_objects(run.worker.field_map), *PEOPLE):
        with run.worker.store.read() as tx:
            mark = data_files.watermark(tx, wanted.api_name)
        is_first = mark is None or mark.fields != listed_as(run, wanted)
        is_slow, is_asked = wanted in SLOW, wanted.api_name in whole
        rest = timedelta(seconds=settings.slow_objects_seconds)
        if is_slow and mark and not (is_first or is_asked) and run.now - mark.stamp < rest:
            continue
        describe = describes[wanted.api_name]
        is_whole = is_first or is_slow or is_asked or not can_be_followed(describe)
        since = None if is_whole or not mark else mark.stamp - timedelta(seconds=settings.look_back_seconds)
        narrows = mark is not None and is_first and bool(wanted.filters)
        found.append(ObjectPull(wanted, describe, since, is_first=is_first, is_slow=is_slow, narrows=narrows))
    return found


def described(run: Run) -> dict[str, Record]:
    """What the org says of every object that is pulled. MapError or RulebookError for what they name and it lacks.

    A problem is looked at again before it is told: what the store knows may be of yesterday.
    """
    names = [wanted.api_name for wanted in (*pulled_objects(run.worker.field_map), *PEOPLE)]
    found = run.describes(names)
    if missing_fields.problems(run, found):
        run.describe_again(names)
        found = run.describes(names)
    if problems := missing_fields.problems(run, found):
        is_of_rules = all(problem.code.startswith("RB-") for problem in problems)
        raise RulebookError(*problems) if is_of_rules else MapError(*problems)
    return {name: found.get(name) or run.describe(name) for name in names}


def listed_as(run: Run, wanted: PulledObject) -> str:
    """The digest under which an object's watermark stands: read in another way, it is read whole again.

    Few objects are slow, and a new rulebook may name a queue of five minutes ago: they are read again for it.
    """
    return digest([wanted.reading, run.worker.rulebook.digest]) if wanted in SLOW else wanted.reading
