"""The verbs on a small sandbox org: what each answers, and with which code."""

import csv
import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from config.rulebook.folder import FOLDERS
from config.words.catalogue import Language, Words


def test_plan_counts_and_writes_nothing(call: Any, folder: Path) -> None:
    told = call("plan", "--owners", "--folder", folder, "--json").document

    assert told["schema_version"] == 1
    assert told["has_changes"]
    assert told["states"] == {"planned": told["proposed"]}
    assert "changes" not in told


def test_plan_ends_with_2_when_asked_and_there_are_changes(call: Any, folder: Path) -> None:
    assert call("plan", "--folder", folder, "--detailed-exitcode").code == 2


def test_a_run_leaves_one_line_of_log_without_anybodys_name(call: Any, folder: Path) -> None:
    told = json.loads(call("plan", "--folder", folder).err.splitlines()[0])
    assert (told["event"], told["verb"], told["outcome"]) == ("run finished", "plan", "done")
    assert told["pulled"]["Lead"] > 0


@pytest.mark.parametrize("verb", [("show",), ("report",), ("approve", "--all"), ("reject", "--all", "--reason", "no")])
def test_before_the_first_plan_there_is_nothing_to_name(call: Any, folder: Path, verb: tuple[str, ...]) -> None:
    told = call(*verb, "--folder", folder)

    assert told.code == 64
    assert "[PL-413]" in told.err


def test_show_lists_every_change(call: Any, planned: Any) -> None:
    told = call("show", planned.plan, "--folder", planned.folder, "--json").document

    assert len(told["changes"]) == told["proposed"]
    assert told["plan"]["id"] == planned.plan


def test_a_plan_may_be_named_by_its_end(call: Any, planned: Any) -> None:
    assert call("show", planned.plan[-4:], "--folder", planned.folder, "--json").document["run"] == planned.plan


def test_show_tells_who_moves_where_and_why(call: Any, planned: Any) -> None:
    told = call("show", planned.plan, "--folder", planned.folder).out

    assert "Who moves where, and why" in told
    assert "waiting in the intake queue" in told


def test_approve_then_apply_writes_what_was_approved(call: Any, planned: Any) -> None:
    assert call("approve", planned.plan, "--all", "--folder", planned.folder).code == 0

    told = call("apply", "--folder", planned.folder, "--json")

    assert told.code == 0
    assert told.document["states"] == {"applied": told.document["changes"]}


def test_nothing_is_approved_by_forgetting_an_argument(call: Any, planned: Any) -> None:
    told = call("approve", planned.plan, "--folder", planned.folder)

    assert told.code == 64
    assert "[CL-104]" in told.err


def test_a_workbook_with_decisions_is_not_written_over(call: Any, planned: Any, tmp_path: Path) -> None:
    sheet = tmp_path / "plan.xlsx"
    assert call("plan", "export", "--xlsx", sheet, "--folder", planned.folder).code == 0
    assert call("plan", "export", "--xlsx", sheet, "--folder", planned.folder).code == 0
    book = load_workbook(sheet)
    book.worksheets[0]["A2"] = "approve"
    book.save(sheet)

    told = call("plan", "export", "--xlsx", sheet, "--folder", planned.folder)

    assert (told.code, "[CL-119]" in told.err) == (64, True)
    assert load_workbook(sheet).worksheets[0]["A2"].value == "approve"


def test_a_workbook_of_a_name_nobody_can_read_decisions_from_is_refused(
    call: Any, planned: Any, tmp_path: Path
) -> None:
    told = call("plan", "export", "--xlsx", tmp_path / "plan.csv", "--folder", planned.folder)

    assert (told.code, "[CL-118]" in told.err) == (64, True)
    assert not (tmp_path / "plan.csv").exists()


def test_a_sheet_nobody_filled_in_says_so(call: Any, planned: Any, tmp_path: Path) -> None:
    sheet = tmp_path / "plan.xlsx"
    call("plan", "export", "--xlsx", sheet, "--folder", planned.folder)

    assert "no line has a decision" in call("approve", "--from", sheet, "--folder", planned.folder).err


def test_a_sheet_whose_lines_are_late_is_partly_done(call: Any, planned: Any, tmp_path: Path) -> None:
    sheet = tmp_path / "plan.xlsx"
    call("plan", "export", "--xlsx", sheet, "--folder", planned.folder)
    book = load_workbook(sheet)
    for line in range(2, book.worksheets[0].max_row + 1):
        book.worksheets[0].cell(line, 1, "approve")
    book.save(sheet)

    codes = [call("approve", "--from", sheet, "--folder", planned.folder).code for _ in range(2)]

    assert codes == [0, 3]


@pytest.mark.parametrize("reason", ["", " ", "　"])
def test_a_rejection_without_a_reason_is_refused_and_turns_nothing_down(call: Any, planned: Any, reason: str) -> None:
    refused = call("reject", planned.plan, "--all", "--reason", reason, "--folder", planned.folder)
    assert (refused.code, "CL-116" in refused.err) == (64, True)
    assert "rejected" not in call("show", planned.plan, "--folder", planned.folder, "--json").document["states"]


def test_reject_turns_changes_down(call: Any, planned: Any) -> None:
    assert call("reject", planned.plan, "--all", "--reason", "not now", "--folder", planned.folder).code == 0

    assert set(call("show", planned.plan, "--folder", planned.folder, "--json").document["states"]) == {"rejected"}


def test_report_leaves_three_files_for_their_owner_only(call: Any, planned: Any) -> None:
    paths = [Path(line) for line in call("report", planned.plan, "--folder", planned.folder).out.splitlines()]

    assert [path.suffix for path in paths] == [".html", ".csv", ".json"]
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}


def test_the_report_of_an_apply_tells_what_it_sent(call: Any, planned: Any, tmp_path: Path) -> None:
    call("approve", planned.plan, "--all", "--folder", planned.folder)
    applied = call("apply", "--folder", planned.folder, "--json").document

    told = call("report", applied["run"], "--folder", planned.folder, "--json").document
    call("report", applied["run"], "--to", tmp_path / "apply.html", "--folder", planned.folder)

    sent = [change["state"] for change in told["changes"]]
    assert (told["verb"], told["outcome"], told["plan"]) == ("apply", "done", None)
    assert told["states"] == {"applied": len(sent)}
    assert 0 < len(sent) <= applied["changes"]
    assert "apply: done" in (tmp_path / "apply.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("language")
def test_the_report_of_a_run_that_sent_nothing_says_so(call: Any, planned: Any, tmp_path: Path, language: str) -> None:
    applied = call("apply", "--folder", planned.folder, "--json").document

    call("report", applied["run"], "--to", tmp_path / "apply.html", "--folder", planned.folder)

    told = Words(Language(language)).say("report.nothing_sent")
    assert told in (tmp_path / "apply.html").read_text(encoding="utf-8")


def test_the_report_of_a_plan_with_nothing_new_says_what_is_open(call: Any, planned: Any, tmp_path: Path) -> None:
    again = call("plan", "--folder", planned.folder, "--json").document

    call("report", again["run"], "--to", tmp_path / "again.html", "--folder", planned.folder)

    page = (tmp_path / "again.html").read_text(encoding="utf-8")
    assert f"Changes of earlier plans that still wait: {again['plan']['counts']['kept']}" in page


@pytest.mark.long
def test_a_held_plan_says_which_limit_it_passed_and_what_to_do(call: Any, planned: Any, language: str) -> None:
    words = Words(Language(language))
    for verb in (("approve", "--all"), ("apply",)):
        call(*verb, "--folder", planned.folder)
    rulebook = planned.folder / "rulebook" / "rulebook.yaml"
    text = rulebook.read_text(encoding="utf-8")
    rulebook.write_text(text.replace("{percent: 10, min: 50, max", "{percent: 1, min: 1, max"), encoding="utf-8")
    scoring = planned.folder / "rulebook" / "scoring.yaml"
    scoring.write_text(scoring.read_text(encoding="utf-8").replace("page view: 1", "page view: 9"), encoding="utf-8")

    told = call("plan", "--folder", planned.folder)

    count = call("show", "--folder", planned.folder, "--json").document["states"]["held"]
    assert told.code == 3
    assert words.say("note.limit", changes=count, limit=1) in told.out
    assert "`change limit`" in told.err
    assert "leadsync approve" in told.err


def test_show_and_plan_count_the_same(call: Any, planned: Any) -> None:
    """One looks the records up, the other only counts."""
    shown = call("show", planned.plan, "--folder", planned.folder, "--json").document

    counted: dict[str, int] = {}
    for change in shown["changes"]:
        counted[change["state"]] = counted.get(change["state"], 0) + 1
    assert shown["states"] == counted


def test_a_reports_ending_says_as_what(call: Any, planned: Any, tmp_path: Path) -> None:
    call("report", planned.plan, "--to", tmp_path / "moves.csv", "--folder", planned.folder)
    changes = call("show", planned.plan, "--folder", planned.folder, "--json").document["changes"]

    text = (tmp_path / "moves.csv").read_text(encoding="utf-8-sig")
    assert len(list(csv.DictReader(StringIO(text)))) == len(changes)


def test_a_report_of_another_kind_is_refused(call: Any, planned: Any, tmp_path: Path) -> None:
    told = call("report", planned.plan, "--to", tmp_path / "moves.docx", "--folder", planned.folder)

    assert told.code == 64
    assert "[CL-105]" in told.err


def test_explain_says_why(call: Any, planned: Any) -> None:
    changes = call("show", planned.plan, "--folder", planned.folder, "--json").document["changes"]

    told = call("explain", changes[0]["record"], "--folder", planned.folder)

    assert told.code == 0
    assert "Persona: " in told.out
    assert planned.plan in told.out


def test_the_audit_is_exported_and_verified(call: Any, planned: Any, tmp_path: Path) -> None:
    exported = call("audit", "export", "--to", tmp_path / "audit.jsonl", "--folder", planned.folder, "--json").document

    told = call("audit", "verify", tmp_path / "audit.jsonl", "--expect-head", exported["head"], "--json")

    assert (told.code, told.document["entries"]) == (0, exported["entries"])


def test_a_touched_audit_ends_with_7(call: Any, planned: Any, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    call("audit", "export", "--to", file, "--folder", planned.folder)
    file.write_bytes(file.read_bytes().replace(b'"planned"', b'"applied"', 1))

    assert call("audit", "verify", file).code == 7


def test_doctor_finds_a_fresh_folder_well(call: Any, folder: Path) -> None:
    told = call("doctor", "--folder", folder, "--json")

    assert told.code == 0
    assert told.document["ok"]


def test_validate_counts_what_it_read(call: Any, folder: Path) -> None:
    told = call("validate", "--folder", folder, "--json")

    assert (told.code, told.document["is_valid"]) == (0, True)
    assert set(told.document["counts"]) == {"objects", "fields", "pools", *(each.field for each in FOLDERS.values())}


def test_validate_tells_each_kind_that_a_rulebook_holds(call: Any, folder: Path) -> None:
    counts = call("validate", "--folder", folder, "--json").document["counts"]
    told = call("validate", "--folder", folder).out
    assert f"{counts['personas']} personas, {counts['profiles']} profiles, {counts['segments']} segments" in told
    assert f"{counts['rules']} automation rules, {counts['pools']} pools; {counts['fields']} fields" in told


@pytest.mark.parametrize("verb", ["validate", "plan"])
def test_a_related_object_that_nothing_names_is_told(call: Any, folder: Path, verb: str) -> None:
    with (folder / "map.yaml").open("a", encoding="utf-8") as file:
        file.write("related: {Account: {fields: {name: Name}}}\n")

    told = call(verb, "--folder", folder)

    assert "no lookup names Account" in told.err
    assert "[MP-401]" in told.err


def test_config_tells_where_each_value_is_from(call: Any, folder: Path) -> None:
    rows = {row["name"]: row for row in call("config", "--folder", folder, "--json").document["settings"]}

    assert rows["org"]["origin"].startswith("settings.yaml:")
    assert rows["look_back_seconds"]["value"] == 900


def test_config_says_nothing_of_what_is_not_set_and_every_reason_whole(
    call: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {row["name"]: row for row in call("config", "--folder", folder, "--json").document["settings"]}
    assert rows["ca_file"]["value"] == ""
    monkeypatch.setenv("LEADSYNC_LANG", "ja")
    assert "…" not in call("config", "--folder", folder).out


def test_config_tells_which_values_are_the_rulebook_s(call: Any, folder: Path) -> None:
    rulebook = folder / "rulebook" / "rulebook.yaml"
    kept = [line for line in rulebook.read_text(encoding="utf-8").splitlines() if not line.startswith("owner limit")]
    rulebook.write_text("\n".join(["owner limit: {leavers: 40}", *kept]), encoding="utf-8")

    rows = {row["name"]: row for row in call("config", "--folder", folder, "--json").document["settings"]}

    told = rows["leaver_limit_percent"]
    assert (told["value"], told["origin"]) == (40, "rulebook/rulebook.yaml:1:24")
    assert rows["owner_limit_min"]["origin"] in {"default", "既定"}


def test_config_shows_no_password(call: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSYNC_STORE", "postgresql://leadsync:hunter2@db/leadsync")

    told = call("config", "--folder", folder, "--json").out

    assert "hunter2" not in told
    assert "leadsync:***@db" in told


def test_a_day_passes_in_the_sandbox_org_of_a_folder(call: Any, folder: Path) -> None:
    before = call("status", "--folder", folder, "--json").document["at"]
    told = call("demo", "--next-day", "--folder", folder)
    after = call("status", "--folder", folder, "--json").document["at"]

    assert (told.code, "a day passed in the org" in told.out) == (0, True)
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) > timedelta(hours=24)


def test_no_day_passes_in_an_org_of_ones_own(call: Any, folder: Path) -> None:
    settings = folder / "settings.yaml"
    text = settings.read_text(encoding="utf-8").replace("org: sandbox", "org: https://example.my.salesforce.com")
    login = "login: {method: jwt, consumer key: k, username: u@example.com, private key file: key}"
    settings.write_text(f"{text}\n{login}\n", encoding="utf-8")

    assert "[SB-102]" in call("demo", "--next-day", "--folder", folder).err


@pytest.mark.long
def test_a_command_that_is_shown_can_be_pasted_where_one_stands(
    call: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = call("plan", "--folder", folder).err
    monkeypatch.chdir(folder)
    within = call("approve", "--all").err

    assert f"`leadsync apply --folder {folder}`" in elsewhere
    assert "`leadsync apply`" in within
