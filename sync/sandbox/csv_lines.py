"""A world as lines of text and back, one record at a time, so that a large one needs no second place in memory.

A table's records are lists of values under a shape (the fields that are filled), which many of them share.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sync.sandbox.jobs import Fate, Job, JobState, RowVerdict
from sync.sandbox.row_versions import Layers, Trail
from sync.sandbox.search import find
from sync.sandbox.soql import parse
from sync.sandbox.worlds import (
    App,
    AssignmentRule,
    DuplicateRule,
    Flow,
    Late,
    Record,
    Switches,
    Table,
    ValidationRule,
    Value,
    World,
    Write,
)

_COUNTERS = ("api_calls", "requests", "serial", "ahead_seconds")
_SHARED_MAX = 200_000  # texts that are remembered while reading, so that equal ones are one
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def lines_of(world: World) -> Iterator[str]:
    """The head, then each table's records, then the log of writes."""
    yield _encoded(_head(world))
    shapes: dict[tuple[str, ...], int] = {}
    for name, table in world.tables.items():
        yield _encoded({"table": name})
        for record in table.values():
            shape = tuple(record)
            number = shapes.get(shape)
            if number is None:
                number = shapes[shape] = len(shapes)
                yield _encoded({"shape": shape})
            yield _encoded([number, *record.values()])
    for write in world.writes:
        yield _encoded({"write": entry_of(write)})


def world_of(lines: Iterable[str]) -> World:
    """The reverse of `lines_of`."""
    read = iter(lines)
    head = json.loads(next(read))
    tables: dict[str, Table] = {}
    records: dict[str, Record] = {}
    shapes: list[tuple[str, ...]] = []
    writes: list[Write] = []
    shared: dict[Value, Value] = {}
    for line in read:
        item = json.loads(line)
        if isinstance(item, list):
            if len(shared) > _SHARED_MAX:
                shared.clear()
            values = [shared.setdefault(value, value) if isinstance(value, str) else value for value in item]
            record = dict(zip(shapes[item[0]], values[1:], strict=True))
            records[str(record["Id"])] = record
        elif "shape" in item:
            shapes.append(tuple(item["shape"]))
        elif "table" in item:
            records = {}
            tables[item["table"]] = Layers(records, {})
        else:
            writes.append(write_of(item["write"]))
    return _of_head(head, tables, writes)


def with_rows(world: World) -> World:
    """Query jobs see again what they saw, but for what has happened since they were made."""
    jobs = {key: _with_rows(world, job) if job.kind == "query" else job for key, job in world.jobs.items()}
    return replace(world, jobs=jobs)


def counters(world: World) -> dict[str, Any]:
    return {name: getattr(world, name) for name in _COUNTERS}


def entry_of(write: Write) -> dict[str, object]:
    return {
        "at": write.at.isoformat(), "kind": write.kind, "user_id": write.user_id, "object": write.object,
        "record_id": write.record_id, "before": dict(write.before), "after": dict(write.after),
        "headers": dict(write.headers), "request": write.request,
    }  # fmt: skip


def write_of(entry: Mapping[str, Any]) -> Write:
    return Write(**{**entry, "at": datetime.fromisoformat(entry["at"])})


def entry_of_job(job: Job, before: Job | None = None) -> dict[str, object]:
    """A job, without the content and the verdicts that `before` has already."""
    entry: dict[str, object] = {
        name: getattr(job, name)
        for name in ("id", "kind", "object", "operation", "user_id", "version", "state", "line_ending", "delimiter", "soql",
                     "assigns", "position", "polls", "message", "fate", "fate_after")
    }  # fmt: skip
    times = {"created_at": job.created_at, "changed_at": job.changed_at, "closed_at": job.closed_at}
    entry |= {name: moment and moment.isoformat() for name, moment in times.items()}
    if before is None or before.content is not job.content:
        entry["content"] = job.content
    fresh = job.verdicts[len(before.verdicts) if before else 0 :]
    entry["verdicts"] = [[(v.record_id, v.error, v.created) for v in batch] for batch in fresh]
    return entry


def job_of(entry: Mapping[str, Any], before: Job | None = None) -> Job:
    """The reverse of `entry_of_job`."""
    fresh = tuple(tuple(RowVerdict(*verdict) for verdict in batch) for batch in entry["verdicts"])
    times = {
        name: entry[name] and datetime.fromisoformat(entry[name]) for name in ("created_at", "changed_at", "closed_at")
    }
    given = {
        **entry,
        **times,
        "state": JobState(entry["state"]),
        "fate": Fate(entry["fate"]),
        "verdicts": (*(before.verdicts if before else ()), *fresh),
        "content": entry.get("content", before and before.content),
    }
    return Job(**given)


def entry_of_late(late: Late) -> dict[str, object]:
    return {"commits_at": late.commits_at.isoformat(), "records": [dict(record) for record in late.records],
            "writes": [entry_of(write) for write in late.writes]}  # fmt: skip


def late_of(entry: Mapping[str, Any]) -> Late:
    writes = tuple(write_of(each) for each in entry["writes"])
    return Late(datetime.fromisoformat(entry["commits_at"]), tuple(entry["records"]), writes)


def _with_rows(world: World, job: Job) -> Job:
    return replace(job, rows=tuple(find(world, parse(job.soql), deleted=job.operation == "queryAll")))


def _head(world: World) -> dict[str, object]:
    switches = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in asdict(world.switches).items()}
    return {
        "org_id": world.org_id,
        "app": asdict(world.app),
        "assignment_rule": asdict(world.assignment_rule) if world.assignment_rule else None,
        "validation_rules": [asdict(rule) for rule in world.validation_rules],
        "duplicate_rules": [asdict(rule) for rule in world.duplicate_rules],
        "flows": [{**asdict(replace(flow, sets={})), "sets": dict(flow.sets)} for flow in world.flows],
        "switches": switches,
        "schema_changed_at": world.schema_changed_at.isoformat(),
        "jobs": [entry_of_job(job) for job in world.jobs.values()],
        "late": [entry_of_late(late) for late in world.late],
        **counters(world),
    }


def _of_head(head: dict[str, Any], tables: Mapping[str, Table], writes: list[Write]) -> World:
    rule, switches, app = head.pop("assignment_rule"), head.pop("switches"), head.pop("app")
    switches |= {name: frozenset(switches.get(name, ())) for name in ("hidden", "unfiltered", "read_only")}
    return World(
        app=App(**{**app, "audiences": tuple(app["audiences"])}),
        assignment_rule=AssignmentRule(**rule) if rule else None,
        validation_rules=tuple(ValidationRule(**given) for given in head.pop("validation_rules")),
        duplicate_rules=tuple(DuplicateRule(**given) for given in head.pop("duplicate_rules")),
        flows=tuple(Flow(**{**given, "restores": tuple(given["restores"])}) for given in head.pop("flows")),
        switches=Switches(**switches),
        schema_changed_at=datetime.fromisoformat(head.pop("schema_changed_at")),
        jobs={job.id: job for job in map(job_of, head.pop("jobs"))},
        late=tuple(map(late_of, head.pop("late"))),
        tables=tables,
        writes=Trail.of(writes),
        **head,
    )
