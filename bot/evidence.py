"""Gathers what a report draws on: what happened, and what things are called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.engagement.spend import price
from bot.model import Content, State
from bot.platforms import kind
from bot.reports import Evidence, Names
from bot.reports.evidence import Counted
from bot.reports.numbers import DAY
from bot.reports.series import moments_of
from bot.store.history import History, Which

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from bot.app import App
    from bot.model import Account, Campaign, Delivery, Media, Part, Publication


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days, both the first and the last included; None is without a bound."""

    first: date | None = None
    last: date | None = None

    def instants(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Give the instant at which they begin and the one at which they are over, in UTC."""
        start = _midnight(self.first, zone) if self.first else None
        end = _midnight(self.last + timedelta(days=1), zone) if self.last else None
        return start, end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


EVER = Days()

HELD_FOR = timedelta(hours=23, minutes=40)
"""So long after a file was handed over, posts show it without its being paid for again: X holds it
for a day, and what soon expires is handed over anew."""

UNDONE = (State.MISSED, State.EXPIRED, State.REJECTED, State.NEEDS_HUMAN, State.UNKNOWN)
"""Deliveries that did not go out, and should have."""


def gather(
    app: App,
    campaigns: Iterable[Campaign],
    *,
    now: datetime,
    campaign: str | None = None,
    days: Days = EVER,
    fine: bool = True,
) -> Evidence:
    """Give the evidence on one campaign or all, on what went out on these days.

    What did not go out is told of by when it was due, money by when it was booked. Money that
    belongs to no campaign, such as a batch of reads, is left out of the report of one. It serves a
    report of ``now``; ``fine`` is for those that show posts as they looked, and draw charts.
    """
    listed = list(campaigns)
    zone = zone_of(listed, campaign)
    which = Which(campaign, *days.instants(ZoneInfo(zone)))
    published = History(app.database).published(which)
    sandboxed = [name for name, one in app.config.accounts.items() if _simulated(one)]
    return Evidence(
        publications=[publication for publication, _ in published],
        counted=_counted(app, which, [one.published for one, _ in published], now, fine=fine),
        spending=app.ledger.summed(campaign, which.since, which.until),
        prices=_prices(published),
        deliveries=_deliveries(app, which, {one.delivery for one, _ in published}, fine=fine),
        names=Names.of(listed, app.config.accounts.values()),
        timezone=zone,
        since=which.since,
        until=which.until,
        held=_held(app, {publication.account for publication, _ in published}),
        simulated=len(sandboxed) == len(app.config.accounts),
        sandboxed=sandboxed,
    )


def _held(app: App, accounts: Iterable[str]) -> dict[str, str]:
    """Say why counters are not read, of those accounts whose budget does not pay for it."""
    asked = {name: app.budgets.held(name) for name in accounts}
    return {name: why for name, why in asked.items() if why}


def _counted(
    app: App, which: Which, published: Sequence[datetime], now: datetime, *, fine: bool
) -> Counted:
    """Ask for what was known at just those instants that the reports look at."""
    history = History(app.database)
    latest = history.latest(which)
    read = max((one.read for one in latest.values()), default=None)
    moments = {now - DAY, *moments_of(published, read, fine=fine)}
    return Counted(latest, history.known(which, sorted(moments)))


def _deliveries(app: App, which: Which, out: set[int], *, fine: bool) -> list[Delivery]:
    """Give what should have gone out and did not; where posts are shown, also how they looked."""
    states = (*UNDONE, State.PUBLISHED) if fine else UNDONE
    return [one for one in app.queue.in_states(states) if one.id in out or which.meant(one)]


def _prices(published: Sequence[tuple[Publication, Part]]) -> dict[int, Decimal]:
    """Give what publishing each cost, by the prices of that day; a file is paid for by the first.

    ``published`` is oldest first.
    """
    held: dict[tuple[str, str, str], datetime] = {}

    def fresh(publication: Publication, media: Media) -> bool:
        key = (publication.account, media.sha256, media.alt)
        before = held.get(key)
        if before is not None and publication.published - before < HELD_FOR:
            return False
        held[key] = publication.published
        return True

    def paid(publication: Publication, part: Part) -> Content:
        media = tuple(media for media in part.media if fresh(publication, media))
        return Content((replace(part, media=media) if part.media else part,))

    kinds = {name: kind(name) for name in {one.platform for one, _ in published}}
    return {
        one.id: price(kinds[one.platform], paid(one, part), one.published)
        for one, part in published
    }


def zone_of(campaigns: list[Campaign], wanted: str | None) -> str:
    """Give the audience's timezone: that of the campaign, or of the first of all."""
    zones = [one.timezone for one in campaigns if not wanted or one.id == wanted]
    return zones[0] if zones else "UTC"


def _simulated(account: Account) -> bool:
    return urlsplit(account.api).hostname in {"127.0.0.1", "::1", "localhost"}
