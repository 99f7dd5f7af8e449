"""Personas and profiles: who somebody is, and how well they fit."""

from collections.abc import Mapping, Sequence

from config.files.yaml_tree import Node, Table, YamlList
from config.rulebook.conditions import read_condition, read_empty
from config.rulebook.named_items import Item, read_items
from config.rulebook.operands import Known
from config.rulebook.typed import Problems, distinct, line, scalar, text, texts
from engine.conditions.conditions import ALWAYS, Condition, Group, Join, reads
from engine.names import plain
from engine.rulebook.rulebook import Criterion, Level, Persona, Profile
from mapping.field_map.write_back import WRITE_BACK

PERSONA_KEYS = ("role", "card", "when", "profile")
PROFILE_KEYS = ("criteria",)
_CRITERION_KEYS = ("worth", "matches", "strong", "medium", "weak", "empty counts as")
_WORTHS = {"1/3": 1, "2/3": 2, "3/3": 3}
_LEVELS = {"strong": 3, "medium": 2, "weak": 1}


def read_personas(items: Sequence[Item], known: Known, problems: Problems) -> tuple[Persona, ...]:
    found = tuple(_persona(item, known, problems) for item in items)
    for item, persona in zip(items, found, strict=True):
        refuse_long(persona.name, item.part("name"), "persona", problems)
        refuse_long(persona.role, item.part("role"), "buyer_role", problems)
    choosing = next((persona for persona in found if persona.profile), None)
    reading = next((persona for persona in found if "profile" in reads(persona.when)), None)
    if choosing and reading:
        problems.add("RB-138", reading.where, persona=reading.name, other=choosing.name)  # the persona {persona!r}…
    return found


def read_profiles(items: Sequence[Item], known: Known, problems: Problems) -> tuple[Profile, ...]:
    for item in items:
        refuse_long(item.name, item.part("name"), "profile", problems)
    return tuple(_profile(item, known, problems) for item in items)


def role_of(item: Item, problems: Problems) -> str:
    """The buyer role: any word of the author's; the usual ones are in the starter."""
    node = item.needs("role", problems, of="persona")
    return (line(node, problems) or "") if node else ""


def refuse_long(name: str, node: Node | None, target: str, problems: Problems) -> None:
    """Names are written to the org, whose fields hold so many characters and no more."""
    most = next(field.size for field in WRITE_BACK if field.name == target)
    if node and len(name) > most:
        problems.add("RB-154", node, length=len(name), most=most)  # {length} characters are too many: the org's field…


def _persona(item: Item, known: Known, problems: Problems) -> Persona:
    when = item.needs("when", problems, of="persona")
    chosen = item.part("profile")
    profile = known.names["profile"].find(chosen, problems) if chosen else None
    card = item.part("card")
    return Persona(
        id=item.id,
        name=item.name,
        role=role_of(item, Problems()),
        when=read_condition(when, known, problems) if when else ALWAYS,
        card=_card(card, problems) if card else {},
        profile=profile.id if profile else None,
        where=item.where,
    )


def _card(node: Node, problems: Problems) -> Mapping[str, str | tuple[str, ...]]:
    """Whatever a team wants to tell about a persona: texts and lists of texts under words of their own."""
    if not isinstance(node, Table):
        problems.shape("RB-121", node)  # lines such as 'name: value' belong here
        return {}
    return {
        key.text: texts(value, problems) if isinstance(value, YamlList) else text(value, problems) or ""
        for key, value in distinct(node, problems)
    }


def _profile(item: Item, known: Known, problems: Problems) -> Profile:
    node = item.needs("criteria", problems, of="profile")
    criteria = read_items([node], _CRITERION_KEYS, problems, kind="criterion") if node else ()
    ids: dict[str, Item] = {}
    for criterion in criteria:
        first = ids.setdefault(criterion.id, criterion)
        if first is not criterion:
            # two items of kind {kind!r} are called {name!r} (first: {first})
            problems.add("RB-123", criterion.where, kind="criterion", name=criterion.name, first=first.where)
    if isinstance(node, YamlList) and not node.items:
        problems.add("RB-108", node)  # the value is missing
    return Profile(
        id=item.id,
        name=item.name,
        criteria=tuple(_criterion(one, known, problems) for one in criteria if one.is_active),
        where=item.where,
    )


def _criterion(item: Item, known: Known, problems: Problems) -> Criterion:
    worth = _worth(item, problems)
    empty = item.part("empty counts as")
    empty_counts_as = read_empty(empty, problems) if empty else None
    levels = []
    for name in ("matches", *_LEVELS):
        if node := item.part(name):
            when = _counted(read_condition(node, known, problems), empty_counts_as)
            # No level earns more than the criterion is worth.
            levels.append(Level(name, min(_LEVELS.get(name, worth), worth), when))
    if not levels or ("matches" in item.parts and len(levels) > 1):
        problems.add("RB-136", item.where, name=item.name)  # the criterion {name!r} needs either 'matches' or levels…
    return Criterion(id=item.id, name=item.name, worth=worth, levels=tuple(levels))


def _counted(when: Condition, empty_counts_as: bool | None) -> Condition:  # noqa: FBT001 - three values
    return when if empty_counts_as is None else Group(Join.ALL, (when,), empty_counts_as)


def _worth(item: Item, problems: Problems) -> int:
    node = item.needs("worth", problems, of="criterion")
    given = scalar(node, problems) if node else None
    if given is None:
        return 1
    word = plain(given.text).replace(" ", "")
    if word not in _WORTHS:
        problems.unknown("RB-118", given, _WORTHS)  # {given!r} cannot be used here
    return _WORTHS.get(word, 1)
