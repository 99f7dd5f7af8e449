"""Whom somebody means by a name: a username, a full name, a queue's name or an id; a part of a name where it is unique."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from config.files.problems import nearest
from engine.errors import Problem
from engine.names import folded
from engine.snapshots import Queue, User
from mapping.ids import id18, is_id

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
    """Their ids. Notes PL-420 (nobody of that name) and PL-421 (several of them)."""
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
            problems.append(Problem("PL-420", "", {"given": name, "meant": _meant(name, everybody)}))
        elif len(matches) > 1:
            told = ", ".join(f"{one.name} ({one.id})" for one in matches[:_NAMED_MAX])
            problems.append(Problem("PL-421", "", {"given": name, "found": told}))
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
