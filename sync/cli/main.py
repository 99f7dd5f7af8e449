"""The command `leadsync`. To add a verb, write a file beside this one with `add(app, terminal)` and list it here."""

import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import typer
from typer.exceptions import TyperException

from config.words.catalogue import Words
from engine.errors import LeadsyncError
from sync.cli.exit_codes import Code
from sync.cli.help import translated
from sync.cli.terminal import Terminal
from sync.cli.usage_errors import misuse
from sync.cli.verbs import (
    apply,
    approve,
    audit,
    config,
    demo,
    doctor,
    explain,
    fields,
    give_back,
    init,
    lift,
    pause,
    plan,
    reject,
    report,
    resume,
    revert,
    run,
    serve,
    show,
    status,
    sweep,
    validate,
)

# In the order a newcomer meets them; `--help` keeps it.
VERBS: tuple[ModuleType, ...] = (
    demo, init, fields, doctor, validate, config, plan, show, report, explain, approve, reject, lift, give_back,
    apply, run, sweep, revert, serve, status, pause, resume, audit,
)  # fmt: skip


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
        returned = app(given, prog_name="leadsync", standalone_mode=False)
    except LeadsyncError as error:
        return terminal.explain(error)
    except TyperException as error:
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
    words = terminal.words

    command_class, group_class = translated(words)
    app = typer.Typer(
        cls=group_class,
        help=words.say("cli.help"),
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    for verb in VERBS:
        verb.add(app, terminal)
    for command in _commands(app):
        command.cls = command_class
        command.rich_help_panel = words.say("cli.panel.verbs")
    for group in app.registered_groups:
        group.cls = group_class
        group.rich_help_panel = words.say("cli.panel.verbs")
    # One verb alone would otherwise become the command itself.
    app.callback()(lambda: None)
    return app


def _commands(app: typer.Typer) -> list[Any]:
    nested = [group.typer_instance for group in app.registered_groups if group.typer_instance]
    return [*app.registered_commands, *(command for inner in nested for command in inner.registered_commands)]
