"""Options that several verbs share, with help in the reader's language. `typer.Option` hides its type, hence Any."""

from pathlib import Path
from typing import Any

import typer

from config.words.catalogue import Words


def folder(words: Words) -> Any:
    return option(words, "folder", "--folder", "-f", default=Path(), metavar="DIR")


def as_json(words: Words) -> Any:
    return option(words, "json", "--json", default=False)


def detailed(words: Words) -> Any:
    return option(words, "detailed", "--detailed-exitcode", default=False)


def plan(words: Words) -> Any:
    """A plan's id or its end; the last plan when left out."""
    return argument(words, "plan", default=None, metavar="[PLAN]")


def sync(words: Words) -> Any:
    """The name of a sync; everything when left out."""
    return argument(words, "sync", default=None, metavar="[SYNC]")


def port(words: Words) -> Any:
    return option(words, "port", "--port", default=None, metavar="PORT")


def host(words: Words) -> Any:
    return option(words, "host", "--host", default="127.0.0.1", metavar="ADDRESS")


def option(words: Words, key: str, *names: str, default: object, metavar: str | None = None) -> Any:
    shown = isinstance(default, int | str) and not isinstance(default, bool) and default != ""
    return typer.Option(default, *names, help=words.say(f"cli.option.{key}"), metavar=metavar, show_default=shown)


def argument(words: Words, key: str, *, default: object, metavar: str) -> Any:
    return typer.Argument(default, help=words.say(f"cli.argument.{key}"), metavar=metavar, show_default=False)
