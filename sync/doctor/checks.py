"""One thing that was looked at, as people are told it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from config.words.catalogue import Words
from engine.errors import Problem


@dataclass(frozen=True, slots=True)
class Check:
    """`said` is the finding in the reader's language, `advice` what to do when it is not well."""

    id: str
    ok: bool
    said: str
    advice: str = ""


def failed(check_id: str, problems: Iterable[Problem], words: Words) -> Iterator[Check]:
    for problem in problems:
        said, advice = words.parts(problem)
        yield Check(check_id, ok=False, said=said, advice=advice)
