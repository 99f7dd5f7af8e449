"""Picklist values in rules: by API value or by the label people see, as the org told them last.

What labels stood for is kept with a rulebook's texts (`FILE`), so that what was approved keeps its meaning when somebody
renames a label. A rulebook read with those texts asks no org.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.files.problems import nearest
from config.files.yaml_tree import Scalar
from config.rulebook.fields import Readable
from engine.conditions.fields import Kind
from engine.digests import canonical
from engine.errors import Problem
from mapping.field_map.labels import Picklist
from mapping.text.keys import key_of

FILE = ".picklists.json"


@dataclass
class Values:
    """`meant`: by field, which API value the key of a word stands for where it is another text: a label, or the value in
    other letters. `unknown`: values that the org lacks.
    """

    picklists: Mapping[str, Picklist] = field(default_factory=dict)
    meant: dict[str, dict[str, str]] = field(default_factory=dict)
    unknown: list[Problem] = field(default_factory=list)

    def value_of(self, readable: Readable, given: Scalar) -> str:
        """The API value that a text stands for; the text itself where no org says otherwise."""
        text = given.text.strip()
        key = key_of(readable.key, text) if readable.key else None
        if readable.field.kind is not Kind.PICKLIST or key is None:
            return text
        known = self.picklists.get(readable.name)
        if known is None:
            return self.meant.get(readable.name, {}).get(key, text)
        found = known.value_of(key)
        if found is None:
            self._note(readable, given, known)
            return text
        if found != text:
            self.meant.setdefault(readable.name, {})[key] = found
        return found

    def _note(self, readable: Readable, given: Scalar, known: Picklist) -> None:
        words = list(dict.fromkeys([*known.by_value.values(), *known.labels]))
        params = {"given": given.text, "field": readable.name, "meant": nearest(given.text, words)}
        # the org has no value {given!r} for {field!r}
        problem = Problem("RB-158", given.where, {**params, "known": ", ".join(known.by_value.values())})
        if problem not in self.unknown:
            self.unknown.append(problem)


def values_in(texts: Mapping[str, str], picklists: Mapping[str, Picklist] | None) -> Values:
    """What rules' words mean: by the org's picklists, or as it was kept with the texts."""
    if picklists is not None:
        return Values(picklists)
    return Values(meant=json.loads(texts[FILE]) if FILE in texts else {})


def with_values(texts: Mapping[str, str], values: Values) -> dict[str, str]:
    """The texts, with what labels stand for; unchanged when every value is an API value."""
    plain = {name: text for name, text in texts.items() if name != FILE}
    return {**plain, FILE: canonical(values.meant)} if values.meant else plain
