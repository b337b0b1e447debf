"""What a report is computed from: what happened, and what things are called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.engagement.budget import publishing_cost
from bot.model import Content, State
from bot.platforms import load_platform
from bot.platforms.base import is_loopback
from bot.reports import Evidence, Names
from bot.reports.evidence import sample_times_between
from bot.reports.totals import DAY
from bot.store.metrics import PublicationFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from bot.model import Campaign, Delivery, Part, Publication
    from bot.runtime.app import App


@dataclass(frozen=True, slots=True)
class DayRange:
    """Whole days, both the first and the last included; None is without a bound."""

    first: date | None = None
    last: date | None = None

    def instants(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Return the instant at which they begin and the one at which they are over, in UTC."""
        bounds = (self.first, self.last and self.last + timedelta(days=1))
        start, end = (
            datetime.combine(day, time(), zone).astimezone(UTC) if day else None for day in bounds
        )
        return start, end


ALL_DAYS = DayRange()

MEDIA_LIFETIME = timedelta(hours=23, minutes=40)
"""How long an uploaded file serves further posts without being paid for again: X keeps it for a
day, and one that is about to expire is uploaded again."""

UNSENT_STATES = (State.MISSED, State.EXPIRED, State.REJECTED, State.NEEDS_HUMAN, State.UNKNOWN)
"""States of deliveries that should have been published and were not."""


def gather_evidence(
    app: App,
    campaigns: Iterable[Campaign],
    *,
    now: datetime,
    campaign: str | None = None,
    days: DayRange = ALL_DAYS,
    detailed: bool = True,
) -> Evidence:
    """Return the evidence on one campaign or all, on what was published on these days.

    What was not published counts by when it was due, money by when it was booked. Money that
    belongs to no campaign, such as a batch of reads, is left out of the report of one. The evidence
    serves a report as of ``now``; ``detailed`` is for reports that show posts as they looked and
    draw charts.
    """
    listed = list(campaigns)
    zones = [found.timezone for found in listed if campaign in (None, found.id)]
    timezone = zones[0] if zones else "UTC"  # that of the campaign, or of the first of all
    wanted = PublicationFilter(campaign, *days.instants(ZoneInfo(timezone)))
    published, latest = app.metrics.published(wanted), app.metrics.latest(wanted)
    # What was known is read at exactly those instants that the reports look at.
    times = (publication.published for publication, _ in published)
    read = max((counters.read for counters in latest.values()), default=None)
    moments = {now - DAY, *sample_times_between(times, read, detailed=detailed)}
    delivered = {publication.delivery for publication, _ in published}
    speakers = {publication.account for publication, _ in published}
    simulated = [
        name
        for name, account in app.config.accounts.items()
        if is_loopback(urlsplit(account.api).hostname or "")
    ]
    return Evidence(
        publications=[publication for publication, _ in published],
        latest=latest,
        earlier=app.metrics.counters_at(wanted, sorted(moments)),
        spending=app.ledger.totals(campaign, wanted.since, wanted.until),
        prices=_prices(published),
        deliveries=_deliveries(app, wanted, delivered, detailed=detailed),
        names=Names.of(listed, app.config.accounts.values()),
        timezone=timezone,
        since=wanted.since,
        until=wanted.until,
        paused_accounts={name: why for name in speakers if (why := app.budgets.why_not_read(name))},
        simulated=len(simulated) == len(app.config.accounts),
        sandbox_accounts=simulated,
    )


def _deliveries(
    app: App, wanted: PublicationFilter, delivered: set[int], *, detailed: bool
) -> list[Delivery]:
    """Return what should have been published and was not; if ``detailed``, also what was."""
    states = (*UNSENT_STATES, State.PUBLISHED) if detailed else UNSENT_STATES
    return [
        delivery
        for delivery in app.queue.in_states(states)
        if delivery.id in delivered or wanted.includes(delivery)
    ]


def _prices(published: Sequence[tuple[Publication, Part]]) -> dict[int, Decimal]:
    """Return what publishing each cost, by the prices of that day; the first pays for a file.

    ``published`` is oldest first.
    """
    names = {publication.platform for publication, _ in published}
    platforms = {name: load_platform(name) for name in names}
    uploaded: dict[tuple[str, str, str], datetime] = {}
    prices = {}
    for publication, part in published:
        new_media = []
        for media in part.media:
            key = (publication.account, media.sha256, media.alt)
            before = uploaded.get(key)
            if before is None or publication.published - before >= MEDIA_LIFETIME:
                uploaded[key] = publication.published
                new_media.append(media)
        billed = replace(part, media=tuple(new_media)) if part.media else part
        platform = platforms[publication.platform]
        prices[publication.id] = publishing_cost(
            platform, Content((billed,)), publication.published
        )
    return prices
