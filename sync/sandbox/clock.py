"""The org's own clock: it runs with the host's and can be moved ahead or held; and time as the org writes it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class OrgClock:
    """`host` gives the host's time. The org's time never goes back, whatever the host's does."""

    def __init__(self, host: Callable[[], datetime], *, ahead_seconds: float = 0.0) -> None:
        self.host = host
        self.ahead_seconds = ahead_seconds
        self._last = self._reading()

    @classmethod
    def starting_at(cls, start: datetime, host: Callable[[], datetime]) -> "OrgClock":
        """A clock that shows `start` now."""
        return cls(host, ahead_seconds=(start - host()).total_seconds())

    def now(self) -> datetime:
        self._last = max(self._last, self._reading())
        return self._last

    def advance(self, seconds: float) -> None:
        self.ahead_seconds += seconds

    def _reading(self) -> datetime:
        return self.host() + timedelta(seconds=self.ahead_seconds)


def stamp(moment: datetime) -> str:
    """A datetime as REST writes it; Salesforce's stamps have whole seconds."""
    return f"{moment.astimezone(UTC).isoformat(timespec='seconds')[:19]}.000+0000"


def moment(text: str) -> datetime:
    """The reverse of `stamp`."""
    return datetime.fromisoformat(text).astimezone(UTC)
