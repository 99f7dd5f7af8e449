"""rulebook.yaml, the part about change: approval, limits, who wins against people, calendar, pace, freeze, expiry.

approval: {fields: policy, owners: person}
change limit: {percent: 10, min: 50, max: 20000}
owner limit: {percent: 20, min: 20, leavers: 100, new owner: 500}    # of one owner's records, in one plan
rule limit: {percent: 5}                                             # of the records in scope, for each rule
ping-pong: {moves: 3, days: 30}
people win: {default: respect, rating: 30 days, score: contest}
calendar: {holidays: JP, weekend: [saturday, sunday], closed: [2026-08-13, {from: 2026-12-29, until: 2027-01-03}]}
pace: {records per hour: 2000, from: "08:00", until: "20:00", days: working}
freeze: [{name: year end, from: 2026-12-25, until: 2027-01-05}]
plan expiry: {working days: 2}
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, time, timedelta
from typing import TypeVar

from config.files.yaml_tree import Node, Scalar, Table
from config.rulebook.typed import Problems, choice, distinct, entries, items, line, scalar, whole
from engine.rulebook.policy import Approver, Calendar, FieldStance, Freeze, Limits, Pace, PeopleWin, Policy, Stance

KEYS = (
    "approval", "change limit", "owner limit", "rule limit", "ping-pong", "people win", "calendar", "pace", "freeze",
    "plan expiry",
)  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# The years whose holidays are known to a rulebook: the same whenever it is read.
_YEARS = range(2020, 2051)
_CLOSED_DAYS_MAX = 366
_DAYS = re.compile(r"(\d{1,4}) days?")
_Parts = Mapping[str, Node]
_Default = TypeVar("_Default", int, None)
_Read = TypeVar("_Read", date, time)


def read_policy(parts: _Parts, problems: Problems) -> Policy:
    """The policy that `parts` (the entries of rulebook.yaml) say; what they leave out has its default."""
    approval = _part(parts, "approval", ("fields", "owners"), problems)
    fields, owners = (_approver(approval.get(name), problems) for name in ("fields", "owners"))
    expiry = _part(parts, "plan expiry", ("working days",), problems)
    standard = Policy()
    return Policy(
        fields=fields or standard.fields,
        owners=owners or standard.owners,
        limits=_limits(parts, problems),
        people_win=_people_win(parts.get("people win"), problems),
        calendar=_calendar(parts, problems),
        pace=_pace(parts, problems),
        freezes=tuple(_freezes(parts.get("freeze"), problems)),
        expiry_days=_number(expiry, "working days", problems, standard.expiry_days, least=1, most=365),
    )


def _limits(parts: _Parts, problems: Problems) -> Limits:
    standard = Limits()
    change = _part(parts, "change limit", ("percent", "min", "max"), problems)
    owner = _part(parts, "owner limit", ("percent", "min", "leavers", "new owner"), problems)
    rule = _part(parts, "rule limit", ("percent",), problems)
    flips = _part(parts, "ping-pong", ("moves", "days"), problems)
    limits = Limits(
        changes_percent=_number(change, "percent", problems, standard.changes_percent, most=100),
        changes_min=_number(change, "min", problems, standard.changes_min),
        changes_max=_number(change, "max", problems, standard.changes_max),
        owner_percent=_number(owner, "percent", problems, standard.owner_percent, most=100),
        owner_min=_number(owner, "min", problems, standard.owner_min),
        leaver_percent=_number(owner, "leavers", problems, standard.leaver_percent, most=100),
        new_owner_max=_number(owner, "new owner", problems, None, least=1),
        rule_percent=_number(rule, "percent", problems, None, most=100),
        flips_max=_number(flips, "moves", problems, standard.flips_max, least=1),
        flips_days=_number(flips, "days", problems, standard.flips_days, least=1, most=3650),
    )
    if limits.changes_min > limits.changes_max:
        # the change limit's min ({least}) is above its max ({most})
        problems.add("RB-143", parts["change limit"], least=limits.changes_min, most=limits.changes_max)
    return limits


def _people_win(node: Node | None, problems: Problems) -> PeopleWin:
    """Whether the fields exist is asked by `refuse_unknown_fields`, once the map's are known."""
    if node is None:
        return PeopleWin()
    if not isinstance(node, Table):
        stance = _stance(node, problems)
        return PeopleWin(stance) if stance else PeopleWin()
    stances = {key.text: stance for key, value in distinct(node, problems) if (stance := _stance(value, problems))}
    return PeopleWin(stances.pop("default", FieldStance()), stances)


def refuse_unknown_fields(node: Node | None, known: Collection[str], problems: Problems) -> None:
    """Note what `people win` in rulebook.yaml names that is no field leadsync writes."""
    parts = dict(node.entries) if isinstance(node, Table) else {}
    for key, value in parts.items():
        if key.text == "people win" and isinstance(value, Table):
            for name, _ in value.entries:
                if name.text != "default" and name.text not in known:
                    problems.unknown("RB-106", name, known)  # the field map has no field {given!r}


def _stance(node: Node, problems: Problems) -> FieldStance | None:
    """`respect`, `contest`, or `30 days`."""
    found = scalar(node, problems)
    if found is None:
        return None
    if days := _DAYS.fullmatch(found.text.strip()):
        return FieldStance(Stance.DAYS, int(days[1]))
    if found.text.strip() not in {Stance.RESPECT, Stance.CONTEST}:
        problems.unknown("RB-160", found, (Stance.RESPECT, Stance.CONTEST, "30 days"))  # {given!r} does not say who…
        return None
    return FieldStance(Stance(found.text.strip()))


def _calendar(parts: _Parts, problems: Problems) -> Calendar:
    given = _part(parts, "calendar", ("holidays", "weekend", "closed"), problems)
    closed: dict[date, str] = {}
    if "holidays" in given:
        closed |= _holidays(given["holidays"][1], problems)
    if "closed" in given:
        for item in items(given["closed"][1], problems):
            closed |= dict.fromkeys(_closed(item, problems), "")
    weekend = Calendar().weekend
    if "weekend" in given:
        words = [choice(item, _WEEKDAYS, problems) for item in items(given["weekend"][1], problems)]
        weekend = frozenset(_WEEKDAYS.index(word) for word in words if word)
        if len(weekend) == len(_WEEKDAYS):
            problems.add("RB-166", given["weekend"][1])  # every day of the week is a weekend: no working day is left
    return Calendar(weekend, closed)


def _holidays(node: Node, problems: Problems) -> dict[date, str]:
    """The public holidays of a country by its ISO code, by name in the country's own language."""
    # Loaded for the rulebooks that ask for it: it takes longer than reading all the rest of one.
    import holidays

    found = scalar(node, problems)
    if found is None:
        return {}
    country = found.text.strip().upper()
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        problems.add("RB-161", found, given=found.text)  # no country's holidays are known by the code {given!r}
        return {}
    # Without a language the library follows the terminal's, and a rulebook would not read the same everywhere.
    language = holidays.country_holidays(country).default_language
    return dict(holidays.country_holidays(country, years=_YEARS, language=language))


def _closed(node: Node, problems: Problems) -> Iterator[date]:
    """One day, or `{from: …, until: …}` with both days included."""
    if not isinstance(node, Table):
        if day := _date(node, problems):
            yield day
        return
    given = entries(node, ("from", "until", "name"), problems, of="closed")
    if span := _span(given, node, problems, of="closed"):
        first, last = span
        for number in range((last - first).days + 1):
            yield first + timedelta(days=number)


def _freezes(node: Node | None, problems: Problems) -> Iterator[Freeze]:
    for item in items(node, problems) if node else ():
        given = entries(item, ("name", "from", "until"), problems, of="freeze")
        name = (line(given["name"][1], problems) or "") if "name" in given else ""
        if span := _span(given, item, problems, of="freeze"):
            yield Freeze(name, *span)


def _span(
    given: Mapping[str, tuple[Scalar, Node]], node: Node, problems: Problems, *, of: str
) -> tuple[date, date] | None:
    missing = [name for name in ("from", "until") if name not in given]
    for name in missing if isinstance(node, Table) else ():
        problems.add("RB-122", node, name=name, of=of)  # {of!r} needs {name!r}
    if missing:
        return None
    first, last = (_date(given[name][1], problems) for name in ("from", "until"))
    if first is None or last is None:
        return None
    if not 0 <= (last - first).days < _CLOSED_DAYS_MAX:
        # from {first} until {last} is no span of days
        problems.add("RB-164", node, first=first.isoformat(), last=last.isoformat(), most=_CLOSED_DAYS_MAX)
        return None
    return first, last


def _pace(parts: _Parts, problems: Problems) -> Pace:
    given = _part(parts, "pace", ("records per hour", "from", "until", "days"), problems)
    start, end = (_time(given[name][1], problems) if name in given else None for name in ("from", "until"))
    if start is not None and start == end:
        problems.add("RB-165", given["until"][1], given=start.isoformat("minutes"))  # writing would begin and end at…
    days = choice(given["days"][1], ("all", "working"), problems) if "days" in given else None
    return Pace(_number(given, "records per hour", problems, None, least=1), start, end, days == "working")


def _date(node: Node, problems: Problems) -> date | None:
    return _iso(node, date.fromisoformat, "RB-162", problems)  # {given!r} is not a day


def _time(node: Node, problems: Problems) -> time | None:
    return _iso(node, time.fromisoformat, "RB-163", problems)  # {given!r} is not a time of day


def _iso(node: Node, read: Callable[[str], _Read], code: str, problems: Problems) -> _Read | None:
    found = scalar(node, problems)
    if found is None:
        return None
    try:
        return read(found.text.strip())
    except ValueError:
        problems.add(code, found, given=found.text)
        return None


def _part(parts: _Parts, name: str, keys: tuple[str, ...], problems: Problems) -> Mapping[str, tuple[Scalar, Node]]:
    return entries(parts[name], keys, problems, of=name) if name in parts else {}


def _number(
    given: Mapping[str, tuple[Scalar, Node]],
    name: str,
    problems: Problems,
    default: _Default,
    *,
    least: int = 0,
    most: int | None = None,
) -> int | _Default:
    if name not in given:
        return default
    found = whole(given[name][1], problems, least=least, most=most)
    return default if found is None else found


def _approver(entry: tuple[Scalar, Node] | None, problems: Problems) -> Approver | None:
    found = choice(entry[1], tuple(Approver), problems) if entry else None
    return Approver(found) if found else None
