"""The moment a run happens at: the org's time and the org's own day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is the server's time (aware, UTC, whole seconds); `zone` the IANA name of the org's time zone."""

    at: datetime
    zone: str

    @property
    def today(self) -> date:
        """The org's date."""
        return self.at.astimezone(ZoneInfo(self.zone)).date()

    def day_start(self, days_ago: int = 0) -> datetime:
        """0:00 of the org's day, `days_ago` whole days back, as UTC."""
        day = self.today - timedelta(days=days_ago)
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)
