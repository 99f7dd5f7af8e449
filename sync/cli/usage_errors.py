"""What was wrong with the words typed, in the reader's language: Typer says it in English only."""

import re
from typing import Any

from typer.exceptions import TyperException

from config.words.catalogue import Words


def misuse(error: TyperException, words: Words) -> str:
    """What is wrong, and whose help shows how it is done."""
    said, meant = _said(error, words)
    if meant:
        said = words.say("cli.misused.meant", said=said, meant=", ".join(meant))
    command = getattr(getattr(error, "ctx", None), "command_path", "leadsync")
    return words.say("cli.misused", said=said, command=command)


def _said(error: Any, words: Words) -> tuple[str, list[str]]:
    """The sentence, and what may have been meant."""
    message = error.format_message()
    # The classes are private to Typer; their names and what they hold are what Click has had for years.
    match type(error).__name__:
        case "NoSuchOption":
            return words.say("cli.misused.option", given=error.option_name), sorted(error.possibilities or ())
        case "MissingParameter" if error.param is not None:
            return words.say("cli.misused.missing", name=_name(error.param)), []
        case "BadParameter" if error.param is not None:
            return words.say("cli.misused.value", name=_name(error.param)), []
        case "BadOptionUsage":
            return words.say("cli.misused.argument", name=error.option_name), []
    if found := re.match(r"No such command '(.*?)'\.(.*)", message):
        return words.say("cli.misused.verb", given=found[1]), re.findall(r"'(.*?)'", found[2])
    if found := re.match(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", message):
        return words.say("cli.misused.extra", given=found[1]), []
    if message.startswith("Missing command"):
        return words.say("cli.misused.none"), []
    return message.rstrip("."), []


def _name(param: Any) -> str:
    """As it stands in the help: `--xlsx`, or RECORD."""
    longest: str = max(param.opts, key=len)
    return longest if longest.startswith("-") else str(param.metavar or longest.upper())
