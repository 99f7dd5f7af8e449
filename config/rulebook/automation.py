"""automation/*.yaml: when a prospect matches, do these things. To add an action, add its reader to `READERS`."""

from collections.abc import Callable, Mapping, Sequence

from config.files.yaml_tree import Node, Scalar, Table
from config.rulebook.conditions import read_condition
from config.rulebook.fields import OWN, Readable
from config.rulebook.named_items import Item
from config.rulebook.operands import Known, tag, value_of
from config.rulebook.typed import Problems, choice, distinct, entries, items, scalar, text, yes_no
from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.registry import ACTIONS, kind_of
from engine.actions.set_field import SetField
from engine.conditions.conditions import ALWAYS
from engine.conditions.fields import Kind
from engine.rulebook.rulebook import Action, AutomationRule, Otherwise, Reference, RuleMode
from engine.values import Scalar as Value

RULE_KEYS = ("when", "then", "mode")
_KEYED = frozenset({Kind.TEXT, Kind.PICKLIST})


def read_rules(found: Sequence[Item], known: Known, problems: Problems) -> tuple[AutomationRule, ...]:
    return tuple(_rule(item, known, problems) for item in found)


def _rule(item: Item, known: Known, problems: Problems) -> AutomationRule:
    when, then, mode = (
        item.needs("when", problems, of="rule"),
        item.needs("then", problems, of="rule"),
        item.part("mode"),
    )
    said = choice(mode, tuple(RuleMode), problems) if mode else None
    rule_mode = RuleMode(said) if said else RuleMode.CONVERGE
    return AutomationRule(
        id=item.id,
        name=item.name,
        when=read_condition(when, known, problems) if when else ALWAYS,
        then=_actions(then, rule_mode, known, problems) if then else (),
        mode=rule_mode,
        where=item.where,
    )


def _actions(node: Node, mode: RuleMode, known: Known, problems: Problems) -> tuple[Action, ...]:
    """Actions in order. One rule gives each field, each tag and the owner once."""
    found: dict[tuple[str, str], Action] = {}
    listed = items(node, problems)
    if not listed and not isinstance(node, Scalar | Table):
        problems.add("RB-108", node)  # the value is missing
    for one in listed:
        if not isinstance(one, Table):
            problems.shape("RB-121", one)  # lines such as 'name: value' belong here
            continue
        for key, value in distinct(one, problems):
            if key.text not in ACTIONS:
                problems.unknown("RB-118", key, ACTIONS)  # {given!r} cannot be used here
                continue
            action = READERS[key.text](value, mode, known, problems)
            if action is None:
                continue
            target = (key.text, kind_of(action).target(action))
            if target in found:
                problems.add("RB-137", key, action=key.text, target=target[1])  # the rule does {action!r} twice for…
            found[target] = action
    return tuple(found.values())


def _set(node: Node, mode: RuleMode, known: Known, problems: Problems) -> Action | None:
    """`set: {field: rating, value: Hot, otherwise: clear}`."""
    parts = entries(node, ("field", "value", "otherwise"), problems, of="set")
    otherwise = _otherwise(parts, (Otherwise.KEEP, Otherwise.CLEAR), mode, problems)
    for name in ("field", "value"):
        if parts and name not in parts:
            problems.add("RB-122", node, name=name, of="set")  # {of!r} needs {name!r}
    readable = _settable(parts["field"][1], known, problems) if "field" in parts else None
    if readable is None or "value" not in parts:
        return None
    value = parts["value"][1]
    compared = value_of(readable, value, known, problems)
    if compared is None or not isinstance(value, Scalar):
        return None
    is_keyed = readable.field.kind in _KEYED
    shown: Value = known.values.value_of(readable, value) if is_keyed else compared
    return SetField(readable.name, shown, otherwise or Otherwise.KEEP, str(compared) if is_keyed else None)


def _settable(node: Node, known: Known, problems: Problems) -> Readable | None:
    given = scalar(node, problems)
    if given is None:
        return None
    readable = known.fields.get(given.text)
    if given.text in OWN or (readable and readable.is_own):
        problems.add("RB-127", given, field=given.text)  # {field!r} cannot be set by a rule: leadsync or Salesforce…
    elif readable is None:
        # the field map has no field {given!r}
        problems.unknown("RB-106", given, (name for name, one in known.fields.items() if not one.is_own))
    elif not readable.mapped:
        problems.add("RB-157", given, field=given.text)  # {field!r} belongs to a related record, and only prospects…
    elif any(mapped.is_read_only for mapped in readable.mapped):
        problems.add("RB-126", given, field=given.text, api_name=readable.mapped[0].api_name)  # {field!r} is Account…
    elif readable.field.kind in {Kind.DATETIME, Kind.ID}:
        problems.add("RB-151", given, field=given.text, kind=readable.field.kind)  # {field!r} is {kind}; rules cannot…
    else:
        return readable
    return None


def _tag(node: Node, mode: RuleMode, _: Known, problems: Problems) -> Action | None:
    """`tag: 展示会`, or `tag: {name: 展示会, otherwise: keep}`."""
    if not isinstance(node, Table):
        name = tag(node, problems)
        otherwise = None
    else:
        parts = entries(node, ("name", "otherwise"), problems, of="tag")
        otherwise = _otherwise(parts, (Otherwise.KEEP, Otherwise.REMOVE), mode, problems)
        if "name" not in parts:
            problems.add("RB-122", node, name="name", of="tag")  # {of!r} needs {name!r}
            return None
        name = tag(parts["name"][1], problems)
    if name is None:
        return None
    # What fires once is never taken back.
    return AddTag(name, otherwise or (Otherwise.KEEP if mode is RuleMode.ONCE else Otherwise.REMOVE))


def _assign(node: Node, _: RuleMode, known: Known, problems: Problems) -> Action | None:
    """`assign: {pool: 関東}`, or `user:` (a username) or `queue:` (a DeveloperName); `reassign: yes` moves others too."""
    parts = entries(node, ("pool", "user", "queue", "reassign"), problems, of="assign")
    reassign = yes_no(parts["reassign"][1], problems) if "reassign" in parts else False
    given = [name for name in ("pool", "user", "queue") if name in parts]
    if len(given) != 1:
        if isinstance(node, Table):
            problems.add("RB-149", node)  # 'assign' names exactly one of pool, user and queue
        return None
    target = parts[given[0]][1]
    if given == ["pool"]:
        pool = known.names["pool"].find(target, problems)
        return Assign(pool=pool.id, reassign=bool(reassign)) if pool else None
    name = text(target, problems)
    if name is None:
        return None
    reference = Reference(name, target.where)
    if given == ["user"]:
        return Assign(user=reference, reassign=bool(reassign))
    return Assign(queue=reference, reassign=bool(reassign))


def _otherwise(
    parts: Mapping[str, tuple[Scalar, Node]], allowed: tuple[Otherwise, ...], mode: RuleMode, problems: Problems
) -> Otherwise | None:
    if "otherwise" not in parts:
        return None
    key, node = parts["otherwise"]
    if mode is RuleMode.ONCE:
        problems.add("RB-139", key)  # a rule that fires once has no 'otherwise'
        return None
    found = choice(node, allowed, problems)
    return Otherwise(found) if found else None


READERS: Mapping[str, Callable[[Node, RuleMode, Known, Problems], Action | None]] = {
    "set": _set,
    "tag": _tag,
    "assign": _assign,
}
