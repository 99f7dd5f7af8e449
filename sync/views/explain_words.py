"""An explanation in words: which persona and why, what each criterion earned, where the score is from, which rules held."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from config.words.catalogue import Words, catalogue
from engine.automation.explain import CriterionLine, Explanation, LeafResult, Match, Tried
from engine.changes.change import Standing
from engine.conditions.conditions import ALWAYS, ActivityCount, Condition, Group, Join, Leaf
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.plan.drafts import scalar
from engine.values import Scalar
from engine.verdicts.band import BAND
from engine.verdicts.grade import GRADE, LADDER
from engine.verdicts.profile import PROFILE
from engine.verdicts.registry import VERDICTS
from engine.verdicts.score import SCORE, ScoreLine
from engine.verdicts.verdict import Verdict
from sync.views import phrases
from sync.views.explain import Explained, Moved, Since

_MARKS = {True: "✓", False: "✗", None: "?"}
_THOUSAND = 1000
# Columns that hold a person or a queue.
_PEOPLE = frozenset({"owner_id", "owner_manager"})
# The only level of a criterion that has no more than one: the mark says it.
_PLAIN_LEVEL = "matches"


def lines(explanation: Explanation, words: Words) -> list[str]:
    """The whole explanation, a line each, indented by two spaces a level."""
    told: list[str] = []
    for verdict in VERDICTS:
        match verdict.name:
            case GRADE.name:
                told += _grade(explanation, words)
            case SCORE.name:
                told += _score(explanation, words)
            case PROFILE.name | BAND.name:
                pass  # told with the grade and the score
            case name if explanation.items[name]:
                told += _items(verdict, explanation, words)
            case name if name in explanation.reasons:
                told += _value(verdict, explanation, words)
    return [*told, *_rules(explanation, words)]


def owner_lines(found: Explained, words: Words) -> list[str]:
    """Whether it needs another owner, and who in the pool was passed over, and why; and what is somebody else's."""
    told: list[str] = []
    if found.role or found.manager:
        told.append(words.say("explain.owner_place", role=found.role or "-", manager=found.manager or "-"))
    if found.needs_owner is None:
        return [words.say("explain.keeps_owner", owner=found.owner), *told, *_taken(found, words)]
    told = [_needs_owner(found, words), *told]
    told += [f"  {words.say('explain.given', owner=found.given)}"] if found.given else []
    for one in found.considered:
        turn = words.say("explain.turn", turn=one.turn) if one.turn else words.say("explain.no_turn")
        said = words.message(one.passed) if one.passed else turn
        told.append(f"  {'✗' if one.passed else '✓'} {found.names[one.member]}: {said}")
    return [*told, *_taken(found, words)]


def _needs_owner(found: Explained, words: Words) -> str:
    why = words.say(f"reason.owner.{found.needs_owner}", rule=found.owner_rule or "-")
    if found.named_owner is None:
        return words.say("explain.needs_owner", why=why, pool=found.pool or "-")
    return words.say("explain.needs_named_owner", why=why, rule=found.owner_rule, owner=found.named_owner)


def _taken(found: Explained, words: Words) -> Iterator[str]:
    """Since when a value of ours is somebody else's, and for how long that counts."""
    for one in found.taken:
        yield words.say(
            "explain.taken",
            field=phrases.label(one.name, found.labels, words=words),
            value=phrases.value(one.value, words=words),
            since=phrases.time(one.since, zone=found.zone, words=words),
            how=words.say(f"explain.taken.{one.stance.stance}", days=one.stance.days),
        )


def past_lines(found: Explained, words: Words) -> list[str]:
    """What a plan of the past made of it, and what is not known of that time any more."""
    proposed = found.proposed
    if proposed is None:
        told = words.say("explain.proposed_nothing")
    else:
        why = phrases.sentences(proposed.change.reasons, found.labels, words=words)
        told = words.say("explain.proposed", why=why)
    return [told, words.say("explain.unknown_then")]


def change_line(found: Explained, standing: Standing, words: Words) -> str:
    """Why a change of the record was proposed, and what is noted about it; people by name."""
    told = [*standing.change.reasons, *([standing.note] if standing.note else [])]
    return phrases.sentences([_naming(message, found.names) for message in told], found.labels, words=words)


def since_lines(found: Explained, since: Since, words: Words) -> list[str]:
    """What came out differently, what moved it, and which values moved; fields and people as they are called."""
    told = [words.say("explain.since" if since.verdicts else "explain.since_same")]
    for moved in since.verdicts:
        causes = words.say("report.join").join(words.say(f"explain.by.{cause}") for cause in moved.by or ("together",))
        told.append(f"  {_difference(found, moved, words)} ({causes})")
    told += [words.say("explain.since_inputs")] if since.inputs else []
    told += [f"  {_difference(found, moved, words)}" for moved in since.inputs]
    before, after = since.activities
    if before != after:
        told.append(f"  {words.say('explain.since_activities', before=before, after=after)}")
    told += [words.say("explain.other_rules")] if since.has_other_rules else []
    told += [words.say("explain.other_map")] if since.has_other_map else []
    return told


def _difference(found: Explained, moved: Moved, words: Words) -> str:
    then, now = (_held(found, moved.name, held, words) for held in (moved.then, moved.now))
    told = phrases.label(moved.name, found.labels, words=words)
    return f"{told}: {words.say('report.arrow', before=then, after=now)}"


def _held(found: Explained, name: str, held: Scalar, words: Words) -> str:
    if name in _PEOPLE:
        return found.names.get(str(held), phrases.value(held, words=words))
    key = f"explain.kind.{held}"
    return words.say(key) if name == "owner_kind" and key in catalogue() else phrases.value(held, words=words)


def _items(verdict: Verdict, explanation: Explanation, words: Words) -> Iterator[str]:
    """A verdict of items, such as the persona."""
    found = explanation.verdict[verdict.name]
    key = f"explain.{verdict.name}" if found else f"explain.{verdict.name}.none"
    yield words.say(key, **({verdict.name: found} if found else {}))
    for one in explanation.items[verdict.name]:
        yield f"  {_MARKS[one.holds]} {one.name}"
        yield from _leaves(one.leaves, words)
        # Those after the one that counts were not asked for; its own answers and its predecessors' are of interest.
        if one.holds and verdict.is_one_item:
            return


def _value(verdict: Verdict, explanation: Explanation, words: Words) -> Iterator[str]:
    """A verdict without items, such as the priority: what it says, and why where that says more."""
    says = {output.name: scalar(explanation.verdict[output.name]) for output in verdict.outputs}
    for name, held in says.items():
        told = phrases.value(held, words=words)
        yield words.say("explain.verdict", field=phrases.label(name, {}, words=words), value=told)
    for message in explanation.reasons[verdict.name]:
        if [*message.params.values()] != [*says.values()]:
            yield f"  {phrases.sentence(message, {}, words=words)}"


def _grade(explanation: Explanation, words: Words) -> Iterator[str]:
    verdict = explanation.verdict
    if not verdict["graded"]:
        yield words.say("explain.ungraded", profile=verdict["profile"] or "-")
        return
    yield words.say("explain.grade", grade=verdict["grade"], profile=verdict["profile"])
    for line in explanation.criteria:
        yield f"  {_criterion(line, words)}"
        yield from _leaves(line.leaves, words)
    if explanation.is_clamped:
        yield f"  {words.say('explain.clamped', grade=verdict['grade'])}"


def _criterion(line: CriterionLine, words: Words) -> str:
    mark = {Match.MATCH: "✓", Match.NOT_MATCH: "✗", Match.UNKNOWN: "?"}[line.match]
    place = LADDER[min(max(line.running, 0), len(LADDER) - 1)]
    level = f" ({line.level})" if line.level and line.level != _PLAIN_LEVEL else ""
    return f"{mark} {line.name}{level}: {words.say('explain.thirds', thirds=f'{line.thirds:+d}', grade=place)}"


def _score(explanation: Explanation, words: Words) -> Iterator[str]:
    verdict = explanation.verdict
    band = verdict["band"]
    score = verdict["score"]
    yield words.say("explain.score", score=score) if band is None else words.say("explain.band", score=score, band=band)
    for line in explanation.score_lines:
        yield f"  {_points(line, words)}"


def _points(line: ScoreLine, words: Words) -> str:
    points = f"{line.thousandths / _THOUSAND:+g}"
    kind = _with(line.kind, asked(line.where) if line.where else "")
    if line.decay is None or line.full is None:
        return words.say("explain.points", kind=kind, count=line.count, points=points)
    how = words.say(f"explain.fading.{line.decay.fading}", days=line.decay.days)
    full = f"{line.full / _THOUSAND:+g}"
    return words.say("explain.faded", kind=kind, count=line.count, points=points, full=full, how=how)


def _rules(explanation: Explanation, words: Words) -> Iterator[str]:
    for key, tried in (("explain.rules", explanation.matched), ("explain.near", explanation.nearly_matched)):
        if tried:
            yield words.say(key)
            for rule in tried:
                yield f"  {_MARKS[rule.holds]} {_rule(rule, words)}"
                yield from _leaves(rule.leaves, words)


def _rule(rule: Tried, words: Words) -> str:
    return words.say("explain.fired", rule=rule.name) if rule.has_fired else rule.name


def _leaves(results: Iterable[LeafResult], words: Words) -> Iterator[str]:
    for result in results:
        yield f"    {_MARKS[result.holds]} {_leaf(result, words)}"


def _leaf(result: LeafResult, words: Words) -> str:
    match result.leaf:
        case Leaf() as leaf:
            return words.say("explain.leaf", rule=asked(leaf), found=_found(result, leaf.field.kind, words))
        case counted:
            kinds = _with(", ".join(counted.kinds) or words.say("explain.any_activity"), of_activities(counted))
            key = "explain.activity" if counted.within_days is None else "explain.activity_within"
            found = _found(result, Kind.INTEGER, words)
            return words.say(key, kinds=kinds, least=counted.at_least, days=counted.within_days or 0, found=found)


def _with(kinds: str, more: str) -> str:
    return f"{kinds} ({more})" if more else kinds


def _found(result: LeafResult, kind: Kind, words: Words) -> str:
    if result.value is None:
        return words.say("report.empty")
    if kind is Kind.GRADE:
        return LADDER[int(str(result.value))]
    if isinstance(result.value, date):
        return str(result.value)
    return phrases.value(result.value, words=words)


def _naming(message: Message, names: Mapping[str, str]) -> Message:
    return Message(message.key, {key: names.get(str(value), value) for key, value in message.params.items()})


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
