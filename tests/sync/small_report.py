"""A small run: three leads get an owner, one of them in conflict; two get new values."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.changes.states import State
from engine.messages import Message
from sync.views.heading import in_order
from sync.views.listing import listing
from sync.views.overview import overview
from sync.views.report import Heading, PlanHeader, Remark, RunReport, loads
from sync.views.rows import FieldChange, Owner, OwnerKind, OwnerMove, Row


class Cast:
    """A queue, two people, and leads made to measure."""

    queue = Owner("00G000000000001AAA", "新規リード", OwnerKind.QUEUE)
    suzuki = Owner("005000000000001AAA", "鈴木 一郎")
    smith = Owner("005000000000002AAA", "Emma Smith")

    def lead(self, number: int, **given: object) -> Row:
        row = Row(
            change_id=f"{number:032x}",
            object="Lead",
            record_id=f"00Q{number:015}",
            name=f"高橋 {number}",
            company="株式会社東洋精機",
            state=State.APPLIED,
        )
        return replace(row, **given)  # type: ignore[arg-type]  # each test names the fields it is about


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def report(cast: Cast) -> RunReport:
    waited = Message.of("reason.owner.queue")
    rows = (
        cast.lead(
            1,
            move=OwnerMove(cast.queue, cast.suzuki),
            fields=(FieldChange("grade", "D", "B+"), FieldChange("grade_rank", 2, 8)),
            owner_because=(waited,),
            because=(Message.of("reason.grade", grade="B+", reason="employees+2 = B+"),),
            link="https://example.my.salesforce.com/lightning/r/Lead/00Q000000000000001/view",
            score=120,
        ),
        cast.lead(2, move=OwnerMove(cast.queue, cast.smith), owner_because=(waited,), state=State.PLANNED),
        cast.lead(
            3,
            move=OwnerMove(cast.queue, cast.suzuki),
            owner_because=(waited,),
            state=State.CONFLICT,
            note=Message.of("note.inputs_moved"),
        ),
        cast.lead(4, fields=(FieldChange("score", None, 55),), because=(Message.of("reason.score", score=55),)),
    )
    heading = Heading(
        org_id="00D000000000001EAA",
        org_name="Toa Machinery",
        is_sandbox=True,
        run_id="20261121T093000Z-0002",
        at=datetime(2026, 11, 21, 9, 5, tzinfo=UTC),
        zone="Asia/Tokyo",
        states=counted(rows),
        plan=PlanHeader(
            plan_id="20261121T093000Z-0002",
            at=datetime(2026, 11, 21, 9, 5, tzinfo=UTC),
            digest="ab" * 32,
            rulebook="cd" * 32,
            rulebook_name="B2B 製造業",
            is_baseline=False,
            counts={"evaluated": 10, "in_scope": 8},
        ),
        api_calls=12,
        seconds=1.5,
    )
    return RunReport(
        heading=heading,
        rows=rows,
        overview=overview(rows),
        listing=listing(rows),
        loads=loads({cast.queue: 3, cast.suzuki: 5}, overview(rows).shift),
        remarks=(Remark("00Q000000000000009", Message.of("notice.no_pool"), "John Doe"),),
    )


@pytest.fixture
def of_rows(report: RunReport) -> Callable[..., RunReport]:
    """The same report of other rows."""

    def made(*rows: Row) -> RunReport:
        heading = replace(report.heading, states=counted(rows))
        return replace(report, heading=heading, rows=rows, overview=overview(rows), listing=listing(rows))

    return made


def counted(rows: Iterable[Row]) -> dict[State, int]:
    return in_order(Counter(row.state for row in rows))
