"""Why: messages for people, and the short stable forms that ride along into the org."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.changes.change import Effects
from engine.messages import Message
from engine.rulebook.rulebook import Rulebook
from engine.values import Values
from engine.verdicts.registry import VERDICTS
from engine.verdicts.verdict import REASON_LENGTH_MAX


def owner_reason(*, why: str, pool: str | None, rule: str | None) -> str:
    """`inactive user; pool 関東; rule 有望リードを関東へ`: ids only, so that it reads the same in every language."""
    parts = [why, *([f"pool {pool}"] if pool else []), *([f"rule {rule}"] if rule else [])]
    return "; ".join(parts)[:REASON_LENGTH_MAX]


def field_reasons(row: Mapping[str, Any], after: Values, rulebook: Rulebook) -> tuple[Message, ...]:
    """One message for each thing that was decided, verdicts in the order people are shown them."""
    messages = [
        message for verdict in VERDICTS if verdict.writes(after) for message in verdict.reasons(row, after, rulebook)
    ]
    for field, value in after.items():
        by = row.get(f"by__{field}")
        if by is not None and by >= 0:
            key = "reason.set" if value is not None else "reason.cleared"
            messages.append(Message.of(key, rule=rulebook.rules[by].name, field=field, value=value))
    return tuple(messages)


def contest_reasons(contested: Iterable[str], owner: str, before: Values) -> tuple[Message, ...]:
    """What somebody else put in place of ours, and is proposed to be taken back."""
    held = {**before, "owner": owner}
    return tuple(Message.of("reason.contested", field=name, value=held[name]) for name in contested)


def effect_reasons(effects: Effects, rulebook: Rulebook) -> tuple[Message, ...]:
    """What will be remembered, and by which rule."""
    names = {rule.id: rule.name for rule in rulebook.rules}
    given = [Message.of("reason.tagged", rule=names.get(rule, rule), tag=tag) for tag, rule in effects.tags_added]
    taken = [Message.of("reason.untagged", rule=names.get(rule, rule), tag=tag) for tag, rule in effects.tags_removed]
    fired = [Message.of("reason.fired", rule=names.get(rule, rule)) for rule in effects.firings]
    return (*given, *taken, *fired)
