"""Read typed values off a YAML tree, noting every problem and going on, so that one look shows all that is wrong.

A reader returns None when what it was given cannot be used; the problem has then been noted.
"""

from collections.abc import Collection, Iterable
from decimal import Decimal, InvalidOperation

from config.files.problems import nearest
from config.files.yaml_tree import Node, Scalar, Table, YamlList
from engine.errors import Parameter, Problem
from engine.names import folded, plain, unshown

_YES_NO = {"yes": True, "no": False, "true": True, "false": False, "はい": True, "いいえ": False}
_FULL_WIDTH = "：　，｛｝［］"


class Problems:
    """What is wrong so far, with all files of a rulebook."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, code: str, at: Node | str, **params: Parameter) -> None:
        """Note a problem at a node or at a place that is already text."""
        where = at if isinstance(at, str) else at.where
        self.found.append(Problem(code, where, params))

    def unknown(
        self, code: str, given: Scalar, known: Iterable[str], *, also: Iterable[str] = (), **params: Parameter
    ) -> None:
        """A word that should have been one of some: `meant` is the nearest of them, or "" when none is near.

        `also` are words that may be meant but are not worth listing.
        """
        words = sorted(map(str, set(known)))  # members of an enum are words too
        meant = nearest(given.text, [*words, *also])
        wide = next((character for character in given.text if character in _FULL_WIDTH), None)
        # Names of items may hold full-width characters; keys of files may not.
        if wide and code != "RB-124" and (wide in "：　" or meant):  # there is no {kind} {given!r}
            self.add("RB-102", _place_of(wide, given), character=wide)  # '{character}' is a full-width character;…
        else:
            self.add(code, given, given=given.text, meant=meant, known=", ".join(words) or "–", **params)

    def shape(self, code: str, node: Node) -> None:
        """A list where a text should be, and the like; nothing at all and full-width signs are named as what they are."""
        if isinstance(node, Scalar) and node.is_nothing:
            self.add("RB-108", node)  # the value is missing
        elif isinstance(node, Scalar) and (wide := next((c for c in node.text if c in "：　"), None)):
            self.add("RB-102", _place_of(wide, node), character=wide)  # '{character}' is a full-width character; YAML…
        else:
            self.add(code, node)


def _place_of(character: str, given: Scalar) -> str:
    """Where a character stands in a scalar."""
    file, line, column = given.where.rsplit(":", 2)
    return f"{file}:{line}:{int(column) + given.text.index(character) + given.is_quoted}"


def entries(node: Node, known: Collection[str], problems: Problems, *, of: str) -> dict[str, tuple[Scalar, Node]]:
    """The entries of a mapping by key. Unknown keys and keys that stand twice are noted and left out."""
    if not isinstance(node, Table):
        problems.shape("RB-121", node)  # lines such as 'name: value' belong here
        return {}
    found: dict[str, tuple[Scalar, Node]] = {}
    for key, value in distinct(node, problems):
        if key.text in known:
            found[key.text] = (key, value)
        else:
            problems.unknown("RB-103", key, known, of=of)  # {of!r} has no key {given!r}
    return found


def distinct(node: Table, problems: Problems) -> tuple[tuple[Scalar, Node], ...]:
    """The entries of a mapping; a key that stands twice is noted, and the first one counts."""
    found: dict[str, tuple[Scalar, Node]] = {}
    for key, value in node.entries:
        if key.text in found:
            # {given!r} is written twice here (first: {first})
            problems.add("RB-107", key, given=key.text, first=_line(found[key.text][0].where))
        else:
            found[key.text] = (key, value)
    return tuple(found.values())


def _line(where: str) -> str:
    """A place without its column: enough to find the other of two."""
    return where.rsplit(":", 1)[0]


def items(node: Node, problems: Problems) -> tuple[Node, ...]:
    """The items of a list; a single scalar or mapping is not taken for a list of one."""
    if isinstance(node, YamlList):
        return node.items
    problems.shape("RB-120", node)  # a list belongs here
    return ()


def scalar(node: Node, problems: Problems) -> Scalar | None:
    if isinstance(node, Scalar) and not node.is_nothing:
        return node
    problems.shape("RB-109", node)  # one value belongs here, not a list or a mapping
    return None


def text(node: Node, problems: Problems) -> str | None:
    """Text without outer spaces, full-width ones included."""
    found = scalar(node, problems)
    if found is None:
        return None
    if not found.text.strip():
        problems.add("RB-108", found)  # the value is missing
        return None
    return found.text.strip()


def line(node: Node, problems: Problems) -> str | None:
    """Text that stands within sentences and lists: a name, which no line ends within."""
    found = text(node, problems)
    if found is None or not (odd := unshown(found)):
        return found
    problems.add("RB-174", node, character=odd)  # the character {character} cannot stand here
    return None


def texts(node: Node, problems: Problems) -> tuple[str, ...]:
    return tuple(found for item in items(node, problems) if (found := text(item, problems)) is not None)


def yes_no(node: Node, problems: Problems) -> bool | None:
    found = scalar(node, problems)
    if found is None:
        return None
    answer = _YES_NO.get(folded(found.text))
    if answer is None:
        problems.add("RB-111", found, given=found.text)  # yes or no belongs here, not {given!r}
    return answer


def number(node: Node, problems: Problems) -> Decimal | None:
    """An exact decimal number; 1,000 with its comma and full-width digits are read as people mean them."""
    found = scalar(node, problems)
    if found is None:
        return None
    try:
        value = Decimal(plain(found.text).replace(",", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        problems.add("RB-116", found, given=found.text)  # a number belongs here, not {given!r}
        return None
    return value


def whole(node: Node, problems: Problems, *, least: int = 0, most: int | None = None) -> int | None:
    value = number(node, problems)
    if value is None:
        return None
    if value != value.to_integral_value() or value < least or (most is not None and value > most):
        # {given} is not a whole number from {least} to {most}
        problems.add("RB-117", node, given=str(value), least=least, most="…" if most is None else f"{most:,}")
        return None
    return int(value)


def choice(node: Node, known: Collection[str], problems: Problems) -> str | None:
    """One of some fixed words."""
    found = scalar(node, problems)
    if found is None:
        return None
    word = folded(found.text)
    if word not in known:
        problems.unknown("RB-118", found, known)  # {given!r} cannot be used here
        return None
    return word
