"""`leadsync fields export`: the write-back fields as Salesforce source that an admin deploys once."""

from pathlib import Path

import typer

from engine.errors import UsageError
from mapping.field_map.standard_fields import PROSPECT_OBJECTS
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    group = typer.Typer()
    app.add_typer(group, name="fields", help=words.say("cli.fields"))
    folder_option = options.folder(words)
    to_option = options.option(words, "fields_to", "--to", default=..., metavar="DIR")
    object_option = options.option(words, "object", "--object", default=list(PROSPECT_OBJECTS), metavar="NAME")

    @group.command("export", help=words.say("cli.fields.export"))
    def export(*, to: Path = to_option, objects: list[str] = object_option, folder: Path = folder_option) -> int:
        from sync.salesforce.field_source import source

        if unknown := [name for name in objects if name not in PROSPECT_OBJECTS]:
            # leadsync has no fields for {given}
            raise UsageError.of("CL-102", given=", ".join(unknown), known=", ".join(PROSPECT_OBJECTS))
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise UsageError.of("CL-103", str(to))  # this folder is not empty
        names, api_version = _named(terminal, folder)
        files = source(list(dict.fromkeys(objects)), names=names, api_version=api_version, words=terminal.words)
        for path, text in files.items():
            target = to / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        terminal.write(terminal.say("cli.fields.exported", files=len(files), folder=str(to)))
        return Code.DONE


def _named(terminal: Terminal, folder: Path) -> tuple[dict[str, dict[str, str]], str]:
    """The names the folder's map has given, if there is a folder; else the names everybody starts with."""
    from config.field_map.load import load_map
    from config.settings.defaults import API_VERSION
    from config.settings.settings import FILE, load_settings
    from config.words.catalogue import Words

    if not (folder / FILE).exists():
        return {}, API_VERSION
    settings = load_settings(folder)
    terminal.words = Words(settings.language)
    field_map = load_map(settings.map_file)
    return {entry.api_name: dict(entry.write_back) for entry in field_map.objects}, settings.api_version
