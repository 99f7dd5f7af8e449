"""The smallest parts of map.yaml. What cannot be read is noted and None or left out, so that all problems come at once."""

import re
from collections.abc import Collection

from config.files.problems import nearest
from config.files.yaml_tree import Node, Scalar, Table, YamlList
from engine.errors import Parameter, Problem
from engine.names import folded

_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WIDE = re.compile("[：　]")
_TIGHT_COLON = re.compile(r"\w:\S")


class Reader:
    """Reads on after a problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, code: str, at: Node, **params: Parameter) -> None:
        self.problems.append(Problem(code, at.where, params))

    def entries(self, node: Node, known: Collection[str] | None) -> dict[str, Node]:
        """The entries of a table; known: None takes any key. Keys that stand twice or are not known are noted."""
        if not isinstance(node, Table):
            self.shape("MP-116", node)  # lines such as 'name: value' are expected here
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            if key.text in found:
                self.add("MP-107", key, given=key.text)  # {given!r} stands here twice
            elif known is not None and key.text not in known:
                self.unknown("MP-103", key, known)  # nothing in the map is called {given!r}
            else:
                # YAML puts an empty value where the next line begins; people look at its key.
                is_empty = isinstance(value, Scalar) and not value.text and not value.is_quoted
                found[key.text] = Scalar("", key.where) if is_empty else value
        return found

    def needed(self, node: Node, parts: Collection[str], *names: str) -> bool:
        """Whether all of these are among the parts of a table; what is missing is noted."""
        missing = [name for name in names if name not in parts]
        for name in missing if isinstance(node, Table) else ():
            self.add("MP-120", node, name=name)  # {name!r} is missing here
        return not missing

    def key_of(self, node: Node, name: str) -> Node:
        """The place of a key."""
        return next((key for key, _ in node.entries if key.text == name), node) if isinstance(node, Table) else node

    def several(self, node: Node) -> tuple[Node, ...]:
        """The items of a list that must not be empty, or the one that stands alone."""
        found = node.items if isinstance(node, YamlList) else (node,)
        if not found:
            self.add("MP-108", node)  # the value is missing
        return found

    def text(self, node: Node) -> str | None:
        if isinstance(node, Scalar) and node.text.strip() and not node.is_nothing:
            return node.text.strip()
        self.shape("MP-111", node)  # one word is expected here, not a list or a table
        return None

    def api_name(self, node: Node) -> str | None:
        found = self.text(node)
        if found and not _API_NAME.fullmatch(found):
            self.add("MP-129", node, given=found)  # {given!r} is not the API name of a field or object
            return None
        return found

    def choice(self, node: Node, known: Collection[str], code: str) -> str | None:
        found = self.text(node)
        if found is None or folded(found) in known:
            return folded(found) if found else None
        self.unknown(code, node, known)
        return None

    def unknown(self, code: str, node: Node, known: Collection[str]) -> None:
        given = node.text if isinstance(node, Scalar) else ""
        if wide := _WIDE.search(given):
            self.add("MP-102", node, character=wide[0])  # '{character}' is a full-width character; YAML needs the…
        else:
            self.add(code, node, given=given, meant=nearest(given, known), known=", ".join(sorted(known)))

    def shape(self, code: str, node: Node) -> None:
        """Another shape than expected; nothing at all and a wrong colon are named as what they are."""
        if not isinstance(node, Scalar):
            self.add(code, node)
        elif wide := _WIDE.search(node.text):
            self.add("MP-102", node, character=wide[0])  # '{character}' is a full-width character; YAML needs the…
        elif node.is_nothing or not node.text.strip():
            self.add("MP-108", node)  # the value is missing
        else:
            self.add("MP-110" if _TIGHT_COLON.search(node.text) else code, node)  # there is no space after ':'
