"""Put a plan's report together from what a folder knows: the store's changes, the mirror's names, the run's figures."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.assignment.pools import OWNER_REASONS
from engine.changes.change import Standing
from engine.messages import Message
from engine.values import Scalar
from mapping.frames.record_cards import Card, card_of, open_holdings
from sync.run import Worker
from sync.store import changes
from sync.store.change_values import Sketch, sketches
from sync.store.database import Transaction
from sync.store.paging import pages_of
from sync.store.plans import PlanRecord
from sync.store.runs import Run
from sync.views.heading import heading_of, heading_of_run, owners_of, told
from sync.views.listing import Gathering, Listing
from sync.views.overview import ChangeCounts, Overview, place
from sync.views.report import Load, Remark, RunReport, loads
from sync.views.rows import FieldChange, Move, Owner, OwnerKind, Row

# Rows read from the store at a time.
_PAGE_ROWS = 2_000
_NO_OWNER = Owner("", "—", OwnerKind.NOBODY)

# The next standings behind a record id, at most so many.
Page = Callable[[Transaction, str, int], tuple[Standing, ...]]


def report_of(worker: Worker, plan: PlanRecord) -> RunReport:
    """The report of a plan and of what became of it so far. Names are those the mirror knew when the plan was made."""
    owners = owners_of(worker.mirror, as_of=plan.snapshot)
    rows = rows_of(worker, plan, owners)
    seen, listed = _gathered(rows)
    return RunReport(
        heading=heading_of(worker, plan),
        rows=rows,
        overview=seen,
        listing=listed,
        loads=loads_of(worker, plan, owners, seen),
        remarks=remarks_of(worker, plan),
    )


def report_of_run(worker: Worker, run: Run) -> RunReport:
    """The report of a run that made no plan: the changes it sent, of whatever plans, as they stand now."""
    owners = owners_of(worker.mirror, as_of=run.run_id)

    def page(tx: Transaction, after: str, most: int) -> tuple[Standing, ...]:
        return changes.page_of_run(tx, run.run_id, after=after, most=most)

    rows = StoredRows(worker, page, owners, run.run_id)
    seen, listed = _gathered(rows)
    return RunReport(heading_of_run(worker, run), rows, seen, listed)


def overview_of(worker: Worker, plan: PlanRecord) -> Overview:
    """The same overview from what the store says alone: no record's name is looked up."""
    owners = owners_of(worker.mirror, as_of=plan.snapshot)
    counts = ChangeCounts[str]()

    def behind(tx: Transaction, after: str, most: int) -> list[Sketch]:
        return sketches(tx, plan.plan_id, after=after, most=most)

    for page in pages_of(worker.store, behind, lambda sketch: sketch.record_id, after="", most=_PAGE_ROWS):
        for sketch in page:
            _count(counts, sketch)
    return counts.overview(owner_of=lambda owner: _owner(owner, owners), told=lambda message: told(message, owners))


def rows_of(
    worker: Worker, plan: PlanRecord, owners: Mapping[str, Owner], *, page_rows: int = _PAGE_ROWS
) -> "StoredRows":
    """The changes a plan first proposed, as readers see them."""

    def page(tx: Transaction, after: str, most: int) -> tuple[Standing, ...]:
        return changes.page_of_plan(tx, plan.plan_id, after=after, most=most)

    return StoredRows(worker, page, owners, plan.snapshot, page_rows)


def rows_among(
    worker: Worker, plan: PlanRecord, standings: Iterable[Standing], owners: Mapping[str, Owner]
) -> Iterator[Row]:
    """Some changes of a plan, as readers see them."""
    among = list(standings)
    cards = _cards(worker, plan.snapshot, {standing.change.record_id for standing in among})
    yield from (_row(worker, standing, cards, owners) for standing in among)


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows read from the store each time they are walked, some thousands at a time, with names as of a pull."""

    worker: Worker
    page: Page
    owners: Mapping[str, Owner]
    as_of: str | None
    page_rows: int = _PAGE_ROWS

    def __iter__(self) -> Iterator[Row]:
        by_record = pages_of(
            self.worker.store, self.page, lambda standing: standing.change.record_id, after="", most=self.page_rows
        )
        for standings in by_record:
            cards = _cards(self.worker, self.as_of, {standing.change.record_id for standing in standings})
            yield from (_row(self.worker, standing, cards, self.owners) for standing in standings)


def loads_of(worker: Worker, plan: PlanRecord, owners: Mapping[str, Owner], seen: Overview) -> tuple[Load, ...]:
    """Records held by each owner at the snapshot, counted a range at a time."""
    before: dict[Owner, int] = {}
    for object_map in worker.field_map.objects:
        for part in worker.mirror.ranges(object_map.api_name, as_of=plan.snapshot):
            held = open_holdings(part.lazy()).group_by("owner_id").len().collect()
            for owner_id, count in held.iter_rows():
                owner = _owner(owner_id, owners)
                before[owner] = before.get(owner, 0) + count
    return loads(before, seen.shift)


def remarks_of(worker: Worker, plan: PlanRecord) -> tuple[Remark, ...]:
    """What people should know of records for which nothing is proposed."""
    cards = _cards(worker, plan.snapshot, {notice.record_id for notice in plan.notices})
    return tuple(
        Remark(notice.record_id, notice.message, card.name, _link(worker, notice.record_id, card))
        for notice in plan.notices
        for card in [cards.get(notice.record_id, Card())]
    )


def _gathered(rows: "StoredRows") -> tuple[Overview, Listing]:
    counts, gathering = ChangeCounts[Owner](), Gathering()
    for row in rows:
        counts.add_row(row)
        gathering.add(row)
    return counts.overview(owner_of=lambda owner: owner), gathering.listing()


def _count(counts: ChangeCounts[str], sketch: Sketch) -> None:
    new_owner = sketch.after.get("owner")
    why = next((each for each in sketch.because if each[0] in OWNER_REASONS), None) if new_owner else None
    if new_owner and why is None:
        why = next(iter(sketch.because), None)
    counts.add(
        sketch.state,
        before=sketch.before,
        after=sketch.after,
        move=(sketch.owner, str(new_owner)) if new_owner else None,
        why=Message(*why) if why else None,
        has_tags=sketch.has_tags,
    )


def _cards(worker: Worker, as_of: str | None, record_ids: Collection[str]) -> dict[str, Card]:
    cards: dict[str, Card] = {}
    for object_map in worker.field_map.objects if record_ids else ():
        named = worker.mirror.of(object_map.api_name, record_ids, as_of=as_of)
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
            for name in sorted(change.after, key=place)
            if name != "owner"
        ),
        tags_added=tuple(tag for tag, _ in change.effects.tags_added),
        tags_removed=tuple(tag for tag, _ in change.effects.tags_removed),
        because=tuple(told(message, owners) for message in change.because),
        rules=tuple(str(rule) for rule in change.rules),
        note=told(standing.note, owners) if standing.note else None,
        link=_link(worker, change.record_id, card),
        persona=None if persona is None else str(persona),
        grade=None if grade is None else str(grade),
        score=score if isinstance(score, int) else None,
    )


def _owner(owner_id: Scalar, owners: Mapping[str, Owner]) -> Owner:
    """A user the login may not see is shown by id: better than nothing, and still the truth."""
    return owners.get(str(owner_id), Owner(str(owner_id), str(owner_id))) if owner_id else _NO_OWNER
