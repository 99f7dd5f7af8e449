"""`leadsync explain`: why one record has its persona, grade, score and owner, and what was changed on it before."""

from pathlib import Path

import typer

from engine.changes import Standing
from sync.cli import options
from sync.cli.codes import Code
from sync.cli.session import Session


def add(app: typer.Typer, session: Session) -> None:
    words = session.words
    folder_option, json_option = options.folder(words), options.as_json(words)
    record_argument = options.argument(words, "record", default=..., metavar="RECORD")

    @app.command("explain", help=words.say("cli.explain"))
    def explain(*, record: str = record_argument, folder: Path = folder_option, json: bool = json_option) -> int:
        from sync.explain import explain_record
        from sync.reports.explained import lines

        with session.worker(folder) as worker:
            found = explain_record(worker, record)
        record_id, told = found.explanation.record_id, lines(found.explanation, session.words)
        if json:
            history = [
                {"plan": each.plan_id, "change": each.change.change_id, "state": each.state.value, "text": _why(session, each)}
                for each in found.history
            ]  # fmt: skip
            content = {"record": record_id, "name": found.name, "owner": found.owner, "text": told, "history": history}
            session.document("explanation", content)
            return Code.DONE
        session.write(session.say("explain.record", name=found.name, record=record_id, owner=found.owner))
        for line in told:
            session.write(line)
        if found.history:
            session.write(session.say("explain.history"))
        for each in found.history:
            session.write(f"  {each.plan_id}  {session.say(f'state.{each.state}')}: {_why(session, each)}")
        return Code.DONE


def _why(session: Session, standing: Standing) -> str:
    told = [*standing.change.because, *([standing.note] if standing.note else [])]
    return session.say("report.join").join(session.words.message(message) for message in told)
