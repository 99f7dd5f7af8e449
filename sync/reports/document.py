"""The report as a JSON document for programs. A key is never renamed or dropped without a new schema version."""

from collections.abc import Iterable, Iterator, Mapping
from json import dumps
from typing import TypeAlias

from config.words.catalogue import Words
from engine.messages import Message
from sync.views.report import Heading, Load, PlanHeader, Remark, RunReport
from sync.views.rows import Owner, Row

SCHEMA_VERSION = 1

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


def json(report: RunReport, words: Words) -> str:
    """Codes and values are the same in every language; `text` beside a message is in the reader's."""
    return "".join(json_parts(report, words))


def json_parts(report: RunReport, words: Words) -> Iterator[str]:
    """The same piece by piece."""
    told = document(report.heading, words) | each(report.loads, report.remarks, words)
    return parts({"schema_version": SCHEMA_VERSION, "kind": "run report", **told}, report.rows, words)


def parts(told: Mapping[str, object], rows: Iterable[Row], words: Words) -> Iterator[str]:
    """One object: what is told of the whole, and after it `changes`, one at a time."""
    yield dumps(told, ensure_ascii=False, indent=2).removesuffix("\n}") + ',\n  "changes": ['
    for number, row in enumerate(rows):
        yield ("," if number else "") + "\n    " + dumps(_row(row, words), ensure_ascii=False)
    yield "\n  ]\n}\n"


def each(loads: Iterable[Load], remarks: Iterable[Remark], words: Words) -> dict[str, Json]:
    """What is told owner by owner and record by record, but for the changes."""
    return {"loads": [_load(load) for load in loads], "notices": [_remark(remark, words) for remark in remarks]}


def document(report: Heading, words: Words) -> dict[str, Json]:
    """How much it is, and not each."""
    return {
        "language": words.language.value,
        "org": {"id": report.org_id, "name": report.org_name, "is_sandbox": report.is_sandbox},
        "run": report.run_id,
        "verb": report.verb,
        "outcome": report.outcome,
        "codes": list(report.codes),
        "at": report.at.isoformat(),
        "zone": report.zone,
        "plan": _plan(report.plan) if report.plan else None,
        "states": {state.value: count for state, count in report.states.items()},
        "api_calls": report.api_calls,
        "seconds": report.seconds,
        "held": [{**_message(message, words), "count": count} for message, count in report.held],
        "writes": [_message(message, words) for message in report.writes],
        "data_quality": [_message(message, words) for message in report.quality],
    }


def _plan(plan: PlanHeader) -> Json:
    return {
        "id": plan.plan_id,
        "at": plan.at.isoformat(),
        "digest": plan.digest,
        "rulebook": {"digest": plan.rulebook, "name": plan.rulebook_name},
        "is_baseline": plan.is_baseline,
        "is_shadow": plan.is_shadow,
        "counts": dict(plan.counts),
    }


def _row(row: Row, words: Words) -> Json:
    return {
        "change": row.change_id,
        "object": row.object,
        "record": row.record_id,
        "link": row.link,
        "name": row.name,
        "company": row.company,
        "state": row.state.value,
        "owner": {"before": _owner(row.move.before), "after": _owner(row.move.after)} if row.move else None,
        "fields": {field.name: {"before": field.before, "after": field.after} for field in row.fields},
        "tags": {"added": list(row.tags_added), "removed": list(row.tags_removed)},
        "because": [_message(message, words) for message in row.reasons],
        "rules": list(row.rules),
        "note": _message(row.note, words) if row.note else None,
    }


def _owner(owner: Owner) -> Json:
    return {"id": owner.id, "name": owner.name, "kind": owner.kind.value}


def _load(load: Load) -> Json:
    return {"owner": _owner(load.owner), "before": load.before, "after": load.after}


def _remark(remark: Remark, words: Words) -> Json:
    return {"record": remark.record_id, "name": remark.name, **_message(remark.message, words)}


def _message(message: Message, words: Words) -> dict[str, Json]:
    return {"key": message.key, "params": dict(message.params), "text": words.message(message)}
