"""`leadsync validate`: read settings, map and rulebook and say everything that is wrong, without talking to the org."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)

    @app.command("validate", help=words.say("cli.validate"))
    def validate(*, folder: Path = folder_option, json: bool = json_option) -> int:
        from config.field_map.load import load_map
        from config.rulebook.folder import load_rulebook
        from config.settings.settings import load_settings
        from config.words.catalogue import Words
        from mapping.field_map.check import lints

        settings = load_settings(folder)
        terminal.words = Words(settings.language)
        field_map = load_map(settings.map_file)
        rulebook = load_rulebook(settings.rulebook_folder, field_map)
        mapped = {"objects": len(field_map.objects), "fields": sum(len(entry.fields) for entry in field_map.objects)}
        held = {kind: len(items) for kind, items in rulebook.items.items()}
        in_vain = [terminal.words.problem(problem) for problem in lints(field_map)]
        if json:
            told = {"is_valid": True, "rulebook": rulebook.digest, "counts": mapped | held, "lints": in_vain}
            terminal.document("validation", told)
        else:
            each = [terminal.say(f"cli.validated.{kind}", count=count) for kind, count in held.items()]
            listed = terminal.say("cli.validated.join").join(each)
            terminal.write(
                terminal.say("cli.validated", name=rulebook.name, version=rulebook.digest[:8], held=listed, **mapped)
            )
            for line in in_vain:
                terminal.talk(line)
        return Code.DONE
