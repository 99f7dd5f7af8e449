"""Conditions as rule files say them, in every language alike."""

from engine.conditions.conditions import ALWAYS, ActivityCount, Condition, Group, Join, Leaf


def asked(condition: Condition) -> str:
    """`amount: {at least: 300}, any: [...]`; nothing for what always holds."""
    match condition:
        case Leaf():
            operand = condition.shown or ("" if condition.operand is None else str(condition.operand))
            return f"{condition.field.name}: {{{condition.operator}: {operand}}}"
        case ActivityCount():
            return f"activity: {{{of_activities(condition)}}}"
        case Group() if condition == ALWAYS:
            return ""
        case Group():
            parts = [asked(part) for part in condition.of]
            if condition.join is Join.ALL:
                return ", ".join(part for part in parts if part)
            return f"{condition.join}: [{', '.join(f'{{{part}}}' for part in parts)}]"


def of_activities(counted: ActivityCount) -> str:
    """What is asked of activities besides their kind and their time."""
    parts = [f"{name}: {value}" for name, value in (("asset", counted.asset), ("campaign", counted.campaign)) if value]
    parts += [asked(counted.where)] if counted.where else []
    parts += [] if counted.at_most is None else [f"count at most: {counted.at_most}"]
    return ", ".join(parts)
