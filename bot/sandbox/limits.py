"""Rate-limit windows, as X documents them (rate-limits.mdx, snapshot of 2026-08-22).

X counts per user where a user's token is used, and per app where an app's token is; the 24-hour
limits of the writing endpoints count per app with a user's token, too. A window opens with its
first request and closes after its length [U: X says only when it resets].
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """Requests allowed: per user in 15 minutes, per app in 24 hours (None: not limited)."""

    user: int
    app_day: int | None = None


LIMITS = {
    "POST /2/tweets": Limit(100, 10_000),
    "DELETE /2/tweets/:id": Limit(50),
    "GET /2/tweets": Limit(5_000),
    "GET /2/users/:id/tweets": Limit(900),
    "GET /2/users/me": Limit(75),
    "POST /2/media/upload": Limit(500, 50_000),
    "POST /2/media/upload/initialize": Limit(1_875, 180_000),
    "POST /2/media/upload/:id/append": Limit(1_875, 180_000),
    "POST /2/media/upload/:id/finalize": Limit(1_875, 180_000),
    "GET /2/media/upload": Limit(1_000, 100_000),
    "POST /2/media/metadata": Limit(500, 50_000),
}


@dataclass(slots=True)
class Window:
    """One window: when it closes, how many requests it allows and has seen."""

    ends: datetime
    most: int
    used: int = 0

    def headers(self, prefix: str) -> dict[str, str]:
        """Give the three headers that tell about it."""
        return {
            f"{prefix}-limit": str(self.most),
            f"{prefix}-remaining": str(max(0, self.most - self.used)),
            f"{prefix}-reset": str(int(self.ends.timestamp())),
        }


class Windows:
    """All open windows. ``limits`` may be changed for a test."""

    def __init__(self) -> None:
        self.limits = dict(LIMITS)
        self._open: dict[tuple[str, str], Window] = {}

    def take(
        self, endpoint: str, user: str, app: str, now: datetime
    ) -> tuple[bool, dict[str, str]]:
        """Count a request; say whether it may pass, and the headers of the answer."""
        limit = self.limits[endpoint]
        mine = self._window((endpoint, f"user {user}"), limit.user, QUARTER, now)
        headers = mine.headers("x-rate-limit")
        windows = [mine]
        if limit.app_day is not None:
            day = self._window((endpoint, f"app {app}"), limit.app_day, DAY, now)
            windows.append(day)
        passes = all(window.used < window.most for window in windows)
        for window in windows if passes else ():
            window.used += 1
        headers = mine.headers("x-rate-limit")
        for window in windows[1:]:
            headers |= window.headers("x-app-limit-24hour")
        return passes, headers

    def _window(self, key: tuple[str, str], most: int, length: timedelta, now: datetime) -> Window:
        window = self._open.get(key)
        if window is None or now >= window.ends:
            window = self._open[key] = Window(now + length, most)
        return window
