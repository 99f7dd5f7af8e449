"""The syncs of a folder: what runs by itself, and when. `syncs:` in settings.yaml changes or adds to the two that are there."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from config.settings.crons import is_cron
from config.settings.problems import refused

OFF = "off"


class Verb(StrEnum):
    """What a sync does each time it is due."""

    RUN = "run"
    PLAN = "plan"
    APPLY = "apply"
    SWEEP = "sweep"


class CatchUp(StrEnum):
    """What becomes of the times that were missed while nobody was there."""

    COALESCE = "coalesce"  # one run for all of them
    SKIP = "skip"  # none: the next one comes
    ALL = "all"  # each, one after another


class Gap(StrEnum):
    """For a time that the clock leaves out in spring."""

    RUN_AFTER = "run after"
    SKIP = "skip"


class Fold(StrEnum):
    """For a time that the clock shows twice in autumn."""

    FIRST = "first"
    BOTH = "both"


def _cron(given: str) -> str:
    if not is_cron(given):
        raise refused("ST-140")  # {given!r} is no cron expression of five fields that is ever due
    return given


def _zone(given: str) -> str:
    if given not in available_timezones():
        raise refused("ST-141")  # there is no time zone {given!r}
    return given


class Sync(BaseModel):
    """`late_seconds`: how late a time may still be run; None leaves it to `catch_up`. `gap` and `fold` None: as cron does.

    `time_zone` None: the org's own, or what rulebook.yaml names. `jitter_seconds`: each org begins so much later at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    verb: Verb
    cron: Annotated[str, AfterValidator(_cron)]
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    catch_up: CatchUp = CatchUp.COALESCE
    late_seconds: int | None = Field(default=None, ge=1, le=31_536_000)
    jitter_seconds: int = Field(default=0, ge=0, le=3_600)
    gap: Gap | None = None
    fold: Fold | None = None


_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "leads": {"verb": Verb.RUN, "cron": "*/15 * * * *"},
    "sweep": {"verb": Verb.SWEEP, "cron": "30 2 * * *"},
}


def _over_defaults(given: object) -> object:
    """What is written goes over what is there by default, sync by sync and key by key; `off` takes one away."""
    if not isinstance(given, Mapping):
        return given
    names = [*_DEFAULTS, *(name for name in given if name not in _DEFAULTS)]
    chosen = {name: given.get(name, {}) for name in names}
    return {
        name: {**_DEFAULTS.get(name, {}), **written} if isinstance(written, Mapping) else written
        for name, written in chosen.items()
        if not (isinstance(written, str) and written.casefold() in {OFF, "no", "false"})
    }


_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Syncs = Annotated[dict[_Name, Sync], BeforeValidator(_over_defaults)]
