"""Help as people read it: all of it in their language, and a Japanese sentence, one long word, broken where the column ends.

Typer's own page has no settings for either, so its commands and groups are given one of ours. What was wrong with the words
typed it says in English only.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from config.words.catalogue import Words, catalogue
from engine.names import unshown

_HEADING, _NAME, _VALUE, _ASIDE = "bold", "bold cyan", "bold yellow", "dim"


class Command(TyperCommand):
    """A verb, or one of a group. Its context holds the terminal."""

    # Whatever is left over is refused here, in the reader's language.
    allow_extra_args = True

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(_page(self, ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if given := next(filter(unshown, args), ""):
            raise Misused.of(ctx, "cli.misused.unshown", given=given, character=unshown(given))
        left = super().parse_args(ctx, args)
        if left and not ctx.resilient_parsing:
            raise Misused.of(ctx, "cli.misused.extra", given=" ".join(left))
        return left


class Group(TyperGroup):
    """The command line itself, or a verb that has others under it."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(_page(self, ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order in which their words stand: that is where a newcomer meets them."""
        keys, path = list(catalogue()), ctx.command_path.split()[1:]
        return sorted(super().list_commands(ctx), key=lambda name: keys.index(".".join(("cli", *path, name))))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if set(args) <= {"--"} and not self.invoke_without_command:
            raise Misused.of(ctx, "cli.misused.none")
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if self.get_command(ctx, args[0]) is None:
            raise Misused.of(ctx, "cli.misused.verb", known=self.commands, given=args[0])
        return super().resolve_command(ctx, args)


def _page(command: Command | Group, ctx: Any) -> str:
    """Usage, what it does, and a frame each for arguments, options and commands."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    words: Words = ctx.obj.words
    params = [param for param in command.get_params(ctx) if not getattr(param, "hidden", False)]
    arguments = [param for param in params if param.param_type_name == "argument"]
    options = [param for param in params if param.param_type_name == "option"]
    called = [ctx.command_path, words.say("cli.help.options"), *(argument.metavar for argument in arguments)]
    commands: dict[str, Any] = {}
    if isinstance(command, Group):
        called.append(words.say("cli.help.command"))
        commands = {name: command.get_command(ctx, name) for name in command.list_commands(ctx)}
    console = Console(file=ctx.obj.out, highlight=False)
    with console.capture() as written:
        console.print(Padding(Text(words.say("cli.help.usage", command=" ".join(called)), _HEADING), 1))
        console.print(Padding(Text(command.help or "", overflow="fold"), (0, 1, 1, 1)))
        _frame(console, words.say("cli.panel.arguments"), (_argument(each, words) for each in arguments))
        _frame(console, words.say("cli.panel.options"), (_option(each, words) for each in options))
        _frame(
            console,
            words.say("cli.panel.verbs"),
            ((Text(name, _NAME), Text(each.help)) for name, each in commands.items()),
        )
    return written.get()


def _frame(console: Any, title: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """The last column is broken where it ends, the others never. Nothing for no rows."""
    from rich.panel import Panel
    from rich.table import Table

    lines = list(rows)
    if not lines:
        return
    table = Table(box=None, show_header=False, expand=True, pad_edge=False)
    for _ in lines[0][:-1]:
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    for line in lines:
        table.add_row(*line)
    console.print(Panel(table, title=title, title_align="left", border_style=_ASIDE))


def _argument(param: Any, words: Words) -> tuple[Any, ...]:
    from rich.text import Text

    return Text(param.metavar, _VALUE), _explained(param, words)


def _option(param: Any, words: Words) -> tuple[Any, ...]:
    from rich.text import Text

    long, short = (",".join(opt for opt in param.opts if opt.startswith("--") is is_long) for is_long in (True, False))
    return Text(long, _NAME), Text(short, _NAME), Text(param.metavar or "", _VALUE), _explained(param, words)


def _explained(param: Any, words: Words) -> Any:
    """What it is for, and whether it must be given or what holds without it."""
    from rich.text import Text

    said = Text(words.say("cli.option.help") if param.name == "help" else param.help)
    if param.required:
        said.append(f" {words.say('cli.help.required')}", "red")
    elif param.show_default and param.name != "help":
        said.append(f" {words.say('cli.help.default', value=str(param.default))}", _ASIDE)
    return said


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
