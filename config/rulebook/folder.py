"""A rulebook's folder as one value: `load_rulebook` reads the files and names everything that is wrong in any of them.

rulebook.yaml       the whole                 scoring.yaml      what each activity is worth
personas/*.yaml     who is this?              assignment.yaml   pools, intake, default pool
profiles/*.yaml     how well do they fit?     automation/*.yaml when a prospect matches, do these things
segments/*.yaml     who is in the market now?
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from config.files.problems import in_reading_order, nearest
from config.files.text_files import read_text
from config.files.yaml_tree import Node, Scalar, Table, YamlList, tree
from config.rulebook.assignment import POOL_KEYS, parts_of, read_assignment
from config.rulebook.automation import RULE_KEYS, read_rules
from config.rulebook.conditions import read_condition
from config.rulebook.fields import activity_fields, activity_kinds, readable_fields
from config.rulebook.named_items import Item, Names, names_of, ordered, read_items
from config.rulebook.operands import Known
from config.rulebook.personas import PERSONA_KEYS, PROFILE_KEYS, read_personas, read_profiles, role_of
from config.rulebook.policy import refuse_unknown_fields
from config.rulebook.queues import refuse_queues
from config.rulebook.rulebook_file import FILE as RULEBOOK
from config.rulebook.rulebook_file import read_head
from config.rulebook.scoring import read_bands, read_scoring
from config.rulebook.segments import SEGMENT_KEYS, read_segments
from config.rulebook.typed import Problems
from config.rulebook.values import FILE as VALUES
from config.rulebook.values import Values, values_in, with_values
from engine.automation.order import order_rules
from engine.conditions.conditions import ALWAYS
from engine.digests import digest
from engine.errors import Problem, RulebookError
from engine.rulebook.rulebook import Persona, Rulebook
from engine.verdicts.band import BAND
from engine.verdicts.registry import TARGETS, VERDICT_OF
from mapping.field_map.field_map import FieldMap
from mapping.field_map.labels import Picklist

_SCORING = "scoring.yaml"
_FILES = (RULEBOOK, _SCORING, "assignment.yaml")


@dataclass(frozen=True, slots=True)
class _Folder:
    """Where the items of a kind stand, the keys they have, what the rulebook calls them, and how they are read."""

    name: str
    keys: Collection[str]
    field: str
    read: Callable[[Sequence[Item], Known, Problems], Iterable[Any]]


FOLDERS = {
    "persona": _Folder("personas", PERSONA_KEYS, "personas", read_personas),
    "profile": _Folder("profiles", PROFILE_KEYS, "profiles", read_profiles),
    "segment": _Folder("segments", SEGMENT_KEYS, "segments", read_segments),
    "rule": _Folder("automation", RULE_KEYS, "rules", read_rules),
}
_NAMES = tuple(each.name for each in FOLDERS.values())


def load_rulebook(folder: Path, field_map: FieldMap) -> Rulebook:
    """The rulebook in a folder, checked against the map. RulebookError holds every problem of every file."""
    return rulebook_from(texts_of(folder), field_map, folder=folder.name)


def texts_of(folder: Path) -> dict[str, str]:
    """Every YAML file below the folder by its path from there; a rulebook is exactly these texts."""
    if not (folder / RULEBOOK).is_file():
        raise RulebookError.of("RB-141", str(folder), file=RULEBOOK)  # there is no rulebook here: {file} is missing
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix.casefold() in {".yaml", ".yml"}]
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(paths):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")):
            continue
        try:
            # the file is not UTF-8 (it looks like {encoding})
            found[name] = read_text(path, file=f"{folder.name}/{name}", error=RulebookError, code="RB-140")
        except RulebookError as error:
            problems += error.problems
    if problems:
        raise RulebookError(*problems)
    return found


def rulebook_from(
    texts: Mapping[str, str],
    field_map: FieldMap,
    *,
    folder: str = "rulebook",
    picklists: Mapping[str, Picklist] | None = None,
) -> Rulebook:
    """The rulebook of some texts; its digest is theirs. `folder` stands before the paths in what people read.

    `picklists` are the org's, so that values may go by their labels; without them what was kept with the texts counts.
    """
    return whole_rulebook_from(texts, field_map, folder=folder, picklists=picklists)[0]


def whole_rulebook_from(
    texts: Mapping[str, str],
    field_map: FieldMap,
    *,
    folder: str = "rulebook",
    picklists: Mapping[str, Picklist] | None = None,
) -> tuple[Rulebook, dict[str, str], tuple[Problem, ...]]:
    """The rulebook, the texts that say all of it again without an org, and the picklist values that the org lacks."""
    problems = Problems()
    values = values_in(texts, picklists)
    texts = {name: text for name, text in texts.items() if name != VALUES}
    trees, unread = _trees(texts, problems, folder=folder)
    known, items = _known(trees, unread, field_map, values, problems)
    # What a file that cannot be read does not say is not missing.
    heads = Problems() if RULEBOOK in unread else problems
    head = read_head(trees.get(RULEBOOK), heads, place=f"{folder}/{RULEBOOK}")
    if items["profile"] and not head.default_profile:
        heads.add("RB-122", f"{folder}/{RULEBOOK}", name="default profile", of=RULEBOOK)  # {of!r} needs {name!r}
    listed = {
        kind: ordered(items[kind], head.order.get(each.name), known.names[kind], problems)
        for kind, each in FOLDERS.items()
    }
    default = known.names["profile"].find(head.default_profile, problems) if head.default_profile else None
    # The first look has noted what is wrong with these keys.
    assignment = read_assignment(
        parts_of(trees.get("assignment.yaml"), Problems()), items["pool"], known.names["pool"], problems
    )
    scoring = read_scoring(trees.get(_SCORING), known, problems)
    refuse_unknown_fields(trees.get(RULEBOOK), _contestable(known), problems)
    paused = {kind: {item.id for item in found if not item.is_active} for kind, found in items.items()}
    read = {
        each.field: tuple(one for one in each.read(listed[kind], known, problems) if one.id not in paused[kind])
        for kind, each in FOLDERS.items()
    }
    rulebook = Rulebook(
        name=head.name,
        digest="",
        **read,
        default_profile=default.id if default else None,
        points=scoring.points,
        bands=scoring.bands,
        score_step=scoring.score_step,
        assignment=replace(assignment, pools=tuple(one for one in assignment.pools if one.id not in paused["pool"])),
        policy=head.policy,
        scope=read_condition(head.scope, known, problems) if head.scope else ALWAYS,
        zone=head.zone,
        operation=head.operation,
    )
    refuse_queues(rulebook.rules, rulebook.scope, known.objects, problems)
    if problems.found:
        raise RulebookError(*in_reading_order(problems.found))
    order_rules(rulebook)
    kept = with_values(texts, values)
    return replace(rulebook, digest=digest(kept)), kept, tuple(in_reading_order(values.unknown))


def _trees(texts: Mapping[str, str], problems: Problems, *, folder: str) -> tuple[dict[str, Node], frozenset[str]]:
    """The files that belong to a rulebook, read, and the names of those that could not be.

    A file that does not belong is noted: a misspelt folder would else be passed over.
    """
    found: dict[str, Node] = {}
    unread: set[str] = set()
    for name in sorted(texts):
        where = f"{folder}/{name}"
        if name not in _FILES and not (
            name.count("/") == 1 and name.endswith(".yaml") and name.split("/")[0] in _NAMES
        ):
            known = (*_FILES, *(f"{one}/*.yaml" for one in _NAMES))
            meant = _near_folder(name) if "/" in name else nearest(name, _FILES)
            problems.add("RB-153", where, given=name, meant=meant, known=", ".join(known))  # {given!r} is not part of…
            unread.add(meant or name)
            continue
        node, wrong = tree(texts[name], file=where, area="rulebook")
        problems.found += wrong
        shape = Table if name in _FILES else YamlList
        if isinstance(node, shape):
            found[name] = node
        elif node is not None:
            problems.shape("RB-121" if name in _FILES else "RB-120", node)  # lines such as 'name: value' belong here…
        if wrong or (node is not None and name not in found):
            unread.add(name)
    return found, frozenset(unread)


def _near_folder(name: str) -> str:
    near = nearest(name.split("/", maxsplit=1)[0], _NAMES) if "/" in name else ""
    return f"{near}/{Path(name).stem}.yaml" if near else ""


def _known(
    trees: Mapping[str, Node], unread: frozenset[str], field_map: FieldMap, values: Values, problems: Problems
) -> tuple[Known, dict[str, tuple[Item, ...]]]:
    """First look: what there is, so that conditions and actions may name what stands in another file."""
    pools = parts_of(trees.get("assignment.yaml"), problems)
    names: dict[str, Names] = {}
    items: dict[str, tuple[Item, ...]] = {}
    listed = {
        kind: (f"{each.name}/", each.keys, [node for name, node in trees.items() if name.startswith(f"{each.name}/")])
        for kind, each in FOLDERS.items()
    }
    pool = ("assignment.yaml", POOL_KEYS, [pools["pools"][1]] if "pools" in pools else [])
    for kind, (place, keys, lists) in {**listed, "pool": pool}.items():
        items[kind] = read_items(lists, keys, problems, kind=kind)
        written = sum(len(node.items) if isinstance(node, YamlList) else 1 for node in lists)
        is_read = not any(name.startswith(place) for name in unread)
        names[kind] = names_of(items[kind], problems, kind=kind, is_complete=is_read and len(items[kind]) == written)
    said = Rulebook(
        name="",
        digest="",
        personas=tuple(
            Persona(item.id, item.name, role, ALWAYS) for item in items["persona"] if (role := role_of(item, problems))
        ),
        bands=read_bands(trees.get(_SCORING), Problems()),
    )
    unsaid = {
        name for name, verdict in VERDICT_OF.items() if verdict.name in names and not names[verdict.name].is_complete
    }
    unsaid |= {BAND.name} if _SCORING in unread else set()
    fields, details = readable_fields(field_map, problems), activity_fields(field_map, problems)
    objects = tuple(entry.api_name for entry in field_map.objects)
    return Known(fields, activity_kinds(field_map), names, said, frozenset(unsaid), values, details, objects), items


def _contestable(known: Known) -> frozenset[str]:
    """What people may win or lose: the owner, and every field that leadsync decides or rules set."""
    return frozenset({"owner", *TARGETS, *(name for name, field in known.fields.items() if not field.is_own)})


# Each default's place: the file and the keys from its top.
_PLACES = {
    "change_limit_percent": ("rulebook.yaml", "change limit", "percent"),
    "change_limit_min": ("rulebook.yaml", "change limit", "min"),
    "change_limit_max": ("rulebook.yaml", "change limit", "max"),
    "owner_limit_percent": ("rulebook.yaml", "owner limit", "percent"),
    "owner_limit_min": ("rulebook.yaml", "owner limit", "min"),
    "leaver_limit_percent": ("rulebook.yaml", "owner limit", "leavers"),
    "ping_pong_moves": ("rulebook.yaml", "ping-pong", "moves"),
    "ping_pong_days": ("rulebook.yaml", "ping-pong", "days"),
    "plan_expiry_days": ("rulebook.yaml", "plan expiry", "working days"),
    "score_step": ("scoring.yaml", "score step"),
}


def said_in(folder: Path) -> Mapping[str, Scalar]:
    """What the rulebook says of values that have defaults, by the default's name, as its author typed it. RulebookError
    without one.
    """
    texts = texts_of(folder)
    found: dict[str, Scalar] = {}
    for name, (file, *keys) in _PLACES.items():
        node: Node | None = tree(texts.get(file, ""), file=f"{folder.name}/{file}", area="rulebook")[0]
        for key in keys:
            node = {said.text: held for said, held in node.entries}.get(key) if isinstance(node, Table) else None
        if isinstance(node, Scalar) and not node.is_nothing:
            found[name] = node
    return found
