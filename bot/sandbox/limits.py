"""Rate limits and prices: what X counts, as it documents both (snapshot of 2026-08-22).

Rate limits (rate-limits.mdx): X counts per user where a user's token is used, and per app where an
app's token is; the 24-hour limits of the writing endpoints count per app with a user's token, too.
A window opens with its first request and closes after its length [U: X says only when it resets].

Credit: a ledger books every charge against a prepaid balance, by ``PRICES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests allowed: per user in 15 minutes, per app in 24 hours (None: unlimited)."""

    user: int
    app_day: int | None = None


RATE_LIMITS = {
    "POST /2/tweets": RateLimit(100, 10_000),
    "DELETE /2/tweets/:id": RateLimit(50),
    "GET /2/tweets": RateLimit(5_000),
    "GET /2/users/:id/tweets": RateLimit(900),
    "GET /2/users/me": RateLimit(75),
    "POST /2/media/upload": RateLimit(500, 50_000),
    "POST /2/media/upload/initialize": RateLimit(1_875, 180_000),
    "POST /2/media/upload/:id/append": RateLimit(1_875, 180_000),
    "POST /2/media/upload/:id/finalize": RateLimit(1_875, 180_000),
    "GET /2/media/upload": RateLimit(1_000, 100_000),
    "POST /2/media/metadata": RateLimit(500, 50_000),
}


@dataclass(slots=True)
class RateWindow:
    """A window: when it closes, how many requests it allows and has counted."""

    ends: datetime
    allowed: int
    used: int = 0

    def headers(self, prefix: str) -> dict[str, str]:
        """Return the three headers about it."""
        return {
            f"{prefix}-limit": str(self.allowed),
            f"{prefix}-remaining": str(max(0, self.allowed - self.used)),
            f"{prefix}-reset": str(int(self.ends.timestamp())),
        }


class RateWindows:
    """All open windows. ``limits`` may be changed for a test."""

    def __init__(self) -> None:
        self.limits = dict(RATE_LIMITS)
        self._open: dict[tuple[str, str], RateWindow] = {}

    def count_request(
        self, endpoint: str, user: str, app: str, now: datetime
    ) -> tuple[bool, dict[str, str]]:
        """Count a request; return whether it is allowed, and the headers of the answer."""
        limit = self.limits[endpoint]
        mine = self._window((endpoint, f"user {user}"), limit.user, QUARTER, now)
        windows = [mine]
        if limit.app_day is not None:
            windows.append(self._window((endpoint, f"app {app}"), limit.app_day, DAY, now))
        allowed = all(window.used < window.allowed for window in windows)
        for window in windows if allowed else ():
            window.used += 1
        headers = mine.headers("x-rate-limit")
        for window in windows[1:]:
            headers |= window.headers("x-app-limit-24hour")
        return allowed, headers

    def _window(
        self, key: tuple[str, str], allowed: int, length: timedelta, now: datetime
    ) -> RateWindow:
        window = self._open.get(key)
        if window is None or now >= window.ends:
            window = self._open[key] = RateWindow(now + length, allowed)
        return window


_APRIL_2026 = date(2026, 4, 1)
PRICES = (
    (_APRIL_2026, "post", Decimal("0.015")),
    (_APRIL_2026, "post_with_url", Decimal("0.200")),
    (_APRIL_2026, "summoned_reply", Decimal("0.010")),
    (_APRIL_2026, "owned_read", Decimal("0.001")),
    (_APRIL_2026, "post_read", Decimal("0.005")),
    (_APRIL_2026, "user_read", Decimal("0.010")),
    (_APRIL_2026, "media_metadata", Decimal("0.005")),
    (_APRIL_2026, "delete", Decimal("0.005")),
)
"""(From this UTC day on, item, dollars for one of it), oldest first.

The sandbox's own copy: it imports nothing of the program, so that it can be held against
``bot.platforms.x.prices``, where a new price belongs. A test fails until the row is here, too.
"""


def price(item: str, at: datetime) -> Decimal:
    """Return the dollars for one of an item at an instant."""
    day = at.astimezone(UTC).date()
    rows = [(start, dollars) for start, name, dollars in PRICES if name == item]
    return next((dollars for start, dollars in reversed(rows) if start <= day), rows[0][1])


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A line of the ledger: a quantity of an item at an instant, and its dollars."""

    at: datetime
    account: str
    item: str
    quantity: int
    dollars: Decimal


class CreditLedger:
    """A balance of prepaid credit, and every charge against it."""

    def __init__(self, credit: Decimal) -> None:
        self.balance = credit
        self.entries: list[LedgerEntry] = []
        self._read: dict[tuple[str, str], date] = {}

    @property
    def empty(self) -> bool:
        """Whether requests are refused: a zero or negative balance."""
        return self.balance <= 0

    @property
    def spent(self) -> Decimal:
        """All charges together, in dollars."""
        return sum((entry.dollars for entry in self.entries), Decimal(0))

    def charge(self, at: datetime, account: str, item: str, quantity: int = 1) -> None:
        """Book a quantity of an item."""
        if quantity:
            dollars = price(item, at) * quantity
            self.entries.append(LedgerEntry(at, account, item, quantity, dollars))
            self.balance -= dollars

    def charge_read(self, at: datetime, account: str, item: str, ids: Iterable[str]) -> None:
        """Book resources read, each at most once per UTC day and app."""
        today = at.date()
        fresh = {key for key in ids if self._read.get((account, key)) != today}
        self._read |= dict.fromkeys(((account, key) for key in fresh), today)
        self.charge(at, account, item, len(fresh))
