"""Numbers, times and values as people of each language write them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from config.words.catalogue import Language, Words, catalogue
from engine.changes.states import WAITING, State
from engine.messages import Message
from engine.values import Scalar
from sync.views.overview import FieldSummary, Why
from sync.views.report import Heading

_REASONS_MAX = 3
# The parameters of messages that hold values of fields.
_VALUES = ("planned", "found", "value")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = {
    Language.ENGLISH: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    Language.JAPANESE: ("月", "火", "水", "木", "金", "土", "日"),
}


def number(count: int) -> str:
    return f"{count:,}"


def difference(count: int) -> str:
    """With its sign; a true minus, so that it lines up with the plus."""
    return f"+{count:,}" if count > 0 else f"−{-count:,}" if count else "±0"


def time(at: datetime, *, zone: str, words: Words) -> str:
    """A moment in the reader's zone, with the day of the week."""
    local = at.astimezone(ZoneInfo(zone))
    day = _DAYS[words.language][local.weekday()]
    if words.language is Language.JAPANESE:
        return f"{local.year}年{local.month}月{local.day}日({day}) {local.hour}:{local.minute:02}"
    return f"{day} {local.day} {_MONTHS[local.month - 1]} {local.year}, {local.hour}:{local.minute:02}"


def value(held: Scalar, *, words: Words) -> str:
    """A field's value; an empty one is said, not left out."""
    match held:
        case None | "":
            return words.say("report.empty")
        case bool():
            return words.say("report.yes" if held else "report.no")
        case int():
            return number(held)
        case float():
            return f"{held:,.6g}"
        case _:
            return held


def state(held: State, *, is_shadow: bool, words: Words) -> str:
    """Where a change stands. In shadow nobody is waited for: what is planned is compared, and that is all."""
    return words.say("state.shadow" if is_shadow and held in WAITING else f"state.{held}")


def count(name: str, heading: Heading, *, words: Words) -> str:
    """What a plan counted; in shadow nothing of an earlier plan waits, it stands."""
    return words.say("report.count.compared" if heading.is_shadow and name == "kept" else f"report.count.{name}")


def label(name: str, labels: Mapping[str, str], *, words: Words) -> str:
    """What people call a field: the org's own label, else the catalogue's, else the map's name."""
    if name in labels:
        return labels[name]
    key = f"field.{name}"
    return words.say(key) if key in catalogue() else name


def sentence(message: Message, labels: Mapping[str, str], *, words: Words) -> str:
    """A message that calls its field what people call it, and says its values as they are said elsewhere."""
    params = dict(message.params)
    if isinstance(field := params.get("field"), str):
        params["field"] = label(field, labels, words=words)
    params |= {name: value(params[name], words=words) for name in _VALUES if name in params}
    return words.say(message.key, **params)


def sentences(messages: Iterable[Message], labels: Mapping[str, str], *, words: Words) -> str:
    """Several as one."""
    return words.say("report.join").join(sentence(message, labels, words=words) for message in messages)


def reasons(why: Why, labels: Mapping[str, str], *, words: Words) -> list[str]:
    """The most frequent sentences, with how often each was said when there are several. Equal words are one reason."""
    said: Counter[str] = Counter()
    for message, count in why:
        said[sentence(message, labels, words=words)] += count
    counted = said.most_common(_REASONS_MAX)
    if len(counted) == 1:
        return [counted[0][0]]
    return [words.say("report.times", what=what, count=number(count)) for what, count in counted]


def summary(told: FieldSummary, *, words: Words) -> list[str]:
    """What mostly happens to a field: directions, then examples."""
    directions = (("rises", told.rises), ("falls", told.falls), ("new", told.appears), ("cleared", told.clears))
    phrases = [words.say(f"report.{key}", count=number(count)) for key, count in directions if count]
    for field, count in told.examples:
        before, after = (value(held, words=words) for held in (field.before, field.after))
        what = words.say("report.arrow", before=before, after=after)
        phrases.append(words.say("report.times", what=what, count=number(count)))
    return phrases
