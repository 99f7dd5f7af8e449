"""What the page counts: who gives, who receives, and what mostly happens to each field."""

from typing import Any

from engine.changes.states import State
from engine.messages import Message
from sync.views.listing import listing
from sync.views.overview import Flow, overview
from sync.views.report import RunReport
from sync.views.rows import FieldChange, OwnerMove


def test_a_flow_says_to_whom_and_why(report: RunReport, cast: Any) -> None:
    (flow,) = report.overview.flows

    assert flow == Flow(
        before=cast.queue, count=2, to=((cast.smith, 1), (cast.suzuki, 1)), why=((Message.of("reason.owner.queue"), 2),)
    )


def test_the_hottest_lead_comes_first(cast: Any) -> None:
    to_suzuki = OwnerMove(cast.queue, cast.suzuki)
    rows = (cast.lead(1, move=to_suzuki, score=10), cast.lead(2, move=to_suzuki, score=90))

    (receiver,) = listing(rows).receivers

    assert [row.score for row in receiver.rows] == [90, 10]


def test_a_grade_rises_or_falls_by_its_rank(cast: Any) -> None:
    rows = (
        cast.lead(1, fields=(FieldChange("grade", "D", "B+"), FieldChange("grade_rank", 2, 8))),
        cast.lead(2, fields=(FieldChange("grade", "A", "F"), FieldChange("grade_rank", 11, 0))),
        cast.lead(3, fields=(FieldChange("grade", None, "C"), FieldChange("grade_rank", None, 5))),
    )

    (summary,) = overview(rows).summaries

    assert (summary.name, summary.count) == ("grade", 3)
    assert (summary.rises, summary.falls, summary.appears, summary.clears) == (1, 1, 1, 0)


def test_texts_are_told_by_their_most_frequent_change(cast: Any) -> None:
    common, rare = FieldChange("persona", None, "購買担当"), FieldChange("persona", None, "工場長")
    rows = [cast.lead(number, fields=(field,)) for number, field in enumerate([rare, common, common])]

    (summary,) = overview(rows).summaries

    assert summary.examples == ((common, 2), (rare, 1))


def test_what_needs_a_look_is_listed_and_what_is_done_is_not(report: RunReport) -> None:
    assert [row.state for row in report.listing.attention] == [State.CONFLICT]


def test_a_row_with_only_a_tag_counts_as_updated(cast: Any) -> None:
    assert overview([cast.lead(1, tags_added=("有望",)), cast.lead(2)]).updated == 1
