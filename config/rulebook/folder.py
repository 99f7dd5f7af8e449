"""A rulebook's folder as one value: `load_rulebook` reads the files and names everything that is wrong in any of them.

rulebook.yaml       the whole                 scoring.yaml      what each activity is worth
personas/*.yaml     who is this?              assignment.yaml   pools, intake, default pool
profiles/*.yaml     how well do they fit?     automation/*.yaml when a prospect matches, do these things
"""

from collections.abc import Mapping
from pathlib import Path

from config.guesses import nearest
from config.places import in_reading_order
from config.rulebook import header
from config.rulebook.assignment import POOL_KEYS, parts_of, read_assignment
from config.rulebook.automation import RULE_KEYS, read_rules
from config.rulebook.conditions import read_condition
from config.rulebook.fields import activity_kinds, readable_fields
from config.rulebook.header import read_header
from config.rulebook.items import Item, names_of, ordered, read_items
from config.rulebook.operands import Known
from config.rulebook.people import PERSONA_KEYS, PROFILE_KEYS, read_personas, read_profiles, role_of
from config.rulebook.reading import Problems
from config.rulebook.scoring import read_scoring
from config.texts import read_text
from config.trees import Node, tree
from engine.automation import order_rules
from engine.conditions import ALWAYS
from engine.digests import digest
from engine.errors import Problem, RulebookError
from engine.rulebooks import Rulebook
from mapping.maps import FieldMap

_FILES = (header.FILE, "scoring.yaml", "assignment.yaml")
_FOLDERS = ("personas", "profiles", "automation")


def load_rulebook(folder: Path, field_map: FieldMap) -> Rulebook:
    """The rulebook in a folder, checked against the map. RulebookError holds every problem of every file."""
    return rulebook_from(texts_of(folder), field_map, folder=folder.name)


def texts_of(folder: Path) -> dict[str, str]:
    """Every YAML file below the folder by its path from there; a rulebook is exactly these texts."""
    if not (folder / header.FILE).is_file():
        raise RulebookError.of("RB-141", str(folder), file=header.FILE)
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix.casefold() in {".yaml", ".yml"}]
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(paths):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")):
            continue
        try:
            found[name] = read_text(path, file=f"{folder.name}/{name}", error=RulebookError, code="RB-140")
        except RulebookError as error:
            problems += error.problems
    if problems:
        raise RulebookError(*problems)
    return found


def rulebook_from(texts: Mapping[str, str], field_map: FieldMap, *, folder: str = "rulebook") -> Rulebook:
    """The rulebook of some texts; its digest is theirs. `folder` stands before the paths in what people read."""
    problems = Problems()
    trees = _trees(texts, problems, folder=folder)
    known, items = _known(trees, field_map, problems)
    head = read_header(trees.get(header.FILE), problems, place=f"{folder}/{header.FILE}")
    personas = ordered(items["persona"], head.order.get("personas"), known.names["persona"], problems)
    rules = ordered(items["rule"], head.order.get("automation"), known.names["rule"], problems)
    default = known.names["profile"].find(head.default_profile, problems) if head.default_profile else None
    if items["profile"] and not head.default_profile:
        problems.add("RB-122", f"{folder}/{header.FILE}", name="default profile", of=header.FILE)
    assignment = parts_of(trees.get("assignment.yaml"), Problems())
    paused = {kind: {item.id for item in found if not item.is_active} for kind, found in items.items()}
    rulebook = Rulebook(
        name=head.name,
        digest=digest(dict(texts)),
        personas=tuple(one for one in read_personas(personas, known, problems) if one.id not in paused["persona"]),
        profiles=tuple(
            one for one in read_profiles(items["profile"], known, problems) if one.id not in paused["profile"]
        ),
        default_profile=default.id if default else None,
        points=read_scoring(trees.get("scoring.yaml"), known, problems),
        rules=tuple(one for one in read_rules(rules, known, problems) if one.id not in paused["rule"]),
        assignment=read_assignment(
            assignment, tuple(one for one in items["pool"] if one.is_active), known.names["pool"], problems
        ),
        policy=head.policy,
        scope=read_condition(head.scope, known, problems) if head.scope else ALWAYS,
        zone=head.zone,
    )
    if problems.found:
        raise RulebookError(*in_reading_order(problems.found))
    order_rules(rulebook)
    return rulebook


def _trees(texts: Mapping[str, str], problems: Problems, *, folder: str) -> dict[str, Node]:
    """The files that belong to a rulebook, read; any other is noted, since a misspelt folder would be passed over."""
    found: dict[str, Node] = {}
    for name in sorted(texts):
        where = f"{folder}/{name}"
        if name not in _FILES and not (
            name.count("/") == 1 and name.endswith(".yaml") and name.split("/")[0] in _FOLDERS
        ):
            known = (*_FILES, *(f"{one}/*.yaml" for one in _FOLDERS))
            meant = _near_folder(name) if "/" in name else nearest(name, _FILES)
            problems.add("RB-153", where, given=name, meant=meant, known=", ".join(known))
            continue
        node, wrong = tree(texts[name], file=where, area="rulebook")
        problems.found += wrong
        if node is not None:
            found[name] = node
    return found


def _near_folder(name: str) -> str:
    near = nearest(name.split("/", maxsplit=1)[0], _FOLDERS) if "/" in name else ""
    return f"{near}/{Path(name).stem}.yaml" if near else ""


def _known(
    trees: Mapping[str, Node], field_map: FieldMap, problems: Problems
) -> tuple[Known, dict[str, tuple[Item, ...]]]:
    """First look: what there is, so that conditions and actions may name what stands in another file."""

    def listed(folder: str) -> list[Node]:
        return [node for name, node in trees.items() if name.startswith(f"{folder}/")]

    pools = parts_of(trees.get("assignment.yaml"), problems)
    items = {
        "persona": read_items(listed("personas"), PERSONA_KEYS, problems, kind="persona"),
        "profile": read_items(listed("profiles"), PROFILE_KEYS, problems, kind="profile"),
        "rule": read_items(listed("automation"), RULE_KEYS, problems, kind="rule"),
        "pool": read_items([pools["pools"][1]] if "pools" in pools else [], POOL_KEYS, problems, kind="pool"),
    }
    names = {kind: names_of(found, problems, kind=kind) for kind, found in items.items()}
    roles = tuple(role for item in items["persona"] if (role := role_of(item, problems)))
    return Known(readable_fields(field_map, problems), activity_kinds(field_map), names, roles), items
