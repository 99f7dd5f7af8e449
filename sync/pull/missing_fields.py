"""What the org lacks of what map and rules name, and which rules cannot be decided without it."""

from collections.abc import Iterator, Mapping

from config.rulebook.files import RulebookFiles
from engine.actions.registry import KINDS
from engine.actions.set_field import set_fields
from engine.conditions.conditions import ActivityCount, Condition, leaves, reads
from engine.errors import Problem
from engine.rulebook.rulebook import Rulebook
from engine.verdicts.registry import VERDICTS, asked
from mapping.field_map.check import check, check_set
from mapping.field_map.field_map import FieldMap
from mapping.field_map.types import Record

_NO_OBJECT, _NO_FIELD = "MP-201", "MP-202"


def problems(field_map: FieldMap, files: RulebookFiles, found: Mapping[str, Record]) -> tuple[Problem, ...]:
    """By what the org says of the objects that it has. The files learn of it, and may be read anew."""
    rulebook, _ = files()
    lacking = check(field_map, found)
    return (
        *lacking,
        *(need for problem in lacking for need in _needs(field_map, rulebook, problem)),
        *check_set(field_map, found, set_fields(rulebook)),
        *files.learn(found),
    )


def _needs(field_map: FieldMap, rulebook: Rulebook, problem: Problem) -> Iterator[Problem]:
    if problem.code not in {_NO_OBJECT, _NO_FIELD}:
        return
    object_name, api_name = str(problem.params["object"]), str(problem.params.get("field", ""))
    names = _names(field_map, object_name, api_name)
    kinds = frozenset() if api_name else _kinds(field_map, object_name)
    needs_it = [each for each in asked(rulebook) if names & reads(each.condition) or _counts(each.condition, kinds)]
    needing = [each.name for each in needs_it if not isinstance(each.step, int)]
    needing += [name for verdict in VERDICTS for kind, name in verdict.kinds(rulebook) if kind in kinds]
    needing += [each.name for each in needs_it if isinstance(each.step, int)]
    needing += [
        given.rule.name for kind in KINDS for given in kind.given(rulebook) if kind.decides(given.action) in names
    ]
    if needing:
        listed = ", ".join(repr(name) for name in dict.fromkeys(needing))
        yield Problem("MP-214", problem.where, {"what": api_name or object_name, "rules": listed})


def _names(field_map: FieldMap, object_name: str, api_name: str) -> frozenset[str]:
    """What rules call a field, or all fields of an object."""
    own = [mapped for entry in field_map.objects if entry.api_name == object_name for mapped in entry.fields]
    lookups = [lookup for entry in field_map.objects for lookup in entry.lookups if lookup.object == object_name]
    named = [*own, *(mapped for lookup in lookups for mapped in lookup.fields)]
    return frozenset(mapped.name for mapped in named if api_name in {"", mapped.api_name})


def _kinds(field_map: FieldMap, object_name: str) -> frozenset[str]:
    """The kinds of activities that an object brings."""
    sources = [source for source in field_map.activities if source.api_name == object_name]
    return frozenset(kind for source in sources for kind in (source.kind, *source.kinds.values()) if kind)


def _counts(when: Condition, kinds: frozenset[str]) -> bool:
    """Whether a condition counts activities of these kinds; one that names none counts all."""
    counted = [leaf for leaf in leaves(when) if isinstance(leaf, ActivityCount)]
    return bool(kinds) and any(not leaf.kinds or kinds & set(leaf.kinds) for leaf in counted)
