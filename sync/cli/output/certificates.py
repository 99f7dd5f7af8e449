"""How the command line tells of certificates near their end: in `status`, and once a day in what runs say."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import SettingsError
from sync.cli.terminal import Terminal

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from config.settings.settings import Settings
    from sync.doctor.certificates import Certificate


def lines(terminal: Terminal, settings: "Settings", *, now: datetime) -> list[str]:
    """What to say in `status`; one that cannot be read is said too, and stops nothing."""
    from sync.doctor.certificates import warning

    try:
        known = _known(settings)
    except SettingsError as error:
        return [terminal.words.error(error)]
    return [terminal.words.message(told) for one in known if (told := warning(one, now=now))]


def document(settings: "Settings", *, now: datetime) -> list[dict[str, object]]:
    """Every certificate that can be read, the first to expire first."""
    try:
        known = _known(settings)
    except SettingsError:
        return []
    return [
        {"name": one.name, "subject": one.subject, "expires_at": one.expires_at.isoformat(),
         "days_left": one.days_left(now), "urgency": one.urgency(now) or None}
        for one in known
    ]  # fmt: skip


def warn(terminal: Terminal, log: "FilteringBoundLogger", settings: "Settings", *, now: datetime) -> None:
    """A sentence on a terminal, a warning in the log elsewhere."""
    if terminal.err.isatty():
        for line in lines(terminal, settings, now=now):
            terminal.talk(line)
        return
    try:
        known = _known(settings)
    except SettingsError as error:
        log.warning("certificate unreadable", codes=[problem.code for problem in error.problems])
        return
    for one in known:
        if urgency := one.urgency(now):
            log.warning("certificate ends", certificate=one.name, state=urgency, days_left=one.days_left(now),
                        day=f"{one.expires_at:%Y-%m-%d}")  # fmt: skip


def _known(settings: "Settings") -> "Sequence[Certificate]":
    from sync.doctor.certificates import certificates

    return certificates(settings)
