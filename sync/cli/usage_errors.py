"""What was wrong with the words typed, in the reader's language: Typer says it in English only."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import typer

from config.words.catalogue import Words


class Misused(typer.TyperException):
    """What our own commands and groups refuse; the options' errors are Typer's."""

    ctx: Any
    key: str
    given: dict[str, str]
    meant: list[str]

    @classmethod
    def of(cls, ctx: Any, key: str, *, known: Iterable[str] = (), **given: str) -> "Misused":
        """`known`: what could have been said instead."""
        error = cls(key)
        error.ctx, error.key, error.given = ctx, key, given
        error.meant = get_close_matches(given.get("given", ""), list(known))
        return error


def misuse(error: typer.TyperException, words: Words) -> str:
    """What is wrong, and whose help shows how it is done."""
    said, meant = _sentence(error, words)
    if meant:
        said = words.say("cli.misused.meant", said=said, meant=", ".join(meant))
    command = getattr(getattr(error, "ctx", None), "command_path", "leadsync")
    return words.say("cli.misused", said=said, command=command)


def _sentence(error: Any, words: Words) -> tuple[str, list[str]]:
    """What is wrong, and what may have been meant."""
    match error:
        case Misused():
            return words.say(error.key, **error.given), error.meant
        case typer.BadParameter() if error.param is not None:
            # Typer keeps its other classes to itself; what they hold is what Click has had for years.
            key = "cli.misused.missing" if hasattr(error, "param_type") else "cli.misused.value"
            return words.say(key, name=_name(error.param)), []
    if hasattr(error, "possibilities"):
        return words.say("cli.misused.option", given=error.option_name), sorted(error.possibilities or ())
    if hasattr(error, "option_name"):
        return words.say("cli.misused.argument", name=error.option_name), []
    return error.format_message().rstrip("."), []


def _name(param: Any) -> str:
    """As it stands in the help: `--xlsx`, or RECORD."""
    longest: str = max(param.opts, key=len)
    return longest if longest.startswith("-") else str(param.metavar or longest.upper())
