"""Logs are for operators: ids, counts and states. No value of a record, no name, no secret ever gets out."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import count
from json import loads
from typing import Any

import pytest
from structlog.typing import FilteringBoundLogger

from engine.errors import LeaseError, ShutdownError
from sync.host.log import REDACTED, adopt_libraries, open_log, unit

CANARIES = (
    "鈴木 一郎",
    "Suzuki",
    "suzuki@sandbox.example",
    "株式会社東洋精機",
    "+81 3-1234-5678",
    "03-1234-5678",
    "Acme Robotics Ltd",
    "00D000000000001!AQ4AQFakeTokenFakeToken",
    "Bearer eyJhbGciOiJSUzI1NiJ9",
    "https://example.my.salesforce.com/lightning/r/Lead/view",
    "0SuzukiIchiroTokyo",
    "-----BEGIN PRIVATE KEY-----",
)
RUN, LEAD, CHANGE = "20261121T093000Z-0012", "00Q5g00000AbCdEEAV", "0123456789abcdef0123456789abcdef"


@pytest.fixture
def stream() -> StringIO:
    return StringIO()


@pytest.fixture
def log(stream: StringIO) -> FilteringBoundLogger:
    return open_log(stream, now=lambda: datetime(2026, 11, 21, 9, 30, tzinfo=UTC))


@pytest.fixture
def libraries(log: FilteringBoundLogger) -> Iterator[None]:
    handler = adopt_libraries(log)
    yield
    logging.getLogger().removeHandler(handler)


def test_a_line_is_json_with_its_time_and_its_figures(log: FilteringBoundLogger, stream: StringIO) -> None:
    log.info("run finished", run=RUN, changes=12, held=0)

    assert _lines(stream) == [
        {
            "at": "2026-11-21T09:30:00.000+00:00",
            "level": "info",
            "event": "run finished",
            "run": RUN,
            "changes": 12,
            "held": 0,
        }
    ]


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("key", ["name", "value", "before", "message", "token", "owner", "outcome", "states"])
def test_no_value_gets_out_under_any_key(log: FilteringBoundLogger, stream: StringIO, canary: str, key: str) -> None:
    log.info("row refused", **{key: canary}, nested={"a": [canary], canary: 1}, many=(canary,))

    assert _ascii(canary) not in stream.getvalue()


@pytest.mark.parametrize("canary", CANARIES)
def test_a_value_handed_in_as_the_event_stays_inside(log: FilteringBoundLogger, stream: StringIO, canary: str) -> None:
    log.info(canary)

    assert _ascii(canary) not in stream.getvalue()


@pytest.mark.parametrize("canary", CANARIES)
def test_an_exceptions_text_stays_inside(log: FilteringBoundLogger, stream: StringIO, canary: str) -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int(f"{canary} is no number")

    log.error("run failed", exc_info=caught.value)

    (line,) = _lines(stream)
    assert _ascii(canary) not in stream.getvalue()
    assert line["error"] == "ValueError"
    assert line["trace"][0].startswith("test_log.")


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.usefixtures("libraries")
def test_a_librarys_warning_is_named_and_not_quoted(stream: StringIO, canary: str) -> None:
    logging.getLogger("urllib3.connectionpool").warning("retrying %s", canary)

    (line,) = _lines(stream)
    assert _ascii(canary) not in stream.getvalue()
    assert (line["level"], line["logger"]) == ("warning", "urllib3.connectionpool")


@pytest.mark.parametrize(
    "told", [RUN, LEAD, CHANGE, CHANGE * 2, "LS-101", "2026-11-21T09:30:00+00:00", "66.0", 3, 1.5, True, None], ids=str
)
def test_ids_counts_and_codes_pass_under_any_key(log: FilteringBoundLogger, stream: StringIO, told: object) -> None:
    log.info("seen", whatever=told)

    assert _lines(stream)[0]["whatever"] == told


def test_counts_by_state_pass(log: FilteringBoundLogger, stream: StringIO) -> None:
    log.info("plan saved", states={"planned": 3, "held": 1}, objects={"Lead": 4, "Web_Activity__c": 2})

    (line,) = _lines(stream)
    assert (line["states"], line["objects"]) == ({"planned": 3, "held": 1}, {"Lead": 4, "Web_Activity__c": 2})


def test_an_id_with_a_wrong_checksum_is_no_id(log: FilteringBoundLogger, stream: StringIO) -> None:
    log.info("seen", record="00Q5g00000AbCdEAAA")

    assert _lines(stream)[0]["record"] == REDACTED


def test_a_unit_of_work_leaves_one_line(log: FilteringBoundLogger, stream: StringIO) -> None:
    ticks = count(start=1.0, step=2.5)

    with unit(log, "pull finished", monotonic=lambda: next(ticks)) as figures:
        figures["rows"] = 5000

    (line,) = _lines(stream)
    assert (line["event"], line["rows"], line["outcome"], line["seconds"]) == ("pull finished", 5000, "done", 2.5)


def test_a_unit_that_is_told_to_end_has_not_failed(log: FilteringBoundLogger, stream: StringIO) -> None:
    def pull() -> None:
        with unit(log, "pull finished", monotonic=lambda: 0.0):
            raise ShutdownError.of("SC-101")

    with pytest.raises(ShutdownError):
        pull()

    (line,) = _lines(stream)
    assert (line["level"], line["outcome"]) == ("info", "interrupted")


def test_a_unit_that_fails_leaves_its_line_too(log: FilteringBoundLogger, stream: StringIO) -> None:
    def pull() -> None:
        with unit(log, "pull finished", monotonic=lambda: 0.0) as figures:
            figures["rows"] = 7
            raise LeaseError.of("LS-101", holder="host 鈴木")

    with pytest.raises(LeaseError):
        pull()

    (line,) = _lines(stream)
    assert (line["level"], line["rows"], line["outcome"], line["error"]) == ("error", 7, "failed", "LeaseError")


def _lines(stream: StringIO) -> list[dict[str, Any]]:
    return [loads(line) for line in stream.getvalue().splitlines()]


def _ascii(canary: str) -> str:
    """As JSON would have written it."""
    return canary.encode("unicode_escape").decode()
