"""When customers write and when agents answer. Pure."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# How much comes in, relative to the busiest: by hour of the day, by weekday from Monday.
BY_HOUR = [2, 1, 1, 1, 1, 2, 4, 12, 32, 62, 84, 92, 78, 66, 76, 88, 82, 70, 54, 42, 36, 28, 16, 7]
BY_WEEKDAY = [100, 92, 86, 82, 74, 34, 28]


@dataclass(frozen=True)
class Hours:
    """A team's working day, in its brand's zone."""

    zone: ZoneInfo
    opens: int
    closes: int
    weekends: bool = False

    def next(self, at: datetime, lots: random.Random) -> datetime:
        """``at`` if somebody works then, else some minutes into the next working day."""
        local = at.astimezone(self.zone)
        if self._works(local) and self.opens <= local.hour < self.closes:
            return at
        if local.hour >= self.closes or not self._works(local):
            local += timedelta(days=1)
        while not self._works(local):
            local += timedelta(days=1)
        opening = local.replace(hour=self.opens, minute=0, second=0, microsecond=0)
        return (opening + timedelta(seconds=lots.randint(120, 90 * 60))).astimezone(UTC)

    def _works(self, local: datetime) -> bool:
        return self.weekends or local.weekday() < 5

    def arrival(self, first: datetime, last: datetime, lots: random.Random) -> datetime:
        """When a customer writes between two days: rarely at night, less at weekends."""
        days = max(1, (last - first).days)
        while True:
            day = first + timedelta(days=lots.randrange(days))
            hour = lots.choices(range(24), BY_HOUR)[0]
            local = day.astimezone(self.zone).replace(
                hour=hour, minute=lots.randrange(60), second=lots.randrange(60), microsecond=0
            )
            if lots.uniform(0, 100) < BY_WEEKDAY[local.weekday()] and first <= local < last:
                return local.astimezone(UTC)
