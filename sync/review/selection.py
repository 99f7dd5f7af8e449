"""Which waiting changes of a plan a person means: by record, owner, rule, or what a change does."""

import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from config.files.problems import nearest
from engine.changes.change import Change, RuleRef, Standing
from engine.changes.states import WAITING
from engine.errors import Problem, UsageError
from engine.names import folded
from engine.snapshots import Queue, User
from engine.values import Scalar
from mapping.ids import id18, is_id
from sync.mirror.mirror import Mirror
from sync.mirror.records import people
from sync.plan.lookup import plan_named
from sync.store import changes
from sync.store.database import Store, Transaction
from sync.store.paging import pages_of

# Changes read from the store at a time.
_PAGE_ROWS = 2_000

Test = Callable[[Change], bool]

# The longer signs first: `>=` is not `>` and a `=`.
_TERM = re.compile(r"\s*(?P<name>[^\s=!<>~][^=!<>~]*?)\s*(?P<sign>>=|<=|!=|=|>|<|~)\s*(?P<value>.*?)\s*")
_COMPARES: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Each kind of choice narrows the others; within one kind any of the values will do. Nothing at all selects all.

    People are named by username, full name, queue name or id, or by a part of a name that only one of them has: `takers`
    get a record, `givers` have it now, `owners` are either. `rules` are ids as a change lists them (`rule/to kansai`),
    with or without what stands before the stroke, `*` for anything. `where` are terms such as `score >= 50`, `grade = A*`,
    `rating`: what a change gives, or that it gives something at all.
    """

    records: tuple[str, ...] = ()  # ids of records or changes
    owners: tuple[str, ...] = ()
    takers: tuple[str, ...] = ()
    givers: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    where: tuple[str, ...] = ()


def chooser(selection: Selection, users: Collection[User], queues: Collection[Queue]) -> Test:
    """Whether a change is meant. UsageError PL-420 (nobody of that name), PL-421 (several), PL-422 (no term)."""
    problems: list[Problem] = []
    tests: list[Test] = []
    if selection.records:
        ids = frozenset(id18(given) if is_id(given) else given for given in selection.records)
        tests.append(lambda change: change.record_id in ids or change.change_id in ids)
    if selection.owners:
        either = ids_of(selection.owners, users, queues, problems)
        tests.append(lambda change: not either.isdisjoint({change.owner, str(change.after.get("owner"))}))
    if selection.takers:
        new = ids_of(selection.takers, users, queues, problems)
        tests.append(lambda change: change.after.get("owner") in new)
    if selection.givers:
        old = ids_of(selection.givers, users, queues, problems)
        tests.append(lambda change: change.owner in old)
    if selection.rules:
        tests.append(lambda change: any(_names_rule(given, rule) for given in selection.rules for rule in change.rules))
    tests += [test for term in selection.where if (test := _term(term, problems))]
    if problems:
        raise UsageError(*problems)
    return lambda change: all(test(change) for test in tests)


def chosen(store: Store, mirror: Mirror, plan_id: str | None, selection: Selection) -> tuple[str, tuple[str, ...]]:
    """The plan meant, and the ids of its waiting changes that are meant.

    UsageError PL-401 (no such plan), PL-423 (nothing that waits is meant), PL-424 (no rule is called so), PL-425 (nor a
    field), and those of `chooser`.
    """
    with store.read() as tx:
        plan = plan_named(tx, plan_id)
    is_meant = chooser(selection, *people(mirror, as_of=plan.snapshot))
    ids: list[str] = []
    rules: set[RuleRef] = set()
    fields: set[str] = set()

    def behind(tx: Transaction, after: str, most: int) -> tuple[Standing, ...]:
        return changes.page_of_plan(tx, plan.plan_id, after=after, most=most, states=WAITING)

    for page in pages_of(store, behind, lambda each: each.change.record_id, after="", most=_PAGE_ROWS):
        waiting = [each.change for each in page]
        ids += [change.change_id for change in waiting if is_meant(change)]
        rules.update(rule for change in waiting for rule in change.rules)
        fields.update(name for change in waiting for name in change.after)
    if not ids:
        # nothing that waits in plan {plan} is meant by this
        nothing = Problem("PL-423", "", {"plan": plan.plan_id})
        raise UsageError(*(slips(selection, rules, fields) or [nothing]))
    return plan.plan_id, tuple(ids)


def slips(selection: Selection, rules: Collection[RuleRef], fields: Collection[str]) -> list[Problem]:
    """What is meant of which nothing waits, be it a slip of the pen: PL-424 for rules, PL-425 for fields."""
    return [*_unknown_rules(selection, rules), *_unknown_fields(selection, fields)]


def _unknown_rules(selection: Selection, rules: Collection[RuleRef]) -> Iterator[Problem]:
    known = sorted(rules)
    for given in selection.rules:
        if known and not any(_names_rule(given, rule) for rule in known):
            called = [str(rule) for rule in known]
            meant = nearest(given, [*called, *(rule.id for rule in known)])
            # no rule called {given!r} is behind anything that waits
            yield Problem("PL-424", "", {"given": given, "meant": meant, "known": ", ".join(called)})


def _unknown_fields(selection: Selection, fields: Collection[str]) -> Iterator[Problem]:
    known = sorted(fields)
    for term in selection.where:
        match = _TERM.fullmatch(term)
        given = match["name"] if match else term.strip()
        if known and given not in fields:
            # nothing that waits changes a field called {given!r}
            yield Problem("PL-425", "", {"given": given, "meant": nearest(given, known), "known": ", ".join(known)})


def _names_rule(given: str, rule: RuleRef) -> bool:
    pattern = folded(given)
    return fnmatchcase(folded(str(rule)), pattern) or fnmatchcase(folded(rule.id), pattern)


def _term(given: str, problems: list[Problem]) -> Test | None:
    match = _TERM.fullmatch(given)
    if match is None and given.strip() and not set(given) & set("=!<>~"):
        name = given.strip()
        return lambda change: name in change.after
    if match is None:
        problems.append(Problem("PL-422", "", {"given": given}))  # {given!r} does not say which values are meant
        return None
    name, sign, value = match["name"], match["sign"], match["value"]
    if sign not in _COMPARES:
        return lambda change: name in change.after and _is_like(change.after[name], sign, value)
    number = _number(value)
    if number is None:
        problems.append(Problem("PL-422", "", {"given": given}))  # {given!r} does not say which values are meant
        return None
    compare, bound = _COMPARES[sign], number

    def holds(change: Change) -> bool:
        held = _number(change.after.get(name))
        return held is not None and compare(held, bound)

    return holds


def _is_like(held: Scalar, sign: str, value: str) -> bool:
    text = "" if held is None else folded(str(held))
    wanted = folded(value)
    if sign == "~":
        return wanted in text
    return fnmatchcase(text, wanted) is (sign == "=")


def _number(value: Scalar) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except ValueError:
        return None


# Of many who might be meant so many are named.
_NAMED_MAX = 10


@dataclass(frozen=True, slots=True)
class _Named:
    id: str
    name: str
    also: str  # a username, or a queue's developer name


def ids_of(
    given: Iterable[str], users: Collection[User], queues: Collection[Queue], problems: list[Problem]
) -> frozenset[str]:
    """By a username, a full name, a queue's name or an id; a part of a name where it is unique. Notes PL-420 (nobody of that name) and PL-421 (several of them)."""
    everybody = [
        *(_Named(user.id, user.name, user.username) for user in users),
        *(_Named(queue.id, queue.name, queue.developer_name) for queue in queues),
    ]
    found: set[str] = set()
    for name in given:
        if is_id(name):
            found.add(id18(name))
            continue
        matches = _matches(name, everybody)
        if not matches:
            # the org has no user or queue called {given!r}
            problems.append(Problem("PL-420", "", {"given": name, "meant": _meant(name, everybody)}))
        elif len(matches) > 1:
            told = ", ".join(f"{one.name} ({one.id})" for one in matches[:_NAMED_MAX])
            problems.append(Problem("PL-421", "", {"given": name, "found": told}))  # several users or queues are…
        else:
            found.add(matches[0].id)
    return frozenset(found)


def _matches(given: str, everybody: Iterable[_Named]) -> list[_Named]:
    """Who is called just so; else of whose name it is a part. A space between names, and the case, count for nothing."""
    wanted = _plain(given)
    if not wanted:
        return []
    exact, parts = [], []
    for one in sorted(everybody, key=lambda each: (each.name, each.id)):
        name, also = _plain(one.name), _plain(one.also)
        if wanted in {name, also}:
            exact.append(one)
        elif wanted in name or wanted in also.partition("@")[0]:
            parts.append(one)
    return exact or parts


def _meant(given: str, everybody: Iterable[_Named]) -> str:
    return nearest(given, [known for one in everybody for known in (one.name, one.also)])


def _plain(name: str) -> str:
    return folded(name).replace(" ", "")
