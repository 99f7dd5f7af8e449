"""How far a rulebook in shadow agrees with the org: a table on the terminal, or as JSON."""

from typing import Any

from engine.errors import UsageError
from sync.agreement import agreement_file
from sync.cli.session import Session
from sync.reports import phrases
from sync.review import decisions as review
from sync.run import Worker
from sync.store import runs

_NUMBERS = ("agree", "differ", "org_empty", "ours_empty")


def tell_agreement(session: Session, worker: Worker, plan_id: str | None, *, as_json: bool) -> None:
    """UsageError PL-405 for a plan that was not made in shadow."""
    with worker.store.read() as tx:
        plan = review.plan_named(tx, plan_id).plan_id
        run = runs.run(tx, plan)
    columns: Any = (run.figures or {}).get("agreement") if run else None
    if columns is None:
        raise UsageError.of("PL-405", plan=plan)
    file = str(agreement_file(worker.settings.data_folder, plan))
    if as_json:
        session.document("agreement", {"plan": plan, "columns": columns, "file": file})
        return
    session.console().print(_table(session, columns))
    session.talk(session.say("cli.agreement.file", file=file))


def _table(session: Session, columns: dict[str, Any]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    words = session.words
    table = Table(title=words.say("cli.agreement"), title_justify="left", title_style="bold")
    table.add_column(words.say("report.field"))
    for name in _NUMBERS:
        table.add_column(words.say(f"cli.agreement.{name}"), justify="right")
    table.add_column(words.say("cli.agreement.kinds"), overflow="fold")
    for name, column in columns.items():
        kinds = "; ".join(
            f"{phrases.value(theirs, words=words)} → {phrases.value(ours, words=words)}: {phrases.number(count)}"
            for theirs, ours, count in column["kinds"][:3]
        )
        counts = [phrases.number(column[number]) for number in _NUMBERS]
        table.add_row(escape(phrases.label(name, {}, words=words)), *counts, escape(kinds))
    return table
