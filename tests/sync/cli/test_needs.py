"""What a verb needs: whoever decides, looks or stops the worker needs no secret, and mostly no rules that can be read."""

from pathlib import Path
from typing import Any

import pytest

from tests.sync.cli.conftest import Call, Planned

REAL = """org: https://acme.my.salesforce.com
login: {consumer key: 3MVG9, username: leadsync@acme.example, private key file: /nowhere/leadsync.key}
"""
BEYOND_THE_ORG = [
    ("status",),
    ("pause",),
    ("resume",),
    ("show", "PLAN"),
    ("report", "PLAN"),
    ("reject", "PLAN", "--all", "--reason", "not now"),
    ("audit", "verify"),
    ("audit", "export"),
]


def asked(call: Call, planned: Planned, verb: tuple[str, ...]) -> Any:
    return call(*(planned.plan if word == "PLAN" else word for word in verb), "--folder", planned.folder)


def without_key(planned: Planned) -> Planned:
    """The folder of a real org whose private key this account may not read."""
    (planned.folder / "settings.yaml").write_text(REAL, encoding="utf-8")
    return planned


def broken(planned: Planned, file: str) -> Planned:
    (planned.folder / file).write_text("neither: [this\n", encoding="utf-8")
    return planned


@pytest.mark.parametrize("verb", BEYOND_THE_ORG, ids=" ".join)
def test_who_never_speaks_to_the_org_needs_no_key(call: Call, planned: Planned, verb: tuple[str, ...]) -> None:
    told = asked(call, without_key(planned), verb)

    assert told.code == 0, told.err


def test_approving_needs_no_key(call: Call, planned: Planned) -> None:
    told = asked(call, without_key(planned), ("approve", "PLAN", "--all"))

    # 6: the plan of the fixture is of a day in November and may have expired by now.
    assert told.code in {0, 6}, told.err


@pytest.mark.parametrize(
    "verb", [("plan",), ("apply",), ("run",), ("run", "--once"), ("sweep",), ("serve",)], ids=" ".join
)
def test_who_speaks_to_the_org_is_told_which_key_is_missing(
    call: Call, planned: Planned, verb: tuple[str, ...]
) -> None:
    told = asked(call, without_key(planned), verb)

    assert (told.code, "ST-131" in told.err) == (5, True)


def test_doctor_tells_of_a_missing_key_and_looks_at_the_rest(call: Call, planned: Planned) -> None:
    told = call("doctor", "--folder", without_key(planned).folder, "--json")

    checks = {check["id"]: check["ok"] for check in told.document["checks"]}
    assert told.code == 4
    assert checks == {"login": False, "mirror": True, "audit": True}


@pytest.mark.parametrize("file", ["map.yaml", "rulebook/rulebook.yaml"])
@pytest.mark.parametrize(
    "verb",
    [("status",), ("pause",), ("resume",), ("reject", "PLAN", "--all", "--reason", "no"), ("audit", "verify")],
    ids=" ".join,
)
def test_a_slip_in_map_or_rules_stops_nobody_who_stops_the_worker(
    call: Call, planned: Planned, verb: tuple[str, ...], file: str
) -> None:
    assert asked(call, broken(planned, file), verb).code == 0


@pytest.mark.parametrize("verb", [("show", "PLAN"), ("report", "PLAN"), ("plan",), ("serve",)], ids=" ".join)
def test_who_needs_the_map_says_what_is_wrong_in_it(call: Call, planned: Planned, verb: tuple[str, ...]) -> None:
    told = asked(call, broken(planned, "map.yaml"), verb)

    assert (told.code, "map.yaml:" in told.err) == (5, True)


@pytest.mark.parametrize(("file", "check"), [("map.yaml", "map"), ("rulebook/rulebook.yaml", "rulebook")])
def test_doctor_tells_of_a_slip_and_looks_at_the_rest(call: Call, planned: Planned, file: str, check: str) -> None:
    told = call("doctor", "--folder", broken(planned, file).folder, "--json")

    checks = {each["id"]: each["ok"] for each in told.document["checks"]}
    assert told.code == 5
    assert (checks[check], checks["login"], checks["audit"]) == (False, True, True)


def test_settings_that_cannot_be_read_are_told(call: Call, tmp_path: Path) -> None:
    assert call("status", "--folder", tmp_path).code == 5
