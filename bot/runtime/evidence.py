"""What reports and the digest are computed from: what happened, and what things are called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.alerts.digest import attention_lines
from bot.engagement.budget import publishing_cost
from bot.model import Content, PostKey, State, name_moments
from bot.platforms import is_loopback, load_platform
from bot.reports import Evidence, Names
from bot.reports.advice import NO_ACCOUNT, PeriodNotes
from bot.reports.answer import Answer, answer
from bot.reports.catalogue import ATTENTION_STATES
from bot.reports.evidence import sample_times
from bot.reports.period import Period
from bot.reports.period import moments as period_moments
from bot.reports.totals import DAY
from bot.store.metrics import PublicationFilter
from bot.store.posts import kinds_of_posts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.model import Campaign, Delivery, Part, Publication
    from bot.runtime.app import App


class FutureDaysError(ValueError):
    """A report was asked for of days that are yet to come."""


@dataclass(frozen=True, slots=True)
class DayRange:
    """Whole days, both the first and the last included; None is without a bound.

    Or the past ``days`` days, up to now or to the end of the last one.
    """

    first: date | None = None
    last: date | None = None
    days: int | None = None

    def instants(self, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the instant at which they begin and the one at which they are over, in UTC."""
        bounds = (self.first, self.last and self.last + timedelta(days=1))
        start, end = (
            datetime.combine(day, time(), zone).astimezone(UTC) if day else None for day in bounds
        )
        if self.days:
            start = Period.last_days(self.days, min(end or now, now), zone).start
        return start, end

    def period(self, zone: ZoneInfo, now: datetime) -> Period:
        """Return the period to look at, a week unless said. Raise FutureDaysError."""
        start, end = self.instants(zone, now)
        end = min(end or now, now)
        period = Period(start, end) if start else Period.last_days(DEFAULT_DAYS, end, zone)
        if period.start >= period.end:
            raise FutureDaysError("these days are yet to come")
        return period


ALL_DAYS = DayRange()

DEFAULT_DAYS = 7
"""A report looks at the past week, unless it is asked for another time."""

AHEAD = timedelta(days=7)
"""How far ahead scheduled posts are counted."""


def gather_report(
    app: App,
    campaigns: Iterable[Campaign],
    *,
    now: datetime,
    campaign: str | None = None,
    days: DayRange = ALL_DAYS,
    detailed: bool = True,
    first_screen: bool = True,
) -> tuple[Evidence, Answer | None]:
    """Return the evidence of a report's tables, and what it says first, unless it does without.

    Raise FutureDaysError.
    """
    own = [item for item in campaigns if campaign in {None, item.id}]
    names = Names.of(campaigns, app.config.accounts.values())
    zone = audience_zone(app, own)
    period = days.period(zone, now)
    gather = partial(gather_evidence, app, names, zone, now=now, campaign=campaign)
    if not first_screen:
        return gather(detailed=detailed, days=days), None
    # The medians of the first screen are those of all posts, also of older ones.
    everything = gather(detailed=detailed, period=period)
    notes = gather_notes(app, period, zone, now, own, campaign)
    first = answer(everything, period, notes, now)
    return everything if days == ALL_DAYS else gather(detailed=detailed, days=days), first


def gather_answer(app: App, campaigns: Sequence[Campaign], period: Period) -> Answer:
    """Return what the digest says of all campaigns: what their report says of that period."""
    zone = audience_zone(app, campaigns)
    names = Names.of(campaigns, app.config.accounts.values())
    evidence = gather_evidence(app, names, zone, now=period.end, detailed=False, period=period)
    notes = gather_notes(app, period, zone, period.end, campaigns)
    return answer(evidence, period, notes, period.end)


def audience_zone(app: App, campaigns: Sequence[Campaign]) -> ZoneInfo:
    """Return the timezone of what is reported: of several campaigns, that of the first.

    Report and digest tell of the same days and hours. Without a campaign, it is that of the alerts.
    """
    return ZoneInfo(campaigns[0].timezone if campaigns else app.config.alerts.timezone)


def gather_notes(
    app: App,
    period: Period,
    zone: ZoneInfo,
    now: datetime,
    campaigns: Iterable[Campaign] = (),
    campaign: str | None = None,
) -> PeriodNotes:
    """Return what the first screen says beside figures; ``campaigns`` are those with the facts."""
    spans = (period, period.before(zone))
    booked = [app.ledger.totals(campaign, span.start, span.end) for span in spans]
    spent = [sum((entry.dollars for entry in found), Decimal(0)) for found in booked]
    ahead = app.queue.between(now - DAY, now + AHEAD)  # with what is late, and waits
    stores = (app.queue, app.approvals, app.mass_cancels)
    attention = attention_lines(*stores, campaigns, period.start, now, campaign)
    return PeriodNotes(
        attention=tuple(attention),
        scheduled_ahead=len(
            {
                PostKey.of(delivery)
                for delivery in ahead
                if delivery.state is State.SCHEDULED and campaign in {None, delivery.campaign}
            }
        ),
        spent=(spent[0], spent[1]),
        budgets=tuple(app.budgets.statuses()),
        hint=app.hint,
    )


def gather_evidence(
    app: App,
    names: Names,
    zone: ZoneInfo,
    *,
    now: datetime,
    campaign: str | None = None,
    days: DayRange = ALL_DAYS,
    detailed: bool = True,
    period: Period | None = None,
) -> Evidence:
    """Return the evidence on one campaign or all, on what was published on these days.

    What was not published counts by when it was due, money by when it was booked. Money that
    belongs to no campaign, such as a batch of reads, is left out of the report of one. The evidence
    serves a report as of ``now``; ``detailed`` is for reports that show posts as they looked. With
    ``period``, it serves the first screen too.
    """
    wanted = PublicationFilter(campaign, *days.instants(zone, now))
    published, latest = app.metrics.published(wanted), app.metrics.latest(wanted)
    # What was known is read at exactly those instants that the reports look at.
    times = (publication.published for publication, _ in published)
    read = max((counters.read for counters in latest.values()), default=None)
    moments = {now - DAY, *sample_times(times, read)}
    if period:
        moments |= period_moments(period, zone)
    delivered = {publication.delivery for publication, _ in published}
    speakers = {publication.account for publication, _ in published}
    simulated = [name for name, account in app.config.accounts.items() if is_loopback(account.api)]
    return Evidence(
        publications=[publication for publication, _ in published],
        latest=latest,
        earlier=app.metrics.known_at(wanted, sorted(moments)),
        spending=app.ledger.totals(campaign, wanted.since, wanted.until),
        prices=_prices(published),
        with_media=frozenset(publication.id for publication, part in published if part.attached),
        deliveries=_deliveries(app, wanted, delivered, detailed=detailed),
        votes=app.metrics.votes(wanted),
        names=names,
        post_names=name_moments(kinds_of_posts(app.database)),
        timezone=zone.key,
        since=wanted.since,
        until=wanted.until,
        paused_accounts={name: why for name in speakers if (why := app.budgets.why_not_read(name))}
        | dict.fromkeys(speakers - app.config.accounts.keys(), NO_ACCOUNT),
        blank_accounts=app.metrics.blank_reads.since(),
        simulated=len(simulated) == len(app.config.accounts),
        sandbox_accounts=simulated,
    )


def _deliveries(
    app: App, wanted: PublicationFilter, delivered: set[int], *, detailed: bool
) -> list[Delivery]:
    """Return what should have been published and was not; if ``detailed``, also what was."""
    states = (*ATTENTION_STATES, *[State.PUBLISHED] * detailed)
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
        platform = platforms[publication.platform]
        new_media = []
        for media in part.media:
            key = (publication.account, media.sha256, media.uploaded_with)
            before = uploaded.get(key)
            if before is None or publication.published - before >= platform.MEDIA_LASTS:
                uploaded[key] = publication.published
                new_media.append(media)
        billed = replace(part, media=tuple(new_media)) if part.media else part
        prices[publication.id] = publishing_cost(
            platform, Content((billed,)), publication.published
        )
    return prices
