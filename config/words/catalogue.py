"""Turn message keys into sentences. To add a message, write its English and Japanese side by side in a .toml file here.

A plain message is `key = { en = "...", ja = "..." }`; a problem is a table named by its code:

    [RB-104]
    en = "no operator is called {given!r}"
    ja = "演算子 {given!r} はありません"
    en_advice = "did you mean {meant!r}?"
    ja_advice = "{meant!r} ではありませんか"
    en_choices = "known: {known}"              # instead of the advice when `meant` is "": nothing is near
    ja_choices = "使えるもの: {known}"

Braces hold parameters as in `str.format`; whole numbers get their thousands separators here. A house test compares both
languages' parameters.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from engine.errors import LeadsyncError, Parameter, Problem
from engine.messages import Message


class Language(StrEnum):
    ENGLISH = "en"
    JAPANESE = "ja"


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue read in one language."""

    language: Language

    def say(self, key: str, **params: Parameter) -> str:
        """The sentence of a key. KeyError for an unknown key: a house test looks every key up."""
        return _filled(catalogue()[key][self.language], params)

    def message(self, message: Message) -> str:
        return self.say(message.key, **message.params)

    def problem(self, problem: Problem) -> str:
        """One problem as its reader sees it: where, what happened, what to do, code."""
        said, advice = self.parts(problem)
        return f"{said}\n  {advice}  [{problem.code}]" if advice else f"{said}\n  [{problem.code}]"

    def parts(self, problem: Problem) -> tuple[str, str]:
        """The same in two: where and what happened; what to do."""
        entry = catalogue()[problem.code]
        where = f"{problem.where}: " if problem.where else ""
        kind = "choices" if problem.params.get("meant") == "" else "advice"
        advice = _filled(entry.get(f"{self.language}_{kind}", ""), problem.params)
        return f"{where}{_filled(entry[self.language], problem.params)}", advice

    def error(self, error: LeadsyncError) -> str:
        return "\n".join(self.problem(problem) for problem in error.problems)


class _Counted(int):
    """Thousands are set apart, in every sentence alike."""

    def __format__(self, spec: str) -> str:
        return int.__format__(self, spec or ",")


def _filled(template: str, params: Mapping[str, Parameter]) -> str:
    told = {name: _Counted(held) if type(held) is int else held for name, held in params.items()}
    return template.format(**told)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every message by key: `en`, `ja`, and for problems `en_advice`, `en_choices` and the same in `ja`."""
    entries: dict[str, dict[str, str]] = {}
    for file in sorted(files("config.words").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            entries.update(tomllib.loads(file.read_text(encoding="utf-8")))
    return entries
