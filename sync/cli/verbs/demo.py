"""`leadsync demo`: the whole life of a sandbox org in three runs, with nothing to install and nobody to ask."""

from pathlib import Path

import typer

from config.words.catalogue import Words
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    json_option = options.as_json(words)
    folder_option = options.option(words, "demo_folder", "--folder", "-f", default=Path("leadsync-demo"), metavar="DIR")
    leads_option = options.option(words, "leads", "--leads", default=500, metavar="NUMBER")
    seed_option = options.option(words, "seed", "--seed", default=1, metavar="NUMBER")
    serve_option = options.option(words, "demo_serve", "--serve", default=False)
    day_option = options.option(words, "next_day", "--next-day", default=False)
    port_option, host_option = options.port(words), options.host(words)

    @app.command("demo", help=words.say("cli.demo"))
    def demo(
        *,
        leads: int = leads_option,
        seed: int = seed_option,
        folder: Path = folder_option,
        json: bool = json_option,
        serve: bool = serve_option,
        port: int | None = port_option,
        host: str = host_option,
        next_day: bool = day_option,
    ) -> int:
        from sync.cli.output.summary import document, log_runs, write_summary
        from sync.cli.verbs.serve import door_at, keep_serving
        from sync.demo import hurry, run_demo

        if next_day:
            return _pass_day(terminal, folder)
        door = door_at(port, host=host) if serve else None
        summary = run_demo(folder, leads=leads, seed=seed, words=terminal.words, say=terminal.progress)
        if not terminal.err.isatty():
            log_runs(terminal, summary)
        if json:
            terminal.document("demo", document(summary))
        else:
            write_summary(terminal, summary)
        is_sound = summary.audit_ok and not summary.idle_plan_changes and not summary.unexplained_writes
        if serve and is_sound:
            from sync.app import open_workers

            terminal.out.flush()
            hurry(folder)
            with open_workers(folder) as opening:
                keep_serving(terminal, opening, door)
        return Code.DONE if is_sound else Code.FAILED


def _pass_day(terminal: Terminal, folder: Path) -> Code:
    from config.settings.settings import load_settings
    from sync.demo import next_day
    from sync.views import phrases

    terminal.words = Words(load_settings(folder).language)
    day = next_day(folder)
    did, at = day.happened, phrases.time(day.now, zone=day.zone, words=terminal.words)
    told = terminal.say("demo.day", arrived=did.arrived, moved=did.moved, edited=did.edited, scored=did.scored, at=at)
    terminal.write(told)
    return Code.DONE
