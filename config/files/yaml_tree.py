"""YAML text as a tree that knows its places, and the mistakes that stop a file from being YAML at all.

Scalars keep the text the author typed: whether `0123`, `no` or `2026-11-21` is text, a number or a date is decided by
whoever reads it. Anchors, tags and second documents are refused, so that a file says what it seems to say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from engine.errors import Parameter, Problem
from engine.names import unshown

_DEPTH_MAX = 50
# To YAML these are letters, to people quotes.
_CURLY = ("“", "”", "‘", "’", "＂", "＇")

# The code of each slip, by the area a file belongs to.
_CODES = {
    "rulebook": {
        "not YAML": "RB-100",  # this is not YAML: {detail}
        "tab": "RB-101",  # a tab stands where only spaces may stand
        "full width": "RB-102",  # '{character}' is a full-width character; YAML needs the half-width one
        "no space": "RB-110",  # there is no space after ':'
        "second document": "RB-112",  # a second document begins here
        "anchor": "RB-113",  # anchors (&), aliases (*) and tags (!) are not used here
        "too deep": "RB-114",  # nested more than {most} levels deep
        "key": "RB-115",  # only a plain name may stand before ':'
        "unshown": "RB-174",  # the character {character} cannot stand here
    },
    "map": {
        "not YAML": "MP-100",  # this is not YAML: {detail}
        "tab": "MP-101",  # a tab stands where only spaces may stand
        "full width": "MP-102",  # '{character}' is a full-width character; YAML needs the half-width one
        "no space": "MP-110",  # there is no space after ':'
        "second document": "MP-112",  # a second document begins here
        "anchor": "MP-113",  # anchors (&), aliases (*) and tags (!) are not used here
        "too deep": "MP-114",  # nested more than {most} levels deep
        "key": "MP-115",  # a name before ':' is a plain text, not a list or another mapping
        "unshown": "MP-142",  # the character {character} cannot stand here
    },
    "settings": {
        "not YAML": "ST-100",  # this is not YAML: {detail}
        "tab": "ST-101",  # a tab stands where only spaces may stand
        "full width": "ST-102",  # '{character}' is a full-width character; YAML needs the half-width one
        "no space": "ST-110",  # there is no space after ':'
        "second document": "ST-112",  # a second document begins here
        "anchor": "ST-113",  # anchors (&), aliases (*) and tags (!) are not used here
        "too deep": "ST-114",  # nested more than {most} levels deep
        "key": "ST-115",  # a name before ':' is a plain text, not a list or another mapping
        "unshown": "ST-143",  # the character {character} cannot stand here
        "escape": "ST-133",  # a backslash means something else between double quotes
    },
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """`is_nothing`: the author left the place empty or wrote `~` or `null`."""

    text: str
    where: str
    is_quoted: bool = False

    @property
    def is_nothing(self) -> bool:
        return not self.is_quoted and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class YamlList:
    items: tuple["Node", ...]
    where: str


@dataclass(frozen=True, slots=True)
class Table:
    """Entries in file order; a key may stand twice, which readers report."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    where: str


Node: TypeAlias = Scalar | YamlList | Table


class _TrapError(Exception):
    """The file uses a part of YAML that is refused here."""

    def __init__(self, slip: str, event: Event, **params: Parameter) -> None:
        super().__init__(slip)
        self.slip, self.event, self.params = slip, event, params


# The same map and rules are read for each run, and again for the plans that were made by them: a quarter of a small run.
@lru_cache(maxsize=256)
def tree(text: str, *, file: str, area: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """The one document of a file (None: empty or not YAML) and what is wrong; `area` is rulebook or settings."""
    try:
        return _document(YAML(typ="rt", pure=True).parse(text), file), ()
    except _TrapError as trap:
        # What a Windows path between double quotes comes to: "C:\\reports" begins with a carriage return.
        slip = "escape" if trap.slip == "unshown" and "escape" in _CODES[area] else trap.slip
        return None, (Problem(_CODES[area][slip], _place(trap.event, file), trap.params),)
    except MarkedYAMLError as error:
        return None, (_syntax(error, text, file=file, area=area),)
    except ReaderError as error:
        before = text[: error.position].split("\n")
        where = f"{file}:{len(before)}:{len(before[-1]) + 1}"
        return None, (Problem(_CODES[area]["unshown"], where, {"character": f"U+{error.character:04X}"}),)
    except (YAMLError, ValueError, OverflowError) as error:  # ValueError: an escape that is no character at all
        return None, (Problem(_CODES[area]["not YAML"], file, {"detail": str(error).splitlines()[0]}),)


def _document(events: Iterator[Event], file: str) -> Node | None:
    node: Node | None = None
    documents = 0
    for event in events:
        match event:
            case StreamStartEvent() | StreamEndEvent() | DocumentEndEvent():
                pass
            case DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _TrapError("second document", event)
            case _:
                node = _node(event, events, file, depth=0)
    return None if isinstance(node, Scalar) and node.is_nothing else node


def _node(event: Event, events: Iterator[Event], file: str, *, depth: int) -> Node:
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None) or _has_tag(event):
        raise _TrapError("anchor", event)
    if depth > _DEPTH_MAX:
        raise _TrapError("too deep", event, most=_DEPTH_MAX)
    where = _place(event, file)
    match event:
        case ScalarEvent():
            if event.style is None and str(event.value).startswith(_CURLY):
                raise _TrapError("full width", event, character=str(event.value)[0])
            if odd := unshown(str(event.value), allowed="\n\t"):
                raise _TrapError("unshown", event, character=odd)
            return Scalar(str(event.value), where, is_quoted=event.style is not None)
        case SequenceStartEvent():
            items = []
            while not isinstance(following := next(events), SequenceEndEvent):
                items.append(_node(following, events, file, depth=depth + 1))
            return YamlList(tuple(items), where)
        case MappingStartEvent():
            return Table(tuple(_entries(events, file, depth=depth)), where)
    raise _TrapError("anchor", event)


def _entries(events: Iterator[Event], file: str, *, depth: int) -> Iterator[tuple[Scalar, Node]]:
    while not isinstance(event := next(events), MappingEndEvent):
        key = _node(event, events, file, depth=depth + 1)
        if not isinstance(key, Scalar):
            raise _TrapError("key", event)
        if not key.is_quoted and key.text.startswith("\u3000"):
            raise _TrapError("full width", event, character="\u3000")
        value = _node(next(events), events, file, depth=depth + 1)
        if isinstance(value, Scalar) and not value.text and not value.is_quoted:
            # ruamel places what is not there at the next thing that is; people look for it behind the colon.
            end = event.end_mark
            value = Scalar("", f"{file}:{end.line + 1}:{end.column + 2}")
        yield key, value


def _has_tag(event: Event) -> bool:
    # ruamel gives every quoted scalar the tag "!" in some styles; only a tag the author wrote has more to it.
    tag = getattr(event, "tag", None)
    return bool(tag) and str(tag) != "!"


def _place(event: Event, file: str) -> str:
    mark = event.start_mark
    return f"{file}:{mark.line + 1}:{mark.column + 1}"


# What people type by mistake, most telling first: the slip, and how it looks on a line.
_TRAPS = (
    ("tab", re.compile(r"^[ \u3000]*(\t)")),
    ("full width", re.compile(r"^[ \t]*(?:- *)?(\u3000)")),
    ("full width", re.compile(r"^\s*(?:- *)?[^\s#:\"'][^#:\"']*?(：)")),
    ("full width", re.compile(r"^[^#:\"']*:(\u3000)")),
    ("full width", re.compile(r"^\s*(－|‐|ー)[ \u3000]")),
    ("full width", re.compile(r"[:\-\[{,] *([“”‘’「［｛])")),
    ("no space", re.compile(r"^\s*(?:- *)?[^\s#:\"'{\[][^#:\"'{\[]*?(:)[^\s:/\\]")),
)


def _syntax(error: MarkedYAMLError, text: str, *, file: str, area: str) -> Problem:
    """YAML's own complaint often stands a line below the slip, so the slip is looked for on the lines it may be on."""
    mark = error.problem_mark or error.context_mark
    line = mark.line if mark else 0
    column = mark.column if mark else 0
    lines = text.splitlines()
    first = min(line, error.context_mark.line) if error.context_mark else line
    near = [n for n in (line, line - 1, first) if 0 <= n < len(lines)]
    if "<document start>" in (error.problem or ""):
        # A line without a colon that counts swallows those that follow, comments and all, up to the next one that has it.
        near += reversed(range(min(line, len(lines))))
    for slip, pattern in _TRAPS:
        for n in near:
            if found := pattern.search(lines[n]):
                where = f"{file}:{n + 1}:{found.start(1) + 1}"
                return Problem(_CODES[area][slip], where, {"character": found[1]} if slip == "full width" else {})
    if r"'\t'" in (error.problem or ""):
        return Problem(_CODES[area]["tab"], f"{file}:{line + 1}:{column + 1}")
    if "escape" in (error.problem or "") and "escape" in _CODES[area]:
        return Problem(_CODES[area]["escape"], f"{file}:{line + 1}:{column + 1}")
    return Problem(_CODES[area]["not YAML"], f"{file}:{line + 1}:{column + 1}", {"detail": error.problem or ""})
