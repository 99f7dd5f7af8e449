"""`leadsync doctor`: look at everything a run needs and say what to mend, before a run does."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal

# The first thing that is not well says how the command ends; it is what must be mended first.
CODES = {
    "login": Code.LOGIN,
    "org": Code.CONFIGURATION,
    "map": Code.CONFIGURATION,
    "rulebook": Code.CONFIGURATION,
    "fields": Code.CONFIGURATION,
    "people": Code.CONFIGURATION,
    "pool": Code.CONFIGURATION,
    "audit": Code.AUDIT,
}


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)

    @app.command("doctor", help=words.say("cli.doctor"))
    def doctor(*, folder: Path = folder_option, json: bool = json_option) -> int:
        from sync.doctor.examination import examine

        with terminal.worker(folder) as worker, terminal.working("cli.working.doctor"):
            checks = examine(worker, terminal.words)
        is_well = all(check.ok for check in checks)
        if json:
            told = [{"id": check.id, "ok": check.ok, "text": check.said, "advice": check.advice} for check in checks]
            terminal.document("examination", {"ok": is_well, "checks": told})
            return next((CODES.get(check.id, Code.FAILED) for check in checks if not check.ok), Code.DONE)
        for check in checks:
            terminal.write(f"{'✓' if check.ok else '✗'} {check.said}")
            if check.advice and not check.ok:
                terminal.write(f"    {check.advice}")
        terminal.write(terminal.say("cli.doctor.well" if is_well else "cli.doctor.ill"))
        return next((CODES.get(check.id, Code.FAILED) for check in checks if not check.ok), Code.DONE)
