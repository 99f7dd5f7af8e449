"""`leadsync plan`: pull, decide, and save the difference as a plan. Nothing is written to the org."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.codes import Code, code_after
from sync.cli.session import Session


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option, json_option = options.folder(words), options.as_json(words)
    owners_option = options.option(words, "owners", "--owners", default=False)
    detailed_option = options.detailed(words)

    @app.command("plan", help=words.say("cli.plan"))
    def plan(
        *,
        folder: Path = folder_option,
        owners: bool = owners_option,
        json: bool = json_option,
        detailed_exitcode: bool = detailed_option,
    ) -> int:
        from sync.cli.plans import held_of, tell
        from sync.cycle import propose

        with session.worker(folder) as worker:
            with session.run(worker, "plan") as run:
                proposed = propose(run, with_owners=owners)
            tell(session, worker, run.run_id, as_json=json, with_changes=False)
            code = code_after(held_of(worker))
        return Code.CHANGES if code is Code.DONE and detailed_exitcode and proposed.changes else code
