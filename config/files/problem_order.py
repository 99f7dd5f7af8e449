"""Problems in the order in which people read files: by file, line and column."""

from collections.abc import Iterable

from engine.errors import Problem


def in_reading_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once: two readers may stumble over the same place."""
    once = {(problem.where, problem.code, str(problem)): problem for problem in problems}
    return tuple(sorted(once.values(), key=_place))


def _place(problem: Problem) -> tuple[str, int, int]:
    file, *rest = problem.where.split(":")
    line, column = ([int(part) for part in rest if part.isdecimal()] + [0, 0])[:2]
    return file, line, column
