"""Agreement on the terminal, or as JSON: how far a rulebook in shadow agrees with the org, field by field."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.assignment.directory import Directory
from engine.errors import UsageError
from engine.plan.shadow import OWNER
from mapping.field_map.labels import labels_of
from sync.cli.terminal import Terminal
from sync.mirror.records import people
from sync.plan import lookup
from sync.plan.versions import plan_version_of
from sync.reports.shadow import agreement_file, names_of
from sync.run import Worker
from sync.store import describes, runs
from sync.store.figures import ColumnAgreement
from sync.store.plans import PlanRecord
from sync.views import phrases
from sync.views.shadow import Agreed

_NUMBERS = ("agree", "differ", "org_empty", "ours_empty")
_KINDS_SHOWN_MAX = 3


def write_agreement(terminal: Terminal, worker: Worker, plan_id: str | None, *, as_json: bool) -> None:
    """UsageError PL-405 for a plan that was not made in shadow."""
    plan = lookup.plan_shown(worker.store, worker.read_rulebook, plan_id)
    with worker.store.read() as tx:
        run = runs.run(tx, plan.plan_id)
    columns = run.figures.plan.agreement if run and run.figures.plan else None
    if columns is None:
        raise UsageError.of("PL-405", plan=plan.plan_id)  # plan {plan} was not made in shadow: there is nothing to…
    path = agreement_file(worker.settings.data_folder, plan.plan_id)
    file = str(path) if path.exists() else None
    agreed = _agreed(terminal, worker, plan)
    if as_json:
        named = {name: _document(column) | {"label": agreed.label(name)} for name, column in columns.items()}
        names = {one: agreed.names[one] for one in _owners(columns) if one in agreed.names}
        terminal.document("agreement", {"plan": plan.plan_id, "columns": named, "owners": names, "file": file})
        return
    terminal.console().print(_table(agreed, columns))
    told = terminal.say("cli.agreement.file", file=file) if file else terminal.say("cli.agreement.no_file")
    terminal.talk(told)


def _agreed(terminal: Terminal, worker: Worker, plan: PlanRecord) -> Agreed:
    with worker.store.read() as tx:
        version = plan_version_of(tx, plan.plan_id)
        described = describes.every(tx)
    users, queues = people(worker.mirror, as_of=plan.snapshot)
    directory = Directory.of(users, queues, version.rulebook)
    return Agreed(terminal.words, names_of(directory, version.rulebook), labels_of(version.field_map, described))


def _document(column: ColumnAgreement) -> dict[str, object]:
    """Without what only scores have, where it is none."""
    return {name: value for name, value in asdict(column).items() if value is not None}


def _owners(columns: Mapping[str, ColumnAgreement]) -> list[str]:
    kinds = columns[OWNER].kinds if OWNER in columns else ()
    return [str(one) for theirs, ours, _ in kinds for one in (theirs, ours) if one]


def _table(agreed: Agreed, columns: Mapping[str, ColumnAgreement]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    words = agreed.words
    table = Table(title=words.say("cli.agreement"), title_justify="left", title_style="bold")
    table.add_column(words.say("report.field"))
    for name in _NUMBERS:
        table.add_column(words.say(f"cli.agreement.{name}"), justify="right")
    table.add_column(words.say("cli.agreement.kinds"), overflow="fold")
    for name, column in columns.items():
        counts = [phrases.number(getattr(column, number)) for number in _NUMBERS]
        table.add_row(escape(agreed.label(name)), *counts, escape("; ".join(_kinds(agreed, name, column))))
    return table


def _kinds(agreed: Agreed, name: str, column: ColumnAgreement) -> list[str]:
    """The most frequent differences; of scores first how many are a step apart at most."""
    words = agreed.words
    is_banded = column.near is not None
    near = (
        [words.say("agreement.near", count=phrases.number(column.near), step=column.step)]
        if column.near and column.differ
        else []
    )
    kinds = [
        words.say(
            "report.times", what=agreed.kind(name, theirs, ours, is_banded=is_banded), count=phrases.number(count)
        )
        for theirs, ours, count in column.kinds[:_KINDS_SHOWN_MAX]
    ]
    return [*near, *kinds]
