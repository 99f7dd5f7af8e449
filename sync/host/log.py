"""The log: JSON lines on stderr, one canonical line for each unit of work, and nothing about people.

Redaction is by what may pass, not by what may not: numbers, ids, digests, times and codes are recognised by their
shape, words only under the few keys listed here. Whatever else is handed in is replaced, so that a careless call, an
exception's text or a library's warning cannot carry a name or a secret out of the machine.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from engine.errors import ShutdownError
from mapping.ids import is_id

REDACTED = "[redacted]"
_PLACES_MAX = 5

# Under these keys stand words of ours, written in lower case: `event`, `verb`, `outcome`, ...
PHRASE_KEYS = frozenset(
    {"event", "level", "verb", "outcome", "state", "states", "mode", "lease", "dialect", "reason", "certificate"}
)
_PHRASE = re.compile(r"[a-z]+(?:[ -][a-z]+){0,7}")
# Under these, single names of objects, fields, modules, classes and the org's error codes.
NAME_KEYS = frozenset(
    {
        "object", "objects", "field", "fields", "error", "codes", "logger", "trace", "sync",
        "pulled", "pulled_new", "unparsed", "fates", "drift", "waits",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}")
_SHAPES = re.compile(
    r"""
      [0-9]{8}T[0-9]{6}Z-[0-9]{4,}                                  # a run, and the plan it proposed
    | [0-9a-f]{32} | [0-9a-f]{64}                                   # a change, a digest
    | [0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]{5,15}(?:Z|[+-][0-9:]{4,6})?)?  # a time
    | [A-Z]{2}-[0-9]{3}                                             # one of our error codes
    | 0[0-9a-zA-Z]{17}                                              # a Salesforce id; its checksum is looked at too
    | v?[0-9]+(?:\.[0-9]+){1,3}                                     # a version
    """,
    re.VERBOSE,
)


def open_log(stream: TextIO, *, now: Callable[[], datetime], level: str = "info") -> FilteringBoundLogger:
    """A logger that writes to `stream`. Bind what every line of a run shares once: `log.bind(run=...)`."""

    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"at": now().isoformat(timespec="milliseconds"), **event}

    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[structlog.processors.add_log_level, _name_exception, stamp, redact, _in_order,
                    structlog.processors.JSONRenderer(ensure_ascii=True)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )  # fmt: skip
    return log


@contextmanager
def unit(log: FilteringBoundLogger, event: str, *, monotonic: Callable[[], float]) -> Iterator[dict[str, Any]]:
    """One canonical line for a unit of work, also when it fails; the body fills in its figures as it goes."""
    figures: dict[str, Any] = {}
    begun = monotonic()
    outcome, level = "done", "info"
    try:
        yield figures
    except ShutdownError:
        outcome = "interrupted"  # as it was told to, and nothing is wrong
        raise
    except BaseException as error:
        outcome, level = "failed", "error"
        figures |= {"error": type(error).__name__, "trace": places_of(error)}
        raise
    finally:
        figures.setdefault("outcome", outcome)
        log.log(logging.getLevelNamesMapping()[level.upper()], event, **figures,
                seconds=round(monotonic() - begun, 3))  # fmt: skip


def adopt_libraries(log: FilteringBoundLogger) -> logging.Handler:
    """Send what libraries say through `log` from warnings up: who said it and where, never the text itself.

    The handler is returned so that its owner can take it off the root logger again.
    """

    class Adopter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.log(record.levelno, "library said something", logger=record.name, line=record.lineno,
                    error=record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None)  # fmt: skip

    handler = Adopter(logging.WARNING)
    logging.getLogger().addHandler(handler)
    return handler


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Everything that is not a number, a known shape or a word under a known key is replaced."""
    return {key: _safe(key, held) for key, held in event.items() if key.isidentifier() and key.isascii()}


def _safe(key: str, held: object) -> object:
    match held:
        case None | bool() | int() | float():
            return held
        case str():
            return held if _may_pass(key, held) else REDACTED
        case datetime():
            return held.isoformat()
        case Mapping():
            # Counts by state, by object, by code.
            return {inner if _may_pass(key, str(inner)) else REDACTED: _safe(key, one) for inner, one in held.items()}
        case list() | tuple() | set() | frozenset():
            return [_safe(key, one) for one in held]
        case _:
            return REDACTED


def _may_pass(key: str, text: str) -> bool:
    if _SHAPES.fullmatch(text):
        return len(text) != 18 or not text.startswith("0") or is_id(text)
    pattern = _PHRASE if key in PHRASE_KEYS else _NAME if key in NAME_KEYS else None
    return pattern is not None and pattern.fullmatch(text) is not None


def _name_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception leaves its class and the lines it went through; its text may hold anything."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["codes"] = [problem.code for problem in getattr(error, "problems", ())]
        event["trace"] = places_of(error)
    return event


def places_of(error: BaseException) -> list[str]:
    """The last places an error went through, such as `pull.57`: modules and lines, nobody's words."""
    trace, lines = error.__traceback__, []
    while trace:
        lines.append(f"{Path(trace.tb_frame.f_code.co_filename).stem}.{trace.tb_lineno}")
        trace = trace.tb_next
    return lines[-_PLACES_MAX:]


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Time, level and event first, as people scan them."""
    first = ("at", "level", "event", "run")
    return {**{key: event[key] for key in first if key in event}, **event}
