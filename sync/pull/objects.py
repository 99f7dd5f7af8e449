"""What is asked of the org in one pull: each object as it must be read this time, and what the org says it is made of."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.rulebook.files import RulebookFiles
from engine.actions.registry import KINDS
from engine.actions.set_field import set_fields
from engine.conditions.conditions import ActivityCount, Condition, leaves, reads
from engine.digests import digest
from engine.errors import MapError, Problem, RulebookError
from engine.rulebook.rulebook import Rulebook
from engine.verdicts.registry import VERDICTS, asked
from mapping.field_map.check import check, check_set
from mapping.field_map.field_map import FieldMap
from mapping.field_map.filters import Filter
from mapping.field_map.pulled_objects import PEOPLE, SLOW, PulledObject, pulled_objects
from mapping.field_map.types import Record, can_be_followed
from mapping.soql import BY_ID, BY_STAMP, select
from sync.pull.bulk_extracts import BulkExtract
from sync.pull.staging import MirrorWriter, Staging
from sync.salesforce.composite import Question
from sync.salesforce.describes import Describes
from sync.store.data_files import Watermark


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
    def extract(self) -> BulkExtract:
        """Without an upper bound, so that a later run asks the very same; and in no order, which is fastest."""
        soql = select(self.name, self.wanted.columns, since=self.since, filters=self.filters, order="")
        return BulkExtract(self.name, soql, self.include_deleted)

    def staging(self, writer: MirrorWriter) -> Staging:
        is_compared = not self.is_first or self.is_slow
        return Staging(writer, self.wanted, self.describe, is_compared=is_compared, is_filtered=bool(self.filters))


@dataclass(frozen=True, slots=True)
class Due:
    """When an object is to be read, and since when: `at` is the org's time, `whole` names those that are read whole."""

    at: datetime
    look_back: timedelta
    slow: timedelta  # so long slow objects are left alone
    whole: Collection[str] = ()


def object_pulls_of(
    described: Iterable[tuple[PulledObject, Record]], marks: Mapping[str, Watermark], rulebook: str, due: Due
) -> list[ObjectPull]:
    """What there is to read now: slow objects only when they are due. `rulebook` is the digest of today's."""
    found: list[ObjectPull] = []
    for wanted, describe in described:
        mark = marks.get(wanted.api_name)
        is_first = mark is None or mark.fields != listed_as(wanted, rulebook)
        is_slow, is_asked = wanted in SLOW, wanted.api_name in due.whole
        if is_slow and mark and not (is_first or is_asked) and due.at - mark.stamp < due.slow:
            continue
        is_whole = is_first or is_slow or is_asked or not can_be_followed(describe)
        since = None if is_whole or not mark else mark.stamp - due.look_back
        narrows = mark is not None and is_first and bool(wanted.filters)
        found.append(ObjectPull(wanted, describe, since, is_first=is_first, is_slow=is_slow, narrows=narrows))
    return found


def described(describes: Describes, field_map: FieldMap, files: RulebookFiles) -> list[tuple[PulledObject, Record]]:
    """What the org says of every object that is pulled. MapError or RulebookError for what they name and it lacks.

    A problem is looked at again before it is told: what the store knows may be of yesterday. The rulebook is another one
    afterwards where its files are read by picklists that the org has changed.
    """
    wanted = (*pulled_objects(field_map), *PEOPLE)
    names = [each.api_name for each in wanted]
    for told in (describes.among, describes.anew):
        found = told(names)
        missing, unknown = _missing(field_map, files()[0], found), files.learn(found)
        if not (missing or unknown):
            return [(each, found.get(each.api_name) or describes.of(each.api_name)) for each in wanted]
    raise MapError(*missing, *unknown) if missing else RulebookError(*unknown)


def listed_as(wanted: PulledObject, rulebook: str) -> str:
    """The digest under which an object's watermark stands: read in another way, it is read whole again.

    Few objects are slow, and a new rulebook may name a queue of five minutes ago: they are read again for it.
    """
    return digest([wanted.reading, rulebook]) if wanted in SLOW else wanted.reading


_NO_OBJECT, _NO_FIELD = "MP-201", "MP-202"  # the org has no object {object!r}, or the login may not see it / {object}…


def _missing(field_map: FieldMap, rulebook: Rulebook, found: Mapping[str, Record]) -> tuple[Problem, ...]:
    """What the org lacks of what the map names, by what it says of the objects that it has, and which rules need it."""
    missing = check(field_map, found)
    return (
        *missing,
        *(need for problem in missing for need in _needs(field_map, rulebook, problem)),
        *check_set(field_map, found, set_fields(rulebook)),
    )


def _needs(field_map: FieldMap, rulebook: Rulebook, problem: Problem) -> Iterator[Problem]:
    if problem.code not in {_NO_OBJECT, _NO_FIELD}:
        return
    object_name, api_name = str(problem.params["object"]), str(problem.params.get("field", ""))
    names = _names(field_map, object_name, api_name)
    kinds = frozenset() if api_name else _kinds(field_map, object_name)
    needs_it = [each for each in asked(rulebook) if names & reads(each.condition) or _counts(each.condition, kinds)]
    needing = [each.name for each in needs_it if not isinstance(each.step, int)]
    needing += [name for verdict in VERDICTS for kind, name in verdict.kinds(rulebook) if kind in kinds]
    needing += [each.name for each in needs_it if isinstance(each.step, int)]
    needing += [
        given.rule.name for kind in KINDS for given in kind.given(rulebook) if kind.decides(given.action) in names
    ]
    if needing:
        listed = ", ".join(repr(name) for name in dict.fromkeys(needing))
        # without {what} these cannot be decided: {rules}
        yield Problem("MP-214", problem.where, {"what": api_name or object_name, "rules": listed})


def _names(field_map: FieldMap, object_name: str, api_name: str) -> frozenset[str]:
    """What rules call a field, or all fields of an object."""
    own = [mapped for entry in field_map.objects if entry.api_name == object_name for mapped in entry.fields]
    lookups = [lookup for entry in field_map.objects for lookup in entry.lookups if lookup.object == object_name]
    named = [*own, *(mapped for lookup in lookups for mapped in lookup.fields)]
    return frozenset(mapped.name for mapped in named if api_name in {"", mapped.api_name})


def _kinds(field_map: FieldMap, object_name: str) -> frozenset[str]:
    """The kinds of activities that an object brings."""
    sources = [source for source in field_map.activities if source.api_name == object_name]
    return frozenset(kind for source in sources for kind in (source.kind, *source.kinds.values()) if kind)


def _counts(when: Condition, kinds: frozenset[str]) -> bool:
    """Whether a condition counts activities of these kinds; one that names none counts all."""
    counted = [leaf for leaf in leaves(when) if isinstance(leaf, ActivityCount)]
    return bool(kinds) and any(not leaf.kinds or kinds & set(leaf.kinds) for leaf in counted)
