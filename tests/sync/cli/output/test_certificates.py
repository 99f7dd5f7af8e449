"""Certificates near their end, as people and machines come to know of them without asking `doctor`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings.settings import load_settings
from config.words.catalogue import Language, Words
from sync.doctor.certificates import Certificate, certificates, warning
from tests.certificates import ending
from tests.sync.cli.conftest import Call

END = datetime(2027, 3, 1, 12, tzinfo=UTC)


def set_up(folder: Path, *lines: str) -> Path:
    (folder / "settings.yaml").write_text("\n".join(["org: sandbox", "syncs: {sweep: off}", *lines]), encoding="utf-8")
    return folder


@pytest.fixture
def near(call: Call, folder: Path) -> Path:
    """A folder whose app has a certificate for another five days."""
    now = datetime.fromisoformat(call("status", "--folder", folder, "--json").document["at"])
    (folder / "app.crt").write_text(ending(now + timedelta(days=5, hours=12))[0], encoding="ascii")
    return set_up(folder, "login: {certificate file: app.crt}")


@pytest.mark.parametrize("language", list(Language))
def test_each_step_towards_the_end_has_words_of_its_own(language: Language) -> None:
    given = Certificate("certificate file", "leadsync", END)
    told = [warning(given, now=END - timedelta(days=days)) for days in (60, 30, 7, 0)]
    said = [
        Words(language).say(one.key, name="certificate file", subject="leadsync", day="2027-03-01", days=7)
        for one in told
        if one
    ]

    assert len(set(said)) == 4


def test_status_warns_and_says_how_many_days_are_left(call: Call, near: Path) -> None:
    said = call("status", "--folder", near)
    [told] = call("status", "--folder", near, "--json").document["certificates"]

    assert "urgent: the certificate file (leadsync)" in said.out
    assert (told["name"], told["days_left"], told["urgency"]) == ("certificate file", 5, "urgent")


@pytest.mark.long
def test_a_run_warns_once_a_day(call: Call, near: Path) -> None:
    first, second = (call("plan", "--folder", near).err.splitlines() for _ in range(2))

    events = [json.loads(line) for line in first if line.startswith("{")]
    [warned] = [event for event in events if event["event"] == "certificate ends"]
    assert (warned["level"], warned["certificate"], warned["state"], warned["days_left"]) == (
        "warning", "certificate file", "urgent", 5,
    )  # fmt: skip
    assert "[redacted]" not in str(warned)
    assert not [line for line in second if "certificate" in line]


def test_one_that_cannot_be_read_is_said_and_stops_nothing(call: Call, folder: Path) -> None:
    set_up(folder, "login: {certificate file: missing.crt}")
    said = call("status", "--folder", folder)

    assert (said.code, "ST-131" in said.out) == (0, True)
    assert call("plan", "--folder", folder).code == 0


@pytest.mark.parametrize("named", ["private key file", "next private key file"])
def test_a_certificate_beside_its_key_is_known_without_being_named(folder: Path, named: str) -> None:
    certificate, key = ending(END)
    (folder / "app.pem").write_text(key + certificate, encoding="ascii")
    set_up(folder, f"login: {{{named}: app.pem}}")

    assert certificates(load_settings(folder, {})) == (Certificate(named, "leadsync", END),)


def test_a_certificate_that_is_named_twice_is_told_once(folder: Path) -> None:
    certificate, key = ending(END)
    (folder / "app.pem").write_text(key + certificate, encoding="ascii")
    set_up(folder, "login: {private key file: app.pem, certificate file: app.pem}")

    assert certificates(load_settings(folder, {})) == (Certificate("certificate file", "leadsync", END),)


def test_a_key_alone_tells_nothing(folder: Path) -> None:
    (folder / "app.key").write_text(ending(END)[1], encoding="ascii")
    set_up(folder, "login: {private key file: app.key}")

    assert certificates(load_settings(folder, {})) == ()
