"""Deciding on a part of a plan: by owner, by rule, by what a change does, and in a workbook."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from config.words.catalogue import Language, Words
from engine.changes.states import State
from engine.errors import PlanStaleError, Problem, UsageError
from sync.reports.workbook import write_workbook
from sync.review.decisions import approve
from sync.review.selection import Selection, chosen
from sync.review.workbook import decide
from sync.review.workbook_lines import Decision, approved_lines, read_decisions
from sync.store.approvals import approvals_of
from sync.views.plan_report import report_of
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage, staged

ENGLISH, JAPANESE = Words(Language.ENGLISH), Words(Language.JAPANESE)
DAY_SECONDS = 24 * 3600


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Stage]:
    """Four leads that wait for a person: two for 大阪府's rule, two for the default pool."""
    with begun(tmp_path / "folder", four_leads, rulebook=RULEBOOK) as stage:
        yield stage


def four_leads(stage: Stage) -> None:
    stage.plan()
    for state in ("大阪府", "大阪府", "東京都", "東京都"):
        stage.add_lead(owner="Inbound_Leads", State=state, Title="課長", NumberOfEmployees=500)
    stage.plan()


def pick(waiting: Stage, **given: tuple[str, ...]) -> set[str]:
    """Who would get the changes that are meant."""
    _, ids = chosen(waiting.worker.store, waiting.worker.mirror, waiting.run_id, Selection(**given))
    return {waiting.owner_of_change(one) for one in ids}


def test_changes_are_chosen_by_who_gets_the_record(waiting: Stage) -> None:
    assert pick(waiting, takers=("yamamoto@sandbox.example",)) == {"yamamoto"}


def test_changes_are_chosen_by_a_person_of_either_side(waiting: Stage) -> None:
    assert pick(waiting, owners=("Inbound_Leads",)) == {"yamamoto", "nakamura", "suzuki", "tanaka"}


@pytest.mark.parametrize("rule", ["to kansai", "TO  ｋａｎｓａｉ"])
def test_changes_are_chosen_by_rule_however_it_is_typed(waiting: Stage, rule: str) -> None:
    assert pick(waiting, rules=(rule,)) == {"yamamoto", "nakamura"}


def test_kinds_of_choice_narrow_each_other(waiting: Stage) -> None:
    assert pick(waiting, rules=("rule/to *",), takers=("nakamura@sandbox.example",)) == {"nakamura"}


@pytest.mark.parametrize(
    "term", ["grade = C*", "grade = Ｃ*", "grade ~ c", "grade_rank >= 3", "grade_rank < 9", "grade"]
)
def test_changes_are_chosen_by_what_they_give(waiting: Stage, term: str) -> None:
    assert len(chosen(waiting.worker.store, waiting.worker.mirror, waiting.run_id, Selection(where=(term,)))[1]) == 4


def test_a_term_that_no_change_fulfils_decides_nothing(waiting: Stage) -> None:
    with pytest.raises(UsageError, match="PL-423"):
        chosen(waiting.worker.store, waiting.worker.mirror, waiting.run_id, Selection(where=("grade = F",)))


@pytest.mark.parametrize(("given", "code"), [("nobody@sandbox.example", "PL-420"), ("", "PL-420")])
def test_a_name_that_nobody_has_is_said(waiting: Stage, given: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        chosen(waiting.worker.store, waiting.worker.mirror, waiting.run_id, Selection(takers=(given,)))


def problem_of(waiting: Stage, **given: tuple[str, ...]) -> Problem:
    """What is said to a choice that cannot be carried out."""
    with pytest.raises(UsageError) as raised:
        chosen(waiting.worker.store, waiting.worker.mirror, waiting.run_id, Selection(**given))
    return raised.value.problems[0]


@pytest.mark.parametrize("part", ["山本", "山本大樹", "YAMAM"])
def test_a_part_of_a_name_that_one_has_will_do(waiting: Stage, part: str) -> None:
    assert pick(waiting, takers=(part,)) == {"yamamoto"}


def test_of_several_who_might_be_meant_each_is_named_with_an_id(waiting: Stage) -> None:
    problem = problem_of(waiting, takers=("中",))
    assert problem.code == "PL-421"
    assert f"({waiting.owner_id('tanaka')})" in str(problem.params["found"])


@pytest.mark.parametrize(
    ("given", "code", "meant"),
    [
        ({"owners": ("yamamato@sandbox.example",)}, "PL-420", "yamamoto@sandbox.example"),
        ({"rules": ("to kansay",)}, "PL-424", "to kansai"),
        ({"where": ("grad = C",)}, "PL-425", "grade"),
    ],
    ids=["person", "rule", "field"],
)
@pytest.mark.parametrize("language", list(Language))
def test_a_slip_of_the_pen_is_answered_with_what_was_meant(
    waiting: Stage, given: dict[str, tuple[str, ...]], code: str, meant: str, language: Language
) -> None:
    problem = problem_of(waiting, **given)
    assert (problem.code, problem.params["meant"]) == (code, meant)
    assert f"'{meant}'" in Words(language).problem(problem)


def test_a_record_may_be_named_by_fifteen_characters(waiting: Stage) -> None:
    lead = waiting.add_lead(owner="Inbound_Leads", Title="課長")
    waiting.plan()
    assert waiting.approve(lead[:15]) == 1


@pytest.mark.parametrize("term", ["= 5", "score >= many", ""])
def test_a_term_that_says_nothing_is_refused(waiting: Stage, term: str) -> None:
    with pytest.raises(UsageError, match="PL-422"):
        chosen(waiting.worker.store, waiting.worker.mirror, waiting.run_id, Selection(where=(term,)))


def test_what_is_approved_is_applied_and_the_rest_waits(waiting: Stage) -> None:
    plan_id, ids = chosen(waiting.worker.store, waiting.worker.mirror, waiting.run_id, Selection(rules=("to kansai",)))
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


def sheet_of(waiting: Stage, path: Path, *said: tuple[str, str]) -> tuple[Decision, ...]:
    """A workbook of the last plan with these decisions in its first lines, read back."""
    return read_decisions(fill(workbook(waiting, path, ENGLISH), dict(enumerate(said, start=2))))


def test_an_expired_plan_is_refused_before_anything_of_another_is_done(waiting: Stage, tmp_path: Path) -> None:
    expired = sheet_of(waiting, tmp_path / "first.xlsx", ("approve", ""))
    waiting.advance(3 * DAY_SECONDS)
    waiting.add_lead(owner="Inbound_Leads", Title="課長")
    waiting.plan()
    fresh = sheet_of(waiting, tmp_path / "second.xlsx", ("approve", ""))
    waiting.advance(2 * DAY_SECONDS)

    with pytest.raises(PlanStaleError, match="PL-406"):
        decide(waiting.worker, (*fresh, *expired), approver="os:reviewer@desk", reason="")
    assert waiting.states() == {State.PLANNED: 1}


def test_all_that_is_wrong_with_a_sheet_is_said_at_once(waiting: Stage, tmp_path: Path) -> None:
    decisions = sheet_of(waiting, tmp_path / "plan.xlsx", ("approve", ""), ("reject", ""))
    waiting.advance(8 * DAY_SECONDS)

    with pytest.raises(UsageError) as raised:
        decide(waiting.worker, decisions, approver="os:reviewer@desk", reason="")
    told = [(problem.code, problem.where) for problem in raised.value.problems]
    assert told == [("CL-116", "plan.xlsx:A3"), ("PL-406", "plan.xlsx:A2")]


def test_a_baseline_is_decided_by_a_sheet_that_says_one_thing_of_all(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        for _ in range(2):
            stage.add_lead(Title="課長")
        stage.plan(with_owners=False)
        partly = sheet_of(stage, tmp_path / "partly.xlsx", ("approve", ""))
        with pytest.raises(UsageError, match="PL-402"):
            decide(stage.worker, partly, approver="os:reviewer@desk", reason="")
        whole = sheet_of(stage, tmp_path / "whole.xlsx", ("approve", ""), ("approve", ""))
        assert decide(stage.worker, whole, approver="os:reviewer@desk", reason="").approved == 2


def edited(path: Path, *said: tuple[int, str, str | int]) -> Path:
    """A workbook in which people wrote into cells: line, heading, value."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    columns = {cell.value: place for place, cell in enumerate(sheet[1], start=1)}
    for line, heading, value in said:
        sheet.cell(line, columns[heading]).value = value
    book.save(path)
    return path


def refused(waiting: Stage, sheet: Path) -> list[Problem]:
    """What is said to a sheet of which nothing is carried out."""
    before = waiting.states()
    with pytest.raises(UsageError) as raised:
        decide(
            waiting.worker, read_decisions(sheet), approver="os:reviewer@desk", reason="", lines=approved_lines(sheet)
        )
    assert waiting.states() == before
    return list(raised.value.problems)


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_an_approved_line_that_people_changed_is_refused_with_its_cells(
    waiting: Stage, tmp_path: Path, words: Words
) -> None:
    sheet = fill(workbook(waiting, tmp_path / "plan.xlsx", words), dict.fromkeys((2, 3), ("approve", "")))
    owner, state = words.say("report.column.owner_after"), words.say("report.column.state")
    stood = load_workbook(sheet).worksheets[0]["J2"].value
    edited(sheet, (2, owner, "社長"), (3, state, "OK"), (5, owner, "社長"))

    told = [(one.code, one.where, one.params["given"]) for one in refused(waiting, sheet)]

    assert told == [("CL-121", "plan.xlsx:K2", "社長"), ("CL-121", "plan.xlsx:I3", "OK")]
    assert stood


def test_a_value_that_people_write_into_an_approved_line_is_refused(waiting: Stage, tmp_path: Path) -> None:
    sheet = fill(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH), {2: ("approve", "")})
    heading = next(cell.value for cell in load_workbook(sheet).worksheets[0][1] if str(cell.value).endswith("(after)"))

    [problem] = refused(waiting, edited(sheet, (2, str(heading), 12345)))

    assert (problem.params["column"], problem.params["given"]) == (heading, "12345")


def test_a_line_that_is_rejected_may_say_anything(waiting: Stage, tmp_path: Path) -> None:
    sheet = fill(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH), {2: ("reject", "to the boss"), 3: ("approve", "")})
    edited(sheet, (2, "Owner after", "the boss"))

    decided = decide(
        waiting.worker, read_decisions(sheet), approver="os:reviewer@desk", reason="", lines=approved_lines(sheet)
    )

    assert (decided.approved, decided.rejected) == (1, 1)


def test_lines_that_were_sorted_and_columns_that_were_added_are_as_they_were(waiting: Stage, tmp_path: Path) -> None:
    path = fill(workbook(waiting, tmp_path / "plan.xlsx", JAPANESE), dict.fromkeys(range(2, 6), ("承認", "")))
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet.move_range(f"A2:{sheet.cell(2, sheet.max_column).coordinate}", rows=10)
    sheet.delete_rows(2)
    sheet.insert_cols(4)
    sheet.cell(1, 4).value = "担当メモ"
    sheet.cell(3, 4).value = "確認済み"
    book.save(path)

    decided = decide(
        waiting.worker, read_decisions(path), approver="os:reviewer@desk", reason="", lines=approved_lines(path)
    )

    assert decided.approved == 4


def test_a_change_that_no_plan_has_is_said(waiting: Stage, tmp_path: Path) -> None:
    sheet = fill(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH), {2: ("approve", ""), 3: ("approve", "")})

    told = [(one.code, one.where) for one in refused(waiting, edited(sheet, (2, "Change", "c0ffee")))]

    assert told == [("PL-407", "plan.xlsx:A2")]


def test_a_name_that_looks_like_a_formula_stays_text(waiting: Stage, tmp_path: Path) -> None:
    waiting.add_lead(owner="Inbound_Leads", Company="=1+1", Title="課長")
    waiting.plan()

    book = load_workbook(workbook(waiting, tmp_path / "plan.xlsx", ENGLISH))

    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]
