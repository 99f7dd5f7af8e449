"""One table of exit codes: what scripts may rely on."""

import io
from typing import Any

import pytest
import typer

from config.words.catalogue import Language, Words
from engine import errors
from engine.changes.states import State
from sync.cli.exit_codes import Code, code_after, code_of, worst
from sync.cli.main import answer
from sync.cli.terminal import Terminal


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.StoreError, 1),
        (errors.OrgError, 1),
        (errors.TransientError, 1),
        (errors.LoginError, 4),
        (errors.RulebookError, 5),
        (errors.MapError, 5),
        (errors.SettingsError, 5),
        (errors.OtherOrgError, 5),
        (errors.ShutdownError, 3),
        (errors.PlanStaleError, 6),
        (errors.AuditError, 7),
        (errors.LeaseError, 8),
        (errors.UsageError, 64),
    ],
)
def test_each_class_of_error_has_its_code(kind: type[errors.LeadsyncError], code: int) -> None:
    assert code_of(kind.of("XX-000")) == code


@pytest.mark.parametrize(
    ("state", "code"),
    [(State.APPLIED, 0), (State.UNCHANGED, 0), (State.PLANNED, 0), (State.HELD, 3), (State.CONFLICT, 3),
     (State.REFUSED, 3), (State.UNKNOWN, 3), (State.APPROVED, 3)],
)  # fmt: skip
def test_what_a_run_left_undone_makes_it_partly_done(state: State, code: int) -> None:
    assert code_after({state: 1}) == code


def test_of_several_codes_the_worst_is_told() -> None:
    assert worst([Code.DONE, Code.PARTLY, Code.LOGIN, Code.FAILED]) == Code.LOGIN
    assert worst([]) == Code.DONE
    assert {worst([Code.DONE, code]) for code in Code} == set(Code)


def test_a_run_without_changes_is_done() -> None:
    assert code_after({}) == 0


@pytest.mark.parametrize("language", list(Language))
def test_ctrl_c_ends_with_130_and_a_plain_sentence(language: Language) -> None:
    app, terminal = typer.Typer(), Terminal(Words(language), io.StringIO(), io.StringIO())

    @app.command()
    def long() -> None:
        raise KeyboardInterrupt

    assert answer(app, terminal, []) == 130
    assert terminal.err.getvalue() == Words(language).say("cli.interrupted") + "\n"  # type: ignore[attr-defined]  # a StringIO


@pytest.mark.parametrize("given", [["nope"], ["explain"], ["plan", "--bogus"], ["demo", "--leads", "many"]])
@pytest.mark.usefixtures("language")
def test_a_misused_command_line_is_usage(call: Any, given: list[str]) -> None:
    told = call(*given)

    assert (told.code, told.out) == (64, "")
    assert "[CL-101]" in told.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["plan", "--ownrs"], "--ownrs というオプションはありません（--owners ではありませんか）"),
        (["explain"], "RECORD が指定されていません"),
        (["plan", "export"], "--xlsx が指定されていません"),
        (["demo", "--leads", "many"], "--leads の値が正しくありません"),
        (["approve", "--owner"], "--owner には値が必要です"),
        (["appl"], "'appl' というコマンドはありません（apply ではありませんか）"),
        (["audit"], "コマンドが指定されていません"),
        (["pause", "--reason", "a\nb"], "'a\\nb' に含まれる文字 U+000A は使えません"),
        (["show", "\0"], "'\\x00' に含まれる文字 U+0000 は使えません"),
        (["approve", "--where", "rule=\udc80"], "'rule=\\udc80' に含まれる文字 U+DC80 は使えません"),
        (["status", "now"], "余分な指定があります: now"),
    ],
)
def test_a_misused_command_line_is_told_in_the_readers_language(
    call: Any, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    monkeypatch.setenv("LEADSYNC_LANG", "ja")
    assert call(*given).err.splitlines()[0] == said
