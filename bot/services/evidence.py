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
from bot.reports import Evidence, Names
from bot.reports.evidence import sample_times_between
from bot.reports.totals import DAY
from bot.store.metrics import PublicationFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from bot.model import Account, Campaign, Delivery, Media, Part, Publication
    from bot.runtime.app import App


@dataclass(frozen=True, slots=True)
class DayRange:
    """Whole days, both the first and the last included; None is without a bound."""

    first: date | None = None
    last: date | None = None

    def instants(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Return the instant at which they begin and the one at which they are over, in UTC."""
        start = _midnight(self.first, zone) if self.first else None
        end = _midnight(self.last + timedelta(days=1), zone) if self.last else None
        return start, end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


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
    timezone = audience_timezone(listed, campaign)
    wanted = PublicationFilter(campaign, *days.instants(ZoneInfo(timezone)))
    published, latest = app.metrics.published(wanted), app.metrics.latest(wanted)
    # What was known is read at exactly those instants that the reports look at.
    times = (publication.published for publication, _ in published)
    read = max((counters.read for counters in latest.values()), default=None)
    moments = {now - DAY, *sample_times_between(times, read, detailed=detailed)}
    delivered = {publication.delivery for publication, _ in published}
    simulated = [name for name, account in app.config.accounts.items() if _is_simulated(account)]
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
        paused_accounts=_paused_accounts(
            app, {publication.account for publication, _ in published}
        ),
        simulated=len(simulated) == len(app.config.accounts),
        sandbox_accounts=simulated,
    )


def _paused_accounts(app: App, accounts: Iterable[str]) -> dict[str, str]:
    """Return why counters are not read, of those accounts whose budget does not pay for it."""
    reasons = {name: app.budgets.why_not_read(name) for name in accounts}
    return {name: reason for name, reason in reasons.items() if reason}


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
    uploaded: dict[tuple[str, str, str], datetime] = {}

    def is_new_upload(publication: Publication, media: Media) -> bool:
        key = (publication.account, media.sha256, media.alt)
        before = uploaded.get(key)
        if before is not None and publication.published - before < MEDIA_LIFETIME:
            return False
        uploaded[key] = publication.published
        return True

    def billed_content(publication: Publication, part: Part) -> Content:
        media = tuple(media for media in part.media if is_new_upload(publication, media))
        return Content((replace(part, media=media) if part.media else part,))

    names = {publication.platform for publication, _ in published}
    platforms = {name: load_platform(name) for name in names}
    return {
        publication.id: publishing_cost(
            platforms[publication.platform],
            billed_content(publication, part),
            publication.published,
        )
        for publication, part in published
    }


def audience_timezone(campaigns: list[Campaign], wanted: str | None) -> str:
    """Return the audience's timezone: that of the campaign, or of the first of all."""
    zones = [campaign.timezone for campaign in campaigns if not wanted or campaign.id == wanted]
    return zones[0] if zones else "UTC"


def _is_simulated(account: Account) -> bool:
    return urlsplit(account.api).hostname in {"127.0.0.1", "::1", "localhost"}
