"""Text keys: what rules compare instead of what people typed, and the facets read off a text on the way.

To add one, write a function here that turns folded text into a `Reading` and decorate it with the name the field map
uses; a table of its own goes into a .toml file beside this one. Texts that say nothing (empty, なし, Select) have no key.

Operands of rules pass through the same functions: `key_of` for a whole value, `fragment_of` for a part of one
(contains, starts with, ends with), `facet_of` for a facet (`rank at least: 部長`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.conditions.fields import Kind
from engine.digests import digest
from mapping.text import companies, departments, emails, titles
from mapping.text.characters import folded
from mapping.text.word_tables import table

FacetValue: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The key of one text and its facets; None is unknown."""

    key: str | None
    facets: Mapping[str, FacetValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facet:
    """`operand` reads what a rule's author wrote; None when it names nothing known."""

    kind: Kind
    operand: Callable[[str], FacetValue]


@dataclass(frozen=True, slots=True)
class TextKey:
    """`read` takes folded text that says something; `squeeze` drops what the key drops anywhere inside a text."""

    name: str
    read: Callable[[str], Reading]
    facets: Mapping[str, Facet]
    squeeze: Callable[[str], str]
    blanks: frozenset[str]

    def reading(self, text: str) -> Reading:
        """The key and facets of a value as it stands in the org; every facet is there, unknown or not."""
        plain = folded(text)
        found = Reading(None) if self._says_nothing(plain) else self.read(plain)
        return Reading(found.key or None, {name: found.facets.get(name) for name in self.facets})

    def _says_nothing(self, plain: str) -> bool:
        return plain in self.blanks or not (plain[:1].isalnum() or any(character.isalnum() for character in plain))


TEXT_KEYS: dict[str, TextKey] = {}


def key_of(name: str, text: str) -> str | None:
    """What a whole value is compared by; None when it counts as empty."""
    return TEXT_KEYS[name].reading(text).key


def fragment_of(name: str, text: str) -> str | None:
    """What a part of a value is compared by, placeholders and company forms included; None when nothing is left."""
    return TEXT_KEYS[name].squeeze(folded(text)) or None


def facet_of(name: str, facet: str, text: str) -> FacetValue:
    """What a rule's operand means for a facet, such as the rank of 部長; None when it names nothing known."""
    return TEXT_KEYS[name].facets[facet].operand(folded(text))


def facets_of(name: str) -> tuple[str, ...]:
    """The facets a text key gives its fields, in the order of their columns."""
    return tuple(TEXT_KEYS[name].facets)


def default_key(kind: Kind) -> str | None:
    """The text key of a field whose map entry names none."""
    return {Kind.TEXT: "plain", Kind.PICKLIST: "value"}.get(kind)


def text_key(
    name: str,
    *,
    facets: Mapping[str, Facet] | None = None,
    squeeze: Callable[[str], str] = str,
    blanks: tuple[str, ...] = ("nothing chosen", "not known"),
) -> Callable[[Callable[[str], Reading]], Callable[[str], Reading]]:
    """Register a text key. `blanks` are the lists of placeholders.toml whose words count as empty."""

    def register(read: Callable[[str], Reading]) -> Callable[[str], Reading]:
        words = frozenset(folded(word) for part in blanks for word in table("placeholders")[part])
        TEXT_KEYS[name] = TextKey(name, read, facets or {}, squeeze, words)
        return read

    return register


@text_key("plain")
def _plain(text: str) -> Reading:
    return Reading(text)


@text_key("value", blanks=("nothing chosen",))
def _value(text: str) -> Reading:
    """A picklist value: Unknown and None are choices here, only a form's Select is not."""
    return Reading(text)


@text_key(
    "company",
    facets={"form": Facet(Kind.TEXT, companies.form_named)},
    squeeze=companies.squeezed,
    blanks=("nothing chosen", "not known", "no company"),
)
def _company(text: str) -> Reading:
    name, form = companies.parted(text)
    return Reading(name, {"form": form})


@text_key("title", facets={"rank": Facet(Kind.INTEGER, titles.rank)})
def _title(text: str) -> Reading:
    return Reading(text, {"rank": titles.rank(text)})


@text_key("department", facets={"function": Facet(Kind.TEXT, departments.function_named)})
def _department(text: str) -> Reading:
    return Reading(text, {"function": departments.function(text)})


@text_key("email", facets={"domain": Facet(Kind.TEXT, str), "is_free": Facet(Kind.BOOLEAN, emails.is_free_domain)})
def _email(text: str) -> Reading:
    domain = emails.domain(text)
    return Reading(text, {"domain": domain, "is_free": emails.is_free_domain(domain)}) if domain else Reading(None)


# Raise the number when a function changes what it gives; the tables count by themselves.
_FUNCTIONS_VERSION = 1
_TABLES = ("characters", "companies", "departments", "emails", "placeholders", "titles")

# Columns made under another version must be made again.
KEYS_VERSION = f"{_FUNCTIONS_VERSION}-{digest([table(name) for name in _TABLES])[:12]}"
