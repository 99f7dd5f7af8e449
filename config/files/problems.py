"""Problems in files as people are told them: in the order in which they read, with the word an author most likely meant."""

import difflib
from collections.abc import Iterable

from engine.errors import Problem
from engine.names import folded


def in_reading_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once: two readers may stumble over the same place."""
    once = {(problem.where, problem.code, str(problem)): problem for problem in problems}
    return tuple(sorted(once.values(), key=_place))


def _place(problem: Problem) -> tuple[str, int, int]:
    file, *rest = problem.where.split(":")
    line, column = ([int(part) for part in rest if part.isdecimal()] + [0, 0])[:2]
    return file, line, column


def nearest(given: str, known: Iterable[str]) -> str:
    """The known word that is nearest, or "" when none is near."""
    by_folded = {folded(word).replace("_", " "): word for word in known}
    near = difflib.get_close_matches(folded(given).replace("_", " "), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else ""
