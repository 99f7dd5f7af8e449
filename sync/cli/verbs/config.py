"""`leadsync config`: every setting with its value, where it comes from, and why the default is what it is."""

from pathlib import Path
from urllib.parse import urlsplit

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal

_COLUMNS = ("name", "value", "origin", "reason")


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)

    @app.command("config", help=words.say("cli.config"))
    def config(*, folder: Path = folder_option, json: bool = json_option) -> int:
        from rich.table import Column, Table

        from config.settings.defaults import DEFAULTS
        from config.settings.settings import load_settings
        from config.words.catalogue import Words

        settings = load_settings(folder)
        terminal.words = Words(settings.language)
        rows = []
        # A login's secrets are no settings; its other parts are read where they are used.
        for name in type(settings).model_fields:
            if name not in {"login", "syncs"}:
                default = DEFAULTS.get(name)
                rows.append({
                    "name": name,
                    "value": getattr(settings, name) if default else _shown(getattr(settings, name)),
                    "unit": terminal.say(default.unit) if default else "",
                    "origin": settings.origin(name) or terminal.say("cli.config.default"),
                    "reason": terminal.say(default.reason) if default else "",
                })  # fmt: skip
        zone = terminal.say("cli.config.zone")
        rows += [
            {"name": f"syncs.{name}", "value": f"{sync.verb}, {sync.cron}, {sync.time_zone or zone}, {sync.catch_up}", "unit": "",
             "origin": settings.origin(f"syncs.{name}") or terminal.say("cli.config.default"),
             "reason": terminal.say("default.syncs")}
            for name, sync in settings.syncs.items()
        ]  # fmt: skip
        rows += _in_rulebook(terminal, settings.rulebook_folder)
        if json:
            terminal.document("settings", {"settings": rows})
            return Code.DONE
        table = Table(*(Column(terminal.say(f"cli.config.{name}"), overflow="fold") for name in _COLUMNS))
        for row in rows:
            table.add_row(
                str(row["name"]),
                f"{_formatted(row['value'])} {row['unit']}".rstrip(),
                str(row["origin"]),
                str(row["reason"]),
            )
        terminal.console().print(table)
        return Code.DONE


def _in_rulebook(terminal: Terminal, rulebook: Path) -> list[dict[str, object]]:
    """What the rulebook sets, or leaves at its default; of a folder without a rulebook yet the defaults."""
    from config.rulebook.folder import said_in
    from config.settings.defaults import DEFAULTS
    from engine.errors import RulebookError

    try:
        said = said_in(rulebook)
    except RulebookError:
        said = {}
    return [
        {
            "name": each.name,
            "value": _typed(said[each.name].text) if each.name in said else each.value,
            "unit": terminal.say(each.unit),
            "origin": said[each.name].where if each.name in said else terminal.say("cli.config.default"),
            "reason": terminal.say(each.reason),
        }
        for each in DEFAULTS.values()
        if each.in_rulebook
    ]


def _formatted(value: object) -> str:
    from sync.views.phrases import number

    return number(value) if isinstance(value, int) else str(value)


def _typed(text: str) -> int | str:
    """A number as a number; what is none is shown as it stands, for `validate` to refuse."""
    return int(text) if text.isdecimal() else text


def _shown(held: object) -> str:
    """A store's address may hold a password; what is not set is empty."""
    value = "" if held is None else str(held)
    parts = urlsplit(value)
    return value.replace(f":{parts.password}@", ":***@") if parts.password else value
