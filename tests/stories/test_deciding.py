"""Deciding on a part of a plan: by owner, by rule, by what a change does, and in a workbook."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from config.words.catalogue import Language, Words
from engine.errors import UsageError
from engine.states import State
from sync.reports.assembly import report_of
from sync.reports.decisions import read_decisions
from sync.reports.workbook import write_workbook
from sync.review.decisions import approve
from sync.review.selection import Selection, chosen
from sync.review.sheet import decide
from sync.store.approvals import approvals_of
from tests.stage import Stage

ENGLISH, JAPANESE = Words(Language.ENGLISH), Words(Language.JAPANESE)


@pytest.fixture
def waiting(stage: Stage) -> Stage:
    """Four leads that wait for a person: two for 大阪府's rule, two for the default pool."""
    for state in ("大阪府", "大阪府", "東京都", "東京都"):
        stage.add_lead(owner="Inbound_Leads", State=state, Title="課長", NumberOfEmployees=500)
    stage.plan()
    return stage


def pick(waiting: Stage, **given: tuple[str, ...]) -> set[str]:
    """Who would get the changes that are meant."""
    _, ids = chosen(waiting.worker, waiting.run_id, Selection(**given))
    return {waiting.owner_of_change(one) for one in ids}


def test_changes_are_chosen_by_who_gets_the_record(waiting: Stage) -> None:
    assert pick(waiting, takers=("yamamoto@sandbox.example",)) == {"yamamoto"}


def test_changes_are_chosen_by_a_person_of_either_side(waiting: Stage) -> None:
    assert pick(waiting, owners=("Inbound_Leads",)) == {"yamamoto", "nakamura", "suzuki", "tanaka"}


def test_changes_are_chosen_by_rule(waiting: Stage) -> None:
    assert pick(waiting, rules=("to kansai",)) == {"yamamoto", "nakamura"}


def test_kinds_of_choice_narrow_each_other(waiting: Stage) -> None:
    assert pick(waiting, rules=("rule/to *",), takers=("nakamura@sandbox.example",)) == {"nakamura"}


@pytest.mark.parametrize("term", ["grade = C*", "grade ~ c", "grade_rank >= 3", "grade_rank < 9", "grade"])
def test_changes_are_chosen_by_what_they_give(waiting: Stage, term: str) -> None:
    assert len(chosen(waiting.worker, waiting.run_id, Selection(where=(term,)))[1]) == 4


def test_a_term_that_no_change_fulfils_decides_nothing(waiting: Stage) -> None:
    with pytest.raises(UsageError, match="PL-423"):
        chosen(waiting.worker, waiting.run_id, Selection(where=("grade = F",)))


@pytest.mark.parametrize(("given", "code"), [("nobody@sandbox.example", "PL-420"), ("", "PL-420")])
def test_a_name_that_nobody_has_is_said(waiting: Stage, given: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        chosen(waiting.worker, waiting.run_id, Selection(takers=(given,)))


@pytest.mark.parametrize("term", ["= 5", "score >= many", ""])
def test_a_term_that_says_nothing_is_refused(waiting: Stage, term: str) -> None:
    with pytest.raises(UsageError, match="PL-422"):
        chosen(waiting.worker, waiting.run_id, Selection(where=(term,)))


def test_what_is_approved_is_applied_and_the_rest_waits(waiting: Stage) -> None:
    plan_id, ids = chosen(waiting.worker, waiting.run_id, Selection(rules=("to kansai",)))
    approve(waiting.worker, plan_id, change_ids=list(ids), approver="os:reviewer@desk")

    waiting.apply()

    assert waiting.states(plan_id) == {State.APPLIED: 2, State.PLANNED: 2}


def workbook(waiting: Stage, path: Path, words: Words) -> Path:
    with waiting.worker.store.read():
        write_workbook(report_of(waiting.worker, waiting.header()), path, words)
    return path


def fill(path: Path, decisions: dict[int, tuple[str, str]]) -> Path:
    """Write decision and reason into lines of the first sheet, as people do."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    for line, (decision, reason) in decisions.items():
        sheet.cell(line, 1, decision)
        sheet.cell(line, 2, reason)
    book.save(path)
    return path


@pytest.mark.parametrize(("words", "yes", "no"), [(ENGLISH, "Approve", "reject"), (JAPANESE, "承認", "却下")])
def test_decisions_of_a_workbook_are_carried_out(
    waiting: Stage, tmp_path: Path, words: Words, yes: str, no: str
) -> None:
    sheet = fill(workbook(waiting, tmp_path / "plan.xlsx", words), {2: (yes, ""), 3: (no, "顧客の希望")})

    decide(waiting.worker, read_decisions(sheet), approver="os:reviewer@desk", reason="")

    assert waiting.states() == {State.APPROVED: 1, State.REJECTED: 1, State.PLANNED: 2}


def test_the_reason_of_an_approval_is_kept(waiting: Stage, tmp_path: Path) -> None:
    sheet = fill(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH), {2: ("approve", "先方の指名")})
    decisions = read_decisions(sheet)

    decide(waiting.worker, decisions, approver="os:reviewer@desk", reason="")

    with waiting.worker.store.read() as tx:
        found = approvals_of(tx, [decisions[0].change_id])
    assert [one.reason for one in found.values()] == ["先方の指名"]


def test_a_workbook_read_twice_decides_once(waiting: Stage, tmp_path: Path) -> None:
    decisions = read_decisions(fill(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH), {2: ("approve", "")}))
    decide(waiting.worker, decisions, approver="os:reviewer@desk", reason="")

    again = decide(waiting.worker, decisions, approver="os:reviewer@desk", reason="")

    assert (again.approved, again.late) == (0, ("plan.xlsx:A2",))


def test_columns_that_people_move_and_add_change_nothing(waiting: Stage, tmp_path: Path) -> None:
    path = fill(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH), {2: ("approve", "")})
    book = load_workbook(path)
    book.worksheets[0].insert_cols(1)
    book.save(path)

    assert [decision.where for decision in read_decisions(path)] == ["plan.xlsx:B2"]


@pytest.mark.parametrize(
    ("line", "code"), [(("maybe", ""), "CL-113"), (("reject", ""), "CL-116")], ids=["no decision", "no reason"]
)
def test_a_line_that_cannot_be_carried_out_stops_them_all(
    waiting: Stage, tmp_path: Path, line: tuple[str, str], code: str
) -> None:
    sheet = fill(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH), {2: ("approve", ""), 3: line})

    with pytest.raises(UsageError, match=code):
        decide(waiting.worker, read_decisions(sheet), approver="os:reviewer@desk", reason="")
    assert waiting.states() == {State.PLANNED: 4}


def test_a_file_that_is_no_workbook_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_text("not a workbook", encoding="utf-8")

    with pytest.raises(UsageError, match="CL-111"):
        read_decisions(tmp_path / "plan.xlsx")


def test_a_name_that_looks_like_a_formula_stays_text(waiting: Stage, tmp_path: Path) -> None:
    waiting.add_lead(owner="Inbound_Leads", Company="=1+1", Title="課長")
    waiting.plan()

    book = load_workbook(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH))

    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]
