"""Put a plan's report together from what a folder knows: the store's changes, the mirror's names, the run's figures."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.changes.change import Standing
from engine.changes.plan import Notice
from engine.messages import Message
from engine.values import Scalar
from mapping.field_map.field_map import ObjectMap
from mapping.frames.record_cards import Card, card_of, open_holdings
from sync.mirror.mirror import Mirror
from sync.run import Worker
from sync.store import changes
from sync.store.change_values import Sketch, sketches
from sync.store.database import Store, Transaction
from sync.store.paging import pages_of
from sync.store.plans import PlanRecord
from sync.store.runs import RunRecord
from sync.views.heading import heading_of, heading_of_run, named, owners_of
from sync.views.listing import Gathering, Listing
from sync.views.overview import ChangeCounts, Overview, place
from sync.views.report import Load, Remark, RunReport, loads
from sync.views.rows import FieldChange, Owner, OwnerKind, OwnerMove, Row

# Rows read from the store at a time.
_PAGE_ROWS = 2_000
_NO_OWNER = Owner("", "—", OwnerKind.NOBODY)

# The next standings behind a record id, at most so many.
Page = Callable[[Transaction, str, int], tuple[Standing, ...]]


def report_of(worker: Worker, plan: PlanRecord) -> RunReport:
    """The report of a plan and of what became of it so far. Names are those the mirror knew when the plan was made."""
    owners = owners_of(worker.mirror, as_of=plan.snapshot)
    cards = cards_of(worker, plan.snapshot)
    rows = rows_of(worker.store, plan, cards, owners)
    seen, listed = _gathered(rows)
    return RunReport(
        heading=heading_of(worker, plan),
        rows=rows,
        overview=seen,
        listing=listed,
        loads=loads_of(cards, owners, seen),
        remarks=remarks_of(cards, plan.notices),
    )


def report_of_run(worker: Worker, run: RunRecord) -> RunReport:
    """The report of a run that made no plan: the changes it sent, of whatever plans, as they stand now."""
    owners = owners_of(worker.mirror, as_of=run.run_id)

    def page(tx: Transaction, after: str, most: int) -> tuple[Standing, ...]:
        return changes.page_of_run(tx, run.run_id, after=after, most=most)

    rows = StoredRows(worker.store, page, cards_of(worker, run.run_id), owners)
    seen, listed = _gathered(rows)
    return RunReport(heading_of_run(worker, run), rows, seen, listed)


def overview_of(store: Store, mirror: Mirror, plan: PlanRecord) -> Overview:
    """The same overview from what the store says alone: no record's name is looked up."""
    owners = owners_of(mirror, as_of=plan.snapshot)
    counts = ChangeCounts[str]()

    def behind(tx: Transaction, after: str, most: int) -> list[Sketch]:
        return sketches(tx, plan.plan_id, after=after, most=most)

    for page in pages_of(store, behind, lambda sketch: sketch.record_id, after="", most=_PAGE_ROWS):
        for sketch in page:
            _count(counts, sketch)
    return counts.overview(owner_of=lambda owner: _owner(owner, owners), told=lambda message: named(message, owners))


def rows_of(
    store: Store, plan: PlanRecord, cards: "Cards", owners: Mapping[str, Owner], *, page_rows: int = _PAGE_ROWS
) -> "StoredRows":
    """The changes a plan first proposed, as readers see them."""

    def page(tx: Transaction, after: str, most: int) -> tuple[Standing, ...]:
        return changes.page_of_plan(tx, plan.plan_id, after=after, most=most)

    return StoredRows(store, page, cards, owners, page_rows)


@dataclass(frozen=True, slots=True)
class Cards:
    """What records were called as of a pull, and where people open them; `pages` is None where the org has none."""

    mirror: Mirror
    objects: tuple[ObjectMap, ...]
    as_of: str | None
    pages: str | None

    def of(self, record_ids: Collection[str]) -> dict[str, Card]:
        cards: dict[str, Card] = {}
        for object_map in self.objects if record_ids else ():
            rows = self.mirror.of(object_map.api_name, record_ids, as_of=self.as_of)
            cards |= {row["Id"]: card_of(row, object_map) for row in rows.iter_rows(named=True)}
        return cards

    def link(self, record_id: str, card: Card) -> str | None:
        return f"{self.pages}/lightning/r/{card.object}/{record_id}/view" if self.pages and card.object else None


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows read from the store each time they are walked, some thousands at a time, with names as of a pull."""

    store: Store
    page: Page
    cards: Cards
    owners: Mapping[str, Owner]
    page_rows: int = _PAGE_ROWS

    def __iter__(self) -> Iterator[Row]:
        by_record = pages_of(
            self.store, self.page, lambda standing: standing.change.record_id, after="", most=self.page_rows
        )
        for standings in by_record:
            yield from rows_among(standings, self.cards, self.owners)


def loads_of(cards: Cards, owners: Mapping[str, Owner], seen: Overview) -> tuple[Load, ...]:
    """Records held by each owner at the snapshot, counted a range at a time."""
    before: dict[Owner, int] = {}
    for object_map in cards.objects:
        for part in cards.mirror.ranges(object_map.api_name, as_of=cards.as_of):
            held = open_holdings(part.lazy()).group_by("owner_id").len().collect()
            for owner_id, count in held.iter_rows():
                owner = _owner(owner_id, owners)
                before[owner] = before.get(owner, 0) + count
    return loads(before, seen.shift)


def remarks_of(cards: Cards, notices: Sequence[Notice]) -> tuple[Remark, ...]:
    """What people should know of records for which nothing is proposed."""
    found = cards.of({notice.record_id for notice in notices})
    return tuple(
        Remark(notice.record_id, notice.message, card.name, cards.link(notice.record_id, card))
        for notice in notices
        for card in [found.get(notice.record_id, Card())]
    )


def _gathered(rows: "StoredRows") -> tuple[Overview, Listing]:
    counts, gathering = ChangeCounts[Owner](), Gathering()
    for row in rows:
        counts.add_row(row)
        gathering.add(row)
    return counts.overview(owner_of=lambda owner: owner), gathering.listing()


def _count(counts: ChangeCounts[str], sketch: Sketch) -> None:
    new_owner = sketch.after.get("owner")
    counts.add(
        sketch.state,
        before=sketch.before,
        after=sketch.after,
        move=(sketch.owner, str(new_owner)) if new_owner else None,
        why=Message(*sketch.why) if new_owner and sketch.why else None,
        has_tags=sketch.has_tags,
    )


def cards_of(worker: Worker, as_of: str | None) -> Cards:
    """The sandbox org has no pages."""
    settings = worker.settings
    return Cards(worker.mirror, worker.field_map.objects, as_of, None if settings.is_sandbox else settings.org)


def rows_among(standings: Sequence[Standing], cards: Cards, owners: Mapping[str, Owner]) -> Iterator[Row]:
    """Some changes, as readers see them."""
    found = cards.of({standing.change.record_id for standing in standings})
    for standing in standings:
        card = found.get(standing.change.record_id, Card())
        yield _row(standing, card, cards.link(standing.change.record_id, card), owners)


def _row(standing: Standing, card: Card, link: str | None, owners: Mapping[str, Owner]) -> Row:
    change = standing.change
    persona, grade, score = (change.after.get(name, getattr(card, name)) for name in ("persona", "grade", "score"))
    return Row(
        change_id=change.change_id,
        object=change.object,
        record_id=change.record_id,
        name=card.name,
        company=card.company,
        state=standing.state,
        move=OwnerMove(_owner(change.before["owner"], owners), _owner(change.after["owner"], owners))
        if change.moves_owner
        else None,
        fields=tuple(
            FieldChange(name, change.before.get(name), change.after[name])
            for name in sorted(change.after, key=place)
            if name != "owner"
        ),
        tags_added=tuple(tag for tag, _ in change.effects.tags_added),
        tags_removed=tuple(tag for tag, _ in change.effects.tags_removed),
        because=tuple(named(message, owners) for message in change.because),
        owner_because=tuple(named(message, owners) for message in change.owner_because),
        rules=tuple(str(rule) for rule in change.rules),
        note=named(standing.note, owners) if standing.note else None,
        link=link,
        persona=None if persona is None else str(persona),
        grade=None if grade is None else str(grade),
        score=score if isinstance(score, int) else None,
    )


def _owner(owner_id: Scalar, owners: Mapping[str, Owner]) -> Owner:
    """A user the login may not see is shown by id: better than nothing, and still the truth."""
    return owners.get(str(owner_id), Owner(str(owner_id), str(owner_id))) if owner_id else _NO_OWNER
