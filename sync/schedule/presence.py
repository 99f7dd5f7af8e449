"""Since when somebody has been there to run each sync: a time that came later is not missed, whatever kept us from it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from config.settings.syncs import Sync
from sync.schedule.catchup import LATE_SECONDS


class Watch:
    """Of one process. A host that slept, or a clock put forward, was not watching: then it begins anew."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._since = self._looked = now()
        self._known: dict[str, tuple[Sync, datetime]] = {}

    @property
    def since(self) -> datetime:
        return self._since

    def look(self) -> None:
        """Somebody looks at the clock."""
        now = self._now()
        if not timedelta() <= now - self._looked <= timedelta(seconds=LATE_SECONDS):
            self._since = now
        self._looked = now

    def stay(self) -> None:
        """Somebody was at work until now."""
        self._looked = self._now()

    def seconds(self, syncs: Mapping[str, Sync]) -> dict[str, float]:
        """For how long each has been watched the way it is: one that is new, or is due at other times now, begins now."""
        now = self._now()
        self._known = {
            name: known if (known := self._known.get(name)) and known[0] == sync else (sync, self._begun(now))
            for name, sync in syncs.items()
        }
        return {name: (now - max(since, self._since)).total_seconds() for name, (_, since) in self._known.items()}

    def _begun(self, now: datetime) -> datetime:
        """What is there at the first look has been watched from the beginning."""
        return now if self._known else self._since
