"""A report as tables for a terminal: the same views as the page, in less space."""

from collections.abc import Iterable
from itertools import islice

from rich.markup import escape
from rich.table import Table

from config.words.catalogue import Words
from engine.messages import Message
from sync.reports import phrases, views
from sync.reports.report import RunReport
from sync.reports.rows import Row


def flows_table(report: RunReport, words: Words) -> Table | None:
    """Who moves where and why; None when nobody does."""
    flows = report.overview.flows
    if not flows:
        return None
    table = _table(words, "report.flows", "report.from", "report.records", "report.to", "report.why")
    for flow in flows:
        to = ", ".join(f"{owner.name} {count}" for owner, count in flow.to)
        kind = words.say(f"report.kind.{flow.before.kind}")
        name = f"{flow.before.name} ({kind})" if kind else flow.before.name
        _add(table, name, phrases.number(flow.count), to, "\n".join(phrases.reasons(flow.why, words=words)))
    return table


def fields_table(report: RunReport, words: Words) -> Table | None:
    """What happens to each field; None when none changes."""
    summaries = report.overview.summaries
    if not summaries:
        return None
    table = _table(words, "report.fields", "report.field", "report.records", "report.most")
    for summary in summaries:
        label = phrases.label(summary.name, report.labels, words=words)
        _add(table, label, phrases.number(summary.count), "; ".join(phrases.summary(summary, words=words)))
    return table


def changes_table(report: RunReport, words: Words, *, rows_max: int) -> Table:
    """The first changes, one by one."""
    table = _table(words, "report.fields.detail", "report.column.record", "report.lead", "report.company",
                   "report.changes", "report.why", "report.state")  # fmt: skip
    for row in islice(report.rows, rows_max):
        changed = "\n".join(_changed(row, report, words))
        _add(table, row.record_id, row.name, row.company, changed, _why(row.because, words), _state(row, words))
    return table


def _changed(row: Row, report: RunReport, words: Words) -> list[str]:
    moved = [("owner", row.move.before.name, row.move.after.name)] if row.move else []
    fields = [(field.name, field.before, field.after) for field in views.shown_fields(row)]
    told = [
        f"{phrases.label(name, report.labels, words=words)}: "
        f"{phrases.value(before, words=words)} → {phrases.value(after, words=words)}"
        for name, before, after in [*moved, *fields]
    ]
    return [*told, *(f"+{tag}" for tag in row.tags_added), *(f"-{tag}" for tag in row.tags_removed)]


def _state(row: Row, words: Words) -> str:
    told = words.say(f"state.{row.state}")
    return f"{told}: {words.message(row.note)}" if row.note else told


def _why(messages: Iterable[Message], words: Words) -> str:
    return words.say("report.join").join(words.message(message) for message in messages)


def _table(words: Words, title: str, *columns: str) -> Table:
    table = Table(title=words.say(title), title_justify="left", title_style="bold")
    for key in columns:
        table.add_column(words.say(key), justify="right" if key == "report.records" else "left", overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    """Cells hold what leads typed: brackets are text here, not markup."""
    table.add_row(*(escape(cell) for cell in cells))
