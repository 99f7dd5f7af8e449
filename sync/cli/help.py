"""Help as people read it: Typer's own words in their language, and Japanese broken where the column ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperCommand, TyperGroup

from config.words.catalogue import Words

_NAMED = {"DEFAULT_STRING": "cli.help.default", "REQUIRED_LONG_STRING": "cli.help.required"}


def translated(words: Words) -> tuple[type[TyperCommand], type[TyperGroup]]:
    """The classes of commands and of groups whose help is in that language."""

    class Command(TyperCommand):
        get_help_option = _translated(TyperCommand.get_help_option, words)

        def format_help(self, ctx: Any, formatter: Any) -> None:
            with _written(words):
                super().format_help(ctx, formatter)

    class Group(TyperGroup):
        get_help_option = _translated(TyperGroup.get_help_option, words)

        def format_help(self, ctx: Any, formatter: Any) -> None:
            with _written(words):
                super().format_help(ctx, formatter)

    return Command, Group


def _translated(original: Callable[..., Any], words: Words) -> Callable[..., Any]:
    """Typer writes the help of `--help` itself, in English and in a panel of its own."""

    def get_help_option(self: Any, ctx: Any) -> Any:
        option = original(self, ctx)
        if option is not None:
            option.help = words.say("cli.option.help")
            option.rich_help_panel = words.say("cli.panel.options")
        return option

    return get_help_option


@contextmanager
def _written(words: Words) -> Iterator[None]:
    """Typer's columns cut off a word that is too long, and a Japanese sentence is one word; and a default is named in
    English. It has no settings for either, so both are changed for as long as help is written.
    """
    from typer import rich_utils

    kept: dict[str, Any] = {name: getattr(rich_utils, name) for name in ("_make_rich_text", *_NAMED)}

    def folding(**given: Any) -> Any:
        text = kept["_make_rich_text"](**given)
        text.overflow = "fold"
        return text

    try:
        for name, key in _NAMED.items():
            setattr(rich_utils, name, words.say(key, value="{}"))
        rich_utils._make_rich_text = folding  # noqa: SLF001
        yield
    finally:
        for name, was in kept.items():
            setattr(rich_utils, name, was)
