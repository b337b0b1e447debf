"""Gathers what a report draws on: what happened, and what things are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.engagement.spend import price
from bot.model import Content, Part, State
from bot.platforms import kind
from bot.reports import Evidence, Names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from bot.app import App
    from bot.model import Account, Campaign, Publication


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

UNDONE = (State.MISSED, State.EXPIRED, State.REJECTED, State.NEEDS_HUMAN, State.UNKNOWN)
"""Deliveries that did not go out, and should have."""


def gather(
    app: App,
    campaigns: Iterable[Campaign],
    *,
    campaign: str | None = None,
    days: Days = EVER,
) -> Evidence:
    """Give the evidence on one campaign or all, on what went out on these days.

    What did not go out is told of by when it was due, money by when it was booked. Money that
    belongs to no campaign, such as a batch of reads, is left out of the report of one.
    """
    listed = list(campaigns)
    zone = zone_of(listed, campaign)
    since, until = days.instants(ZoneInfo(zone))

    def meant(of: str | None, at: datetime) -> bool:
        within = (not since or at >= since) and (not until or at < until)
        return within and (not campaign or of == campaign)

    publications = [one for one in app.metrics.publications() if meant(one.campaign, one.published)]
    everything = not campaign and not since and not until
    deliveries = app.queue.in_states((*UNDONE, State.PUBLISHED))
    contents = {one.id: one.content for one in deliveries}
    out = {one.delivery for one in publications}
    return Evidence(
        publications=publications,
        snapshots=app.metrics.snapshots(None if everything else [one.id for one in publications]),
        spending=[one for one in app.ledger.spending(since) if meant(one.campaign, one.at)],
        prices={one.id: _price(one, contents.get(one.delivery)) for one in publications},
        deliveries=[one for one in deliveries if one.id in out or meant(one.campaign, one.due)],
        names=Names.of(listed, app.config.accounts.values()),
        timezone=zone,
        since=since,
        until=until,
        simulated=all(map(_simulated, app.config.accounts.values())),
    )


def _price(publication: Publication, content: Content | None) -> Decimal:
    """Give what publishing it cost, by the prices of that day.

    A thread that is still going out is priced by its words alone.
    """
    part = content.parts[publication.part] if content else Part(publication.text)
    return price(kind(publication.platform), Content((part,)), publication.published)


def zone_of(campaigns: list[Campaign], wanted: str | None) -> str:
    """Give the audience's timezone: that of the campaign, or of the first of all."""
    zones = [one.timezone for one in campaigns if not wanted or one.id == wanted]
    return zones[0] if zones else "UTC"


def _simulated(account: Account) -> bool:
    return urlsplit(account.api).hostname in {"127.0.0.1", "::1", "localhost"}
