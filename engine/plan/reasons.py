"""Why: messages for people, and the short stable forms that ride along into the org."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.changes.change import Effects
from engine.messages import Message
from engine.rulebook.rulebook import Rulebook
from engine.values import Values
from engine.verdicts.grade import LADDER

REASON_LENGTH_MAX = 255


def grade_reason(row: Mapping[str, Any], rulebook: Rulebook) -> str:
    """Criterion ids and what each earned in thirds: `employees+2 industry-2 title? = D`. Empty without a profile."""
    if row["profile_index"] is None:
        return ""
    index = row["profile_index"]
    parts = []
    for number, criterion in enumerate(rulebook.profiles[index].criteria):
        earned = row[f"earned__{index}__{number}"]
        parts.append(f"{criterion.id}{earned:+d}" if earned is not None else f"{criterion.id}?")
    return _fitting(parts, f" = {row['grade'] or '-'}")


def owner_reason(*, why: str, pool: str | None, rule: str | None) -> str:
    """`inactive user; pool 関東; rule 有望リードを関東へ`: ids only, so that it reads the same in every language."""
    parts = [why, *([f"pool {pool}"] if pool else []), *([f"rule {rule}"] if rule else [])]
    return "; ".join(parts)[:REASON_LENGTH_MAX]


def field_reasons(row: Mapping[str, Any], after: Values, rulebook: Rulebook) -> tuple[Message, ...]:
    """One message for each thing that was decided, in the order of the phases."""
    messages: list[Message] = []
    if {"persona", "buyer_role"} & set(after):
        name = row["persona"]
        messages.append(Message.of("reason.persona", persona=name) if name else Message.of("reason.no_persona"))
    if "profile" in after and row["profile"]:
        messages.append(Message.of("reason.profile", profile=row["profile"]))
    if {"grade", "grade_rank"} & set(after):
        reason = grade_reason(row, rulebook)
        if row["grade_rank"] is None:
            messages.append(Message.of("reason.ungraded"))
        else:
            messages.append(Message.of("reason.grade", grade=LADDER[row["grade_rank"]], reason=reason))
    if "score" in after:
        messages.append(Message.of("reason.score", score=after["score"]))
    if "priority" in after:
        found = row["priority"]
        messages.append(Message.of("reason.priority", priority=found) if found else Message.of("reason.no_priority"))
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


def _fitting(parts: list[str], tail: str) -> str:
    """As many parts as fit into the field, then the tail."""
    text = " ".join(parts)
    room = REASON_LENGTH_MAX - len(tail)
    return (text if len(text) <= room else text[: room - 1] + "…") + tail
