"""The command `leadsync`. To add a verb, write a file in `verbs/` with `add(app, terminal)`, and what it does in
config/words/verbs.toml, where help should list it.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import typer

from config.words.catalogue import Words, catalogue
from engine.errors import LeadsyncError
from sync.cli import verbs
from sync.cli.exit_codes import Code
from sync.cli.help import Command, Group, misuse
from sync.cli.terminal import Terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    try:
        from config.settings.settings import environment_language

        os.umask(0o077)  # folders 0700, files 0600, whoever makes them
        given = list(sys.argv[1:] if arguments is None else arguments)
        terminal = Terminal(Words(environment_language()), sys.stdout, sys.stderr, is_json="--json" in given)
        return answer(build(terminal), terminal, given or ["--help"])
    except KeyboardInterrupt:
        # Before a verb was reached, or while its end was told: nothing is under way, and there is nothing to say.
        return Code.INTERRUPTED


def answer(app: typer.Typer, terminal: Terminal, given: Sequence[str]) -> int:
    """Call a command line; whatever goes wrong is told in the reader's language and becomes a code."""
    try:
        returned = app(given, prog_name="leadsync", standalone_mode=False, obj=terminal)
    except LeadsyncError as error:
        return terminal.explain(error)
    except typer.TyperException as error:
        terminal.talk(misuse(error, terminal.words))
        return Code.USAGE
    except BrokenPipeError:
        # The reader of our output went away (`leadsync show | head`): nobody is left to tell.
        sys.stderr.close()
        return Code.FAILED
    # Verbs return their code. Typer turns Ctrl-C into 130 and says nothing.
    code = Code(returned) if isinstance(returned, int) else Code.DONE
    if code is Code.INTERRUPTED:
        terminal.talk(terminal.say("cli.interrupted"))
    return code


def build(terminal: Terminal) -> typer.Typer:
    """The whole command line with its help in the terminal's language."""
    app = typer.Typer(
        cls=Group,
        help=terminal.say("cli.help"),
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    for verb in verbs_of(verbs).values():
        verb.add(app, terminal)
    for command in _commands(app):
        command.cls = Command
    for group in app.registered_groups:
        group.cls = Group
    # One verb alone would otherwise become the command itself.
    app.callback()(lambda: None)
    return app


def verbs_of(package: ModuleType) -> Mapping[str, ModuleType]:
    """Every verb by its name: a file each. LookupError for one that nobody has put into words."""
    found = {file.name.replace("_", "-"): file.name for file in iter_modules(package.__path__)}
    for name, file in found.items():
        if f"cli.{name}" not in catalogue():
            raise LookupError(f"{package.__name__}.{file}: config/words/verbs.toml has no 'cli.{name}'")
    return {name: import_module(f"{package.__name__}.{file}") for name, file in found.items()}


def _commands(app: typer.Typer) -> list[Any]:
    nested = [group.typer_instance for group in app.registered_groups if group.typer_instance]
    return [*app.registered_commands, *(command for inner in nested for command in inner.registered_commands)]
