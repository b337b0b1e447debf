"""Read from the database what reports and the digest are computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.alerts.digest import attention_lines
from bot.engagement.budget import publishing_cost
from bot.model import EVERYTHING, Content, PostKey, State, name_moments
from bot.platforms import is_loopback, load_platform
from bot.reports import Evidence, Names
from bot.reports.advice import NO_ACCOUNT, PeriodNotes
from bot.reports.answer import Answer, answer
from bot.reports.attention import ATTENTION_STATES
from bot.reports.period import ALL_DAYS, moments
from bot.reports.totals import DAY
from bot.store.metrics import PublicationFilter
from bot.store.posts import kinds_of_posts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.config import Config
    from bot.database.connections import Database
    from bot.engagement.budget import Budgets
    from bot.model import Campaign, Delivery, Part, Publication, Scope
    from bot.reports.period import DayRange, Period
    from bot.store.approvals import Approvals
    from bot.store.ledger import Ledger
    from bot.store.metrics import Metrics
    from bot.store.pauses import MassCancelStore
    from bot.store.queue import Queue

AHEAD = timedelta(days=7)
"""How far ahead scheduled posts are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReader:
    """Reads the evidence of a report or digest, and computes its first screen."""

    config: Config
    database: Database
    queue: Queue
    approvals: Approvals
    mass_cancels: MassCancelStore
    metrics: Metrics
    ledger: Ledger
    budgets: Budgets
    hint: Callable[[str], str]
    """Completes the commands that a line names."""

    def report(
        self,
        campaigns: Sequence[Campaign],
        *,
        now: datetime,
        campaign: str | None = None,
        days: DayRange = ALL_DAYS,
        detailed: bool = True,
        first_screen: bool = True,
        scope: Scope = EVERYTHING,
    ) -> tuple[Evidence, Answer | None]:
        """Return the evidence of a report's tables, and its first screen if that is wanted.

        Nothing in them is about accounts and campaigns outside the scope. Raise FutureDaysError.
        """
        seen = [item for item in campaigns if scope.sees_campaign(item.id)]
        own = [item for item in seen if campaign in {None, item.id}]
        accounts = self.config.accounts.values()
        names = Names.of(seen, [of for of in accounts if scope.sees_account(of.name)])
        zone = self.zone(own)
        period = days.period(zone, now)
        every = PublicationFilter(campaign, scope=scope)
        wanted = PublicationFilter(campaign, *days.instants(zone, now), scope)
        read = partial(self.read, names, zone, now=now, campaigns=own, detailed=detailed)
        if not first_screen:
            return read(wanted), None
        # The medians of the first screen are those of all posts, including older ones.
        everything = read(every, period=period)
        notes = self._notes(every, period, zone, now, own)
        first = answer(everything, period, notes, now)
        return everything if wanted == every else read(wanted), first

    def answer(self, period: Period, campaigns: Sequence[Campaign]) -> Answer:
        """Return the digest of a period, which is the first screen of a report on all campaigns."""
        zone, every = self.zone(campaigns), PublicationFilter()
        names = Names.of(campaigns, self.config.accounts.values())
        evidence = self.read(names, zone, every, now=period.end, detailed=False, period=period)
        notes = self._notes(every, period, zone, period.end, campaigns)
        return answer(evidence, period, notes, period.end)

    def read(
        self,
        names: Names,
        zone: ZoneInfo,
        wanted: PublicationFilter,
        *,
        now: datetime,
        campaigns: Sequence[Campaign] = (),
        detailed: bool = True,
        period: Period | None = None,
    ) -> Evidence:
        """Return the evidence on these publications, for a report as of ``now``.

        Posts count by when they were published or else due, money by when it was booked. Money of
        no campaign, such as a batch of reads, is left out of the report of one. ``campaigns`` are
        those with the share pages to report on. ``detailed`` is for reports that show posts as they
        looked; ``period`` for the first screen.
        """
        scope = wanted.scope
        published, latest = self.metrics.published(wanted), self.metrics.latest(wanted)
        # Counters are read as they were at exactly those instants that the reports look at.
        looked_at = {now - DAY, *(moments(period, zone) if period else ())}
        delivered = {publication.delivery for publication, _ in published}
        speakers = {publication.account for publication, _ in published}
        accounts = {
            name: of for name, of in self.config.accounts.items() if scope.sees_account(name)
        }
        simulated = [name for name, account in accounts.items() if is_loopback(account.api)]
        blank = self.metrics.blank_reads.since()
        return Evidence(
            publications=[publication for publication, _ in published],
            latest=latest,
            earlier=self.metrics.known_at(wanted, sorted(looked_at)),
            spending=self.ledger.totals(wanted.campaign, wanted.since, wanted.until, scope),
            prices=_prices(published),
            with_media=frozenset(shown.id for shown, part in published if part.attached),
            deliveries=self._deliveries(wanted, delivered, detailed=detailed),
            votes=self.metrics.votes(wanted),
            names=names,
            post_names=name_moments(kinds_of_posts(self.database)),
            timezone=zone.key,
            since=wanted.since,
            until=wanted.until,
            paused_accounts=self._paused(speakers),
            blank_accounts={name: at for name, at in blank.items() if scope.sees_account(name)},
            simulated=len(simulated) == len(accounts),
            sandbox_accounts=simulated,
            campaigns=campaigns,
        )

    def _paused(self, speakers: set[str]) -> dict[str, str]:
        """Return why some of these accounts are not read any more."""
        why = {name: self.budgets.why_not_read(name) for name in speakers}
        missing = dict.fromkeys(speakers - self.config.accounts.keys(), NO_ACCOUNT)
        return {name: words for name, words in why.items() if words} | missing

    def zone(self, campaigns: Sequence[Campaign]) -> ZoneInfo:
        """Return the timezone of the first campaign, or of the alerts if there is none.

        Report and digest then speak of the same days and hours.
        """
        return ZoneInfo(campaigns[0].timezone if campaigns else self.config.alerts.timezone)

    def _notes(
        self,
        every: PublicationFilter,
        period: Period,
        zone: ZoneInfo,
        now: datetime,
        campaigns: Iterable[Campaign],
    ) -> PeriodNotes:
        """Return the lines and sums of the first screen that are not made from counters."""
        campaign, scope = every.campaign, every.scope
        spans = (period, period.before(zone))
        booked = [self.ledger.totals(campaign, span.start, span.end, scope) for span in spans]
        spent = [sum((entry.dollars for entry in found), Decimal(0)) for found in booked]
        ahead = self.queue.between(now - DAY, now + AHEAD)  # with posts that are late, or wait
        scheduled = {
            PostKey.of(delivery)
            for delivery in ahead
            if delivery.state is State.SCHEDULED
            and campaign in {None, delivery.campaign}
            and scope.sees(delivery.campaign, delivery.account)
        }
        stores = (self.queue, self.approvals, self.mass_cancels)
        dates = (period.start, now)
        return PeriodNotes(
            attention=tuple(attention_lines(*stores, campaigns, *dates, campaign, scope)),
            scheduled_ahead=len(scheduled),
            spent=(spent[0], spent[1]),
            budgets=tuple(of for of in self.budgets.statuses() if scope.sees_account(of.account)),
            hint=self.hint,
            web_origin=self.config.web_origin,
        )

    def _deliveries(
        self, wanted: PublicationFilter, delivered: set[int], *, detailed: bool
    ) -> list[Delivery]:
        """Return the deliveries that were lost; if ``detailed``, also those that were published."""
        states = [*ATTENTION_STATES, *([State.PUBLISHED] if detailed else [])]
        return [
            delivery
            for delivery in self.queue.in_states(states)
            if delivery.id in delivered or wanted.includes(delivery)
        ]


def _prices(published: Sequence[tuple[Publication, Part]]) -> dict[int, Decimal]:
    """Return the cost of publishing each, by the prices of that day.

    The first post with a file pays for its upload; ``published`` is oldest first.
    """
    uploaded: dict[tuple[str, str, str], datetime] = {}
    prices = {}
    for publication, part in published:
        platform = load_platform(publication.platform)
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
