"""A report as tables for a terminal: the same views as the page, in less space."""

from collections.abc import Iterable, Mapping

from rich.markup import escape
from rich.table import Table

from config.words.catalogue import Words
from sync.views import phrases
from sync.views.overview import Overview, shown_fields
from sync.views.report import Heading
from sync.views.rows import Row


def flows_table(overview: Overview, labels: Mapping[str, str], words: Words) -> Table | None:
    """Who moves where and why; None when nobody does."""
    flows = overview.flows
    if not flows:
        return None
    table = _table(words, "report.flows", "report.from", "report.records", "report.to", "report.why")
    for flow in flows:
        to = ", ".join(f"{owner.name} {count}" for owner, count in flow.to)
        kind = words.say(f"report.kind.{flow.before.kind}")
        name = f"{flow.before.name} ({kind})" if kind else flow.before.name
        _add(table, name, phrases.number(flow.count), to, "\n".join(phrases.reasons(flow.why, labels, words=words)))
    return table


def fields_table(overview: Overview, labels: Mapping[str, str], words: Words) -> Table | None:
    """What happens to each field; None when none changes."""
    summaries = overview.summaries
    if not summaries:
        return None
    table = _table(words, "report.fields", "report.field", "report.records", "report.most")
    for summary in summaries:
        label = phrases.label(summary.name, labels, words=words)
        _add(table, label, phrases.number(summary.count), "; ".join(phrases.summary(summary, words=words)))
    return table


def changes_table(rows: Iterable[Row], heading: Heading, words: Words) -> Table:
    """Changes one by one."""
    table = _table(words, "report.fields.detail", "report.column.record", "report.lead", "report.company",
                   "report.changes", "report.why", "report.state")  # fmt: skip
    for row in rows:
        changed = "\n".join(_changed(row, heading, words))
        why = phrases.sentences(row.reasons, heading.labels, words=words)
        _add(table, row.record_id, row.name, row.company, changed, why, _state(row, heading, words))
    return table


def _changed(row: Row, heading: Heading, words: Words) -> list[str]:
    moved = [("owner", row.move.before.name, row.move.after.name)] if row.move else []
    fields = [(field.name, field.before, field.after) for field in shown_fields(row)]
    told = [
        f"{phrases.label(name, heading.labels, words=words)}: "
        f"{phrases.value(before, words=words)} → {phrases.value(after, words=words)}"
        for name, before, after in [*moved, *fields]
    ]
    return [*told, *(f"+{tag}" for tag in row.tags_added), *(f"-{tag}" for tag in row.tags_removed)]


def _state(row: Row, heading: Heading, words: Words) -> str:
    told = phrases.state(row.state, is_shadow=heading.is_shadow, words=words)
    return f"{told}: {phrases.sentence(row.note, heading.labels, words=words)}" if row.note else told


def _table(words: Words, title: str, *columns: str) -> Table:
    table = Table(title=words.say(title), title_justify="left", title_style="bold")
    for key in columns:
        table.add_column(words.say(key), justify="right" if key == "report.records" else "left", overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    """Cells hold what leads typed: brackets are text here, not markup."""
    table.add_row(*(escape(cell) for cell in cells))
