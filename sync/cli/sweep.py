"""`leadsync sweep`: compare the mirror with the org record by record, mend what differs, and say what it was."""

from dataclasses import asdict
from pathlib import Path

import typer

from sync.cli import options
from sync.cli.codes import Code
from sync.cli.session import Session

_FOUND = ("missing", "stale", "deleted", "gone", "changed")


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option, json_option = options.folder(words), options.as_json(words)
    gone_option = options.option(words, "accept_gone", "--accept-gone", default=False)

    @app.command("sweep", help=words.say("cli.sweep"))
    def sweep(*, folder: Path = folder_option, accept_gone: bool = gone_option, json: bool = json_option) -> int:
        from sync.intake.sweep import sweep
        from sync.reports.phrases import number

        with session.worker(folder) as worker, session.run(worker, "sweep") as run:
            found = sweep(run, accepts_gone=accept_gone)
        if json:
            told = {"run": run.run_id, "api_calls": run.org.calls}
            session.document("sweep", told | {"objects": {name: asdict(drift) for name, drift in found.items()}})
            return Code.DONE
        for name, drift in found.items():
            if not drift.total:
                session.write(session.say("cli.sweep.same", object=name, listed=number(drift.listed)))
                continue
            session.write(session.say("cli.sweep.drift", object=name, listed=number(drift.listed)))
            counts = asdict(drift)
            for key in _FOUND:
                if counts[key]:
                    session.write(f"  {number(counts[key]):>8}  {session.say(f'drift.{key}')}")
        session.talk(session.say("cli.sweep.calls", calls=number(run.org.calls)))
        return Code.DONE
