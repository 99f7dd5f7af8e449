"""Put a plan's report together from what a folder knows: the store's changes, the mirror's names, the run's figures."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from engine.changes import Scalar, Standing
from engine.directory import ACTIVE, INACTIVE
from engine.errors import RulebookError
from engine.fields import TARGETS
from engine.messages import Message
from mapping.cards import Card, card_of, open_holdings
from mapping.labels import labels_of
from sync.delivery.writers.forecast import forecast
from sync.mirror.mirror import Mirror
from sync.reading import people
from sync.reports.overview import Overview, overview
from sync.reports.quality import quality_of
from sync.reports.report import Load, PlanHeader, Remark, RunReport, loads
from sync.reports.rows import FieldChange, Move, Owner, OwnerKind, Row
from sync.run import Worker
from sync.store import changes, describes, runs
from sync.store.plans import Header
from sync.store.runs import Run

# Rows read from the store at a time.
_PAGE_ROWS = 2_000
_NO_OWNER = Owner("", "—", OwnerKind.NOBODY)


def report_of(worker: Worker, plan: Header) -> RunReport:
    """The report of a plan and of what became of it so far. Names are those the mirror knew when the plan was made."""
    with worker.store.read() as tx:
        run = runs.run(tx, plan.plan_id)
        described = describes.every(tx)
    owners = owners_of(worker.mirror, as_of=plan.snapshot)
    rows = _StoredRows(worker, plan, owners)
    seen = overview(rows)
    cards = _cards(worker, plan, {notice.record_id for notice in plan.notices})
    figures = _figures(run)
    return RunReport(
        org_id=plan.org_id,
        org_name=str(figures.get("org_name") or urlsplit(worker.settings.org).hostname or "sandbox"),
        is_sandbox=worker.settings.is_sandbox,
        run_id=plan.plan_id,
        at=plan.at,
        zone=plan.zone,
        rows=rows,
        overview=seen,
        plan=PlanHeader(
            plan_id=plan.plan_id,
            at=plan.at,
            digest=plan.digest,
            rulebook=plan.rulebook,
            rulebook_name=_rulebook_name(worker, plan),
            is_baseline=plan.is_baseline,
            counts=plan.counts,
        ),
        loads=_loads(worker, plan, owners, seen),
        remarks=tuple(
            Remark(notice.record_id, notice.message, card.name, _link(worker, notice.record_id, card))
            for notice in plan.notices
            for card in [cards.get(notice.record_id, Card())]
        ),
        quality=quality_of(figures),
        labels=labels_of(worker.field_map, described),
        writes=tuple(forecast(worker, plan.plan_id).messages()),
        api_calls=figures.get("api_calls"),
        seconds=figures["milliseconds"] / 1000 if "milliseconds" in figures else None,
    )


@dataclass(frozen=True, slots=True)
class _StoredRows:
    """The rows of a plan, read from the store each time they are walked, some thousands at a time."""

    worker: Worker
    plan: Header
    owners: Mapping[str, Owner]

    def __iter__(self) -> Iterator[Row]:
        after = ""
        while True:
            with self.worker.store.read() as tx:
                standings = changes.page_of_plan(tx, self.plan.plan_id, after=after, most=_PAGE_ROWS)
            cards = _cards(self.worker, self.plan, {standing.change.record_id for standing in standings})
            yield from (_row(self.worker, standing, cards, self.owners) for standing in standings)
            if len(standings) < _PAGE_ROWS:
                return
            after = standings[-1].change.record_id


def owners_of(mirror: Mirror, *, as_of: str) -> dict[str, Owner]:
    """Every user and queue the mirror had after that run's pull, by id."""
    users, queues = people(mirror, as_of=as_of)
    kinds = {True: OwnerKind(ACTIVE), False: OwnerKind(INACTIVE)}
    found = {user.id: Owner(user.id, user.name, kinds[user.is_active]) for user in users}
    return found | {queue.id: Owner(queue.id, queue.name, OwnerKind.QUEUE) for queue in queues}


def _rulebook_name(worker: Worker, plan: Header) -> str:
    """The rulebook's name while its files are those of the plan; else its version, for the name may have changed."""
    try:
        is_same = worker.rulebook.digest == plan.rulebook
    except RulebookError:
        is_same = False
    return worker.rulebook.name if is_same else plan.rulebook[:12]


def _cards(worker: Worker, plan: Header, record_ids: Collection[str]) -> dict[str, Card]:
    cards: dict[str, Card] = {}
    for object_map in worker.field_map.objects:
        named = worker.mirror.of(object_map.api_name, record_ids, as_of=plan.snapshot)
        cards |= {row["Id"]: card_of(row, object_map) for row in named.iter_rows(named=True)}
    return cards


def _link(worker: Worker, record_id: str, card: Card) -> str | None:
    """Where people open it; the sandbox org has no pages."""
    if worker.settings.is_sandbox or not card.object:
        return None
    return f"{worker.settings.org}/lightning/r/{card.object}/{record_id}/view"


def _row(worker: Worker, standing: Standing, cards: Mapping[str, Card], owners: Mapping[str, Owner]) -> Row:
    change = standing.change
    card = cards.get(change.record_id, Card())
    persona, grade, score = (change.after.get(name, getattr(card, name)) for name in ("persona", "grade", "score"))
    return Row(
        change_id=change.change_id,
        object=change.object,
        record_id=change.record_id,
        name=card.name,
        company=card.company,
        state=standing.state,
        move=Move(_owner(change.before["owner"], owners), _owner(change.after["owner"], owners))
        if change.moves_owner
        else None,
        fields=tuple(
            FieldChange(name, change.before.get(name), change.after[name])
            for name in sorted(change.after, key=_place)
            if name != "owner"
        ),
        tags_added=tuple(tag for tag, _ in change.effects.tags_added),
        tags_removed=tuple(tag for tag, _ in change.effects.tags_removed),
        because=tuple(_told(message, owners) for message in change.because),
        rules=change.rules,
        note=_told(standing.note, owners) if standing.note else None,
        link=_link(worker, change.record_id, card),
        persona=None if persona is None else str(persona),
        grade=None if grade is None else str(grade),
        score=score if isinstance(score, int) else None,
    )


def _owner(owner_id: Scalar, owners: Mapping[str, Owner]) -> Owner:
    """A user the login may not see is shown by id: better than nothing, and still the truth."""
    return owners.get(str(owner_id), Owner(str(owner_id), str(owner_id))) if owner_id else _NO_OWNER


def _told(message: Message, owners: Mapping[str, Owner]) -> Message:
    """Owner ids in a message become names."""
    named = {key: owners[value].name if isinstance(value, str) and value in owners else value
             for key, value in message.params.items()}  # fmt: skip
    return replace(message, params=named)


def _place(name: str) -> tuple[int, str]:
    """Write-back targets in their own order, then the rest by name."""
    return (TARGETS.index(name) if name in TARGETS else len(TARGETS), name)


def _loads(worker: Worker, plan: Header, owners: Mapping[str, Owner], seen: Overview) -> tuple[Load, ...]:
    """Records held by each owner at the snapshot."""
    before: dict[Owner, int] = {}
    for object_map in worker.field_map.objects:
        held = open_holdings(worker.mirror.latest(object_map.api_name, as_of=plan.snapshot))
        for owner_id, count in held.group_by("owner_id").len().collect().iter_rows():
            owner = _owner(owner_id, owners)
            before[owner] = before.get(owner, 0) + count
    return loads(before, seen.shift)


def _figures(run: Run | None) -> dict[str, Any]:
    return dict(run.figures or {}) if run else {}
