"""`leadsync explain`, the verb: why one record has its persona, grade, score and owner, and what was changed on it before."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal

if TYPE_CHECKING:
    from sync.store.approvals import Approval
    from sync.views.explain import Explained


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    folder_option, json_option = options.folder(words), options.as_json(words)
    record_argument = options.argument(words, "record", default=..., metavar="RECORD")
    as_of_option = options.option(words, "as_of", "--as-of", default=None, metavar="RUN")

    @app.command("explain", help=words.say("cli.explain"))
    def explain(
        *,
        record: str = record_argument,
        as_of: str | None = as_of_option,
        folder: Path = folder_option,
        json: bool = json_option,
    ) -> int:
        from sync.views.explain import explain_record
        from sync.views.explain_words import change_line, lines, owner_lines, past_lines, since_lines

        with terminal.worker(folder) as worker:
            found = explain_record(worker, record, as_of=as_of)
        told = [*lines(found.explanation, terminal.words), *owner_lines(found, terminal.words)]
        if as_of:
            told += past_lines(found, terminal.words)
        moved = since_lines(found, found.since, terminal.words) if found.since else []
        if json:
            terminal.document("explanation", _document(terminal, found, [*told, *moved]))
            return Code.DONE
        record_id = found.explanation.record_id
        terminal.write(terminal.say("explain.record", name=found.name, record=record_id, owner=found.owner))
        terminal.write(terminal.say("explain.as_of", plan=found.plan_id))
        for line in [*told, *moved]:
            terminal.write(line)
        if found.history:
            terminal.write(terminal.say("explain.history"))
        for each in found.history:
            told_of = change_line(found, each, terminal.words)
            terminal.write(f"  {each.plan_id}  {terminal.say(f'state.{each.state}')}: {told_of}")
            if approval := found.approvals.get(each.change.change_id):
                by_whom = terminal.say("explain.approved", by=approval.approver, reason=approval.reason or "-")
                terminal.write(f"    {by_whom}")
        return Code.DONE


def _document(terminal: Terminal, found: "Explained", told: list[str]) -> dict[str, object]:
    from sync.views.explain_words import change_line

    history = [
        {
            "plan": each.plan_id,
            "change": each.change.change_id,
            "state": each.state.value,
            "text": change_line(found, each, terminal.words),
            "approval": _approval(found.approvals.get(each.change.change_id)),
        }
        for each in found.history
    ]
    considered = [
        {"member": one.member, "turn": one.turn, "passed": one.passed.key if one.passed else None}
        for one in found.considered
    ]
    since = found.since and {
        "verdicts": [
            {"name": one.name, "then": one.then, "now": one.now, "by": list(one.by)} for one in found.since.verdicts
        ],
        "inputs": [{"name": one.name, "then": one.then, "now": one.now} for one in found.since.inputs],
        "other_rules": found.since.has_other_rules,
        "other_map": found.since.has_other_map,
    }
    return {
        "record": found.explanation.record_id,
        "name": found.name,
        "owner": found.owner,
        "plan": found.plan_id,
        "needs_owner": found.needs_owner,
        "considered": considered,
        "taken": [
            {
                "field": one.name,
                "value": one.value,
                "since": one.since.isoformat(),
                "people_win": one.stance.stance.value,
            }
            for one in found.taken
        ],
        "given": found.given,
        "text": told,
        "history": history,
        "since": since,
    }


def _approval(approval: "Approval | None") -> dict[str, str] | None:
    if approval is None:
        return None
    return {"by": approval.approver, "at": approval.at.isoformat(), "reason": approval.reason}
