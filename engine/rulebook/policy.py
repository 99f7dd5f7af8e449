"""What a rulebook says about change itself: who approves, how much at once, when, how fast, and who wins against people.

`config/rulebook/policy.py` reads it from rulebook.yaml. Days are the org's own, Monday is 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.moments import Moment

DEFAULT_CHANGE_PERCENT, DEFAULT_CHANGES_MIN, DEFAULT_CHANGES_MAX = 10, 50, 20_000


class Approver(StrEnum):
    POLICY = "policy"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one plan may change before it waits for a person.

    The change limit (percent of the records in scope, between min and max) holds the whole plan. `owner_percent` is the
    share of one owner's records that may move away at once, `leaver_percent` the same for an owner who is inactive; up to
    `owner_min` records always may. `new_owner_max` is how many records one plan may give to one owner; `rule_percent` the
    share of the records in scope one rule may change. None: no such limit. These hold only the changes they concern.
    """

    changes_percent: int = DEFAULT_CHANGE_PERCENT
    changes_min: int = DEFAULT_CHANGES_MIN
    changes_max: int = DEFAULT_CHANGES_MAX
    owner_percent: int = 20
    owner_min: int = 20
    leaver_percent: int = 100
    new_owner_max: int | None = None
    rule_percent: int | None = None
    # Ping-pong: a record whose owner leadsync has moved so often within so many days waits for a person.
    flips_max: int = 3
    flips_days: int = 30

    def changes(self, in_scope: int) -> int:
        """How many changes a plan may hold for so many records in scope."""
        return min(max(in_scope * self.changes_percent // 100, self.changes_min), self.changes_max)


class Stance(StrEnum):
    """What happens to a value of ours that somebody else has changed since."""

    RESPECT = "respect"  # theirs, until it is given back
    DAYS = "days"  # theirs for so many days
    CONTEST = "contest"  # proposed again, always for a person to decide


@dataclass(frozen=True, slots=True)
class FieldStance:
    """The stance towards one field; `days` counts for DAYS only."""

    stance: Stance = Stance.RESPECT
    days: int = 0


@dataclass(frozen=True, slots=True)
class PeopleWin:
    """The stance of each field (and `owner`); `default` for those not named."""

    default: FieldStance = field(default_factory=FieldStance)
    fields: Mapping[str, FieldStance] = field(default_factory=dict)

    def of(self, name: str) -> FieldStance:
        return self.fields.get(name, self.default)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The company's days. `closed` holds holidays and own closing days alike, by name."""

    weekend: frozenset[int] = frozenset({5, 6})
    closed: Mapping[date, str] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.closed


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and when approved changes are written. None: as fast as the org takes them, at any hour, on any day."""

    records_per_hour: int | None = None
    start: time | None = None
    end: time | None = None
    working_days_only: bool = False


@dataclass(frozen=True, slots=True)
class Freeze:
    """Days, both included, on which nothing is written."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Policy:
    """`expiry_days`: working days of the company's calendar after which what still waits for a person expires."""

    fields: Approver = Approver.POLICY
    owners: Approver = Approver.PERSON
    limits: Limits = field(default_factory=Limits)
    people_win: PeopleWin = field(default_factory=PeopleWin)
    calendar: Calendar = field(default_factory=Calendar)
    pace: Pace = field(default_factory=Pace)
    freezes: tuple[Freeze, ...] = ()
    expiry_days: int = 2


# No company closes for longer; a calendar without any working day would have no end.
_DAYS_MAX = 3_660


def end_of_working_day(moment: Moment, calendar: Calendar, *, after: int) -> datetime:
    """The end of the so many-th working day after a moment's own day: what is asked on Friday has until Tuesday night."""
    zone = ZoneInfo(moment.zone)
    day, left = moment.at.astimezone(zone).date(), after
    for _ in range(_DAYS_MAX):
        if left == 0:
            break
        day += timedelta(days=1)
        left -= calendar.is_working(day)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
