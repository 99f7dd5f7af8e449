"""What is told of a run without walking its changes: from counts in the store and the figures the run left."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from config.rulebook.files import RulebookFiles
from config.settings.settings import Settings
from engine.assignment.directory import ACTIVE, INACTIVE
from engine.changes.states import State
from engine.errors import RulebookError
from engine.messages import Message
from mapping.field_map.labels import labels_of
from sync.mirror.mirror import Mirror
from sync.mirror.records import people
from sync.plan.cost import cost_of
from sync.plan.lookup import is_shadow
from sync.run import Worker
from sync.store import change_values, changes, describes, orgs, plans, runs
from sync.store.figures import Counts, Coverage, DroppedFiles, Figures, Proposed, Pulled, Survey
from sync.store.plans import PlanRecord
from sync.store.runs import RunRecord
from sync.views.report import Heading, PlanHeader
from sync.views.rows import Owner, OwnerKind


def heading_of(worker: Worker, plan: PlanRecord) -> Heading:
    """Of a plan, and of what became of it so far."""
    with worker.store.read() as tx:
        run = runs.run(tx, plan.plan_id)
        described = describes.every(tx)
        states = changes.counts(tx, plan.plan_id)
        held = change_values.held_because(tx, plan.plan_id)
    owners = owners_of(worker.mirror, as_of=plan.snapshot) if held else {}
    figures = run.figures if run else Figures()
    compares = is_shadow(worker.store, worker.read_rulebook, plan)
    writes = (
        (Message.of("writes.shadow"),) if compares else cost_of(worker.store, worker.settings, plan.plan_id).messages()
    )
    return Heading(
        org_id=plan.org_id,
        org_name=org_name(worker.settings, figures),
        is_sandbox=worker.settings.is_sandbox,
        run_id=plan.plan_id,
        at=plan.at,
        zone=plan.zone,
        states=in_order(states),
        plan=PlanHeader(
            plan_id=plan.plan_id,
            at=plan.at,
            digest=plan.digest,
            rulebook=plan.rulebook,
            rulebook_name=_rulebook_name(worker.read_rulebook, plan),
            is_baseline=plan.is_baseline,
            is_shadow=compares,
            counts=plan.counts,
        ),
        verb=run.verb if run else "plan",
        outcome=_outcome(run),
        codes=figures.end.codes if figures.end else (),
        held=tuple((named(message, owners), count) for message, count in held),
        quality=quality_of(figures),
        labels=labels_of(worker.field_map, described),
        writes=tuple(writes) if plan.proposed else (),
        api_calls=figures.end.api_calls if figures.end else None,
        seconds=seconds_of(figures),
    )


def heading_of_run(worker: Worker, run: RunRecord) -> Heading:
    """Of a run that made no plan, an apply for instance: what it sent, and where that stands now."""
    with worker.store.read() as tx:
        org_id, zone = orgs.pinned(tx), plans.last_zone(tx)
        described = describes.every(tx)
        states = changes.counts_of_run(tx, run.run_id)
    figures = run.figures
    return Heading(
        org_id=org_id or "",
        org_name=org_name(worker.settings, figures),
        is_sandbox=worker.settings.is_sandbox,
        run_id=run.run_id,
        at=run.started_at,
        zone=zone or "UTC",
        states=in_order(states),
        verb=run.verb,
        outcome=_outcome(run),
        codes=figures.end.codes if figures.end else (),
        quality=quality_of(figures),
        labels=labels_of(worker.field_map, described),
        api_calls=figures.end.api_calls if figures.end else None,
        seconds=seconds_of(figures),
    )


def owners_of(mirror: Mirror, *, as_of: str | None) -> dict[str, Owner]:
    """Every user and queue the mirror had after that run's pull, by id."""
    users, queues = people(mirror, as_of=as_of)
    kinds = {True: OwnerKind(ACTIVE), False: OwnerKind(INACTIVE)}
    found = {user.id: Owner(user.id, user.name, kinds[user.is_active]) for user in users}
    return found | {queue.id: Owner(queue.id, queue.name, OwnerKind.QUEUE) for queue in queues}


def named(message: Message, owners: Mapping[str, Owner]) -> Message:
    """Owner ids in a message become names."""
    params = {key: owners[value].name if isinstance(value, str) and value in owners else value
              for key, value in message.params.items()}  # fmt: skip
    return replace(message, params=params)


def org_name(settings: Settings, figures: Figures) -> str:
    told = figures.end.org_name if figures.end else ""
    return told or urlsplit(settings.org).hostname or "sandbox"


def seconds_of(figures: Figures) -> float | None:
    return figures.end.milliseconds / 1000 if figures.end else None


def in_order(states: Mapping[State, int]) -> dict[State, int]:
    """In the order of a change's life."""
    return {state: states[state] for state in State if states.get(state)}


def _outcome(run: RunRecord | None) -> str:
    return (run.outcome if run else None) or "running"


def _rulebook_name(files: RulebookFiles, plan: PlanRecord) -> str:
    """The rulebook's name while its files are those of the plan; else its version, for the name may have changed."""
    try:
        rulebook, _ = files()
    except RulebookError:
        return plan.rulebook[:12]
    return rulebook.name if rulebook.digest == plan.rulebook else plan.rulebook[:12]


# Of the rows of dropped files that say nothing so many are named; the figures of the run have more.
_ROWS_MAX = 5


def quality_of(figures: Figures) -> tuple[Message, ...]:
    """From the figures of the run that made the plan."""
    pull, plan = figures.pull or Pulled(), figures.plan
    survey = (plan.survey if plan else None) or Survey()
    return (
        *(_looked_at(plan) if plan else ()),
        *_coverage(survey.coverage),
        *_unread("report.quality.unparsed", pull.unparsed),
        *_unread("report.quality.unfit", survey.unfit),
        *((Message.of("report.quality.in_vain", objects=", ".join(survey.in_vain)),) if survey.in_vain else ()),
        *_files(pull.dropped),
    )


def _looked_at(plan: Proposed) -> Iterator[Message]:
    """Whose numbers these are, when the plan looked at a part of the org."""
    if plan.whole:
        yield Message.of("report.quality.part", count=plan.counts.get("evaluated", 0), plan=plan.whole)


def _coverage(coverage: Coverage) -> Iterator[Message]:
    """For what share of prospects any activity is known, then source by source."""
    total = coverage.prospects
    if not total:
        return
    yield Message.of("report.quality.activity", percent=100 * coverage.known // total)
    for source, own in coverage.sources.items():
        if own.newest:
            percent = 100 * own.prospects // total
            newest = own.newest.date().isoformat()
            yield Message.of("report.quality.source", source=source, percent=percent, newest=newest)
        else:
            yield Message.of("report.quality.source_none", source=source)


def _unread(key: str, counts: Counts) -> Iterator[Message]:
    if counts:
        fields = ", ".join(f"{field}: {count}" for field, count in sorted(counts.items()))
        yield Message.of(key, count=sum(counts.values()), fields=fields)


def _files(dropped: Mapping[str, DroppedFiles]) -> Iterator[Message]:
    """Drop folders: what came, what waits, and what is wrong."""
    for source, own in dropped.items():
        if own.files:
            yield Message.of("report.quality.files", source=source, files=own.files, rows=own.rows, refused=own.refused)
        if own.left:
            yield Message.of("report.quality.files_left", source=source, count=own.left)
        yield from (Message.of(one.code, file=one.file) for one in own.broken)
        yield from (Message.of(one.code, file=one.file, row=one.row) for one in own.listed[:_ROWS_MAX])
