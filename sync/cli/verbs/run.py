"""`leadsync run`: plan and apply in one go; what needs a person stays waiting. `--once`: whatever sync is due, once."""

from pathlib import Path

import typer

from sync.cli import options
from sync.cli.exit_codes import Code, code_after
from sync.cli.terminal import Terminal
from sync.store.vocabulary import RunVerb


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)
    owners_option = options.option(words, "owners", "--owners", default=False)
    whole_option = options.option(words, "whole", "--whole", default=False)
    detailed_option = options.detailed(words)
    once_option = options.option(words, "once", "--once", default=False)

    @app.command("run", help=words.say("cli.run"))
    def run(
        *,
        folder: Path = folder_option,
        owners: bool = owners_option,
        whole: bool = whole_option,
        json: bool = json_option,
        detailed_exitcode: bool = detailed_option,
        once: bool = once_option,
    ) -> int:
        if once:
            from sync.cli.once import run_once

            return run_once(terminal, folder, as_json=json)
        from sync.cli.output.plan import write_plan
        from sync.cycle import propose, settle
        from sync.plan.lookup import held_of

        with terminal.worker(folder) as worker:
            with terminal.run(worker, RunVerb.RUN) as both:
                proposed = propose(both, with_owners=owners, looks_at_all=whole)
                settlement = settle(both)
            write_plan(terminal, worker, both.run_id, as_json=json, with_changes=False)
            code = code_after({**settlement.states, **held_of(worker.store)})
        return Code.CHANGES if code is Code.DONE and detailed_exitcode and proposed.proposed else code
