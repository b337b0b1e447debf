"""Note and send alerts, beside publishing.

Nothing here holds up a post. Each channel has a thread of its own and ten seconds, and an alert
that fails is tried again after longer and longer waits. While the clock is in doubt, alerts still
go out, because an alert does no harm at a wrong hour, and the doubt is one of them. The digest and
the alerts that go by a post's age would be wrong, and wait.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.alerts import notices, takeoff
from bot.alerts.channels import SEND_SECONDS, ChannelThreads
from bot.alerts.digest import (
    DEFAULT_SLOT,
    DIGEST_GRACE,
    TITLE,
    last_due,
    write_digest,
)
from bot.errors import GroundswellError
from bot.model import PauseCause, State
from bot.model.web_addresses import TODAY, web_address
from bot.reports.period import Period
from bot.schedules.local_time import zone
from bot.store.queued_posts import posts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.alerts.channels import AppriseSender
    from bot.alerts.notices import Notice
    from bot.clock import Clock
    from bot.config import AlertSettings
    from bot.config.schema import AlertKind
    from bot.model import Account, BudgetStatus, Campaign, Delivery, PlannedPost, Snapshot
    from bot.reports.answer import Answer
    from bot.store.alerts import Alert, Alerts
    from bot.store.approvals import Approvals
    from bot.store.metrics import Metrics
    from bot.store.pauses import MassCancelStore
    from bot.store.queue import Queue

RETRY_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""The wait after each failed try. After the last one, the log says that the alert is given up."""

MAX_TRIES = len(RETRY_WAITS) + 1

MAX_NEWS_AGE = timedelta(days=7)
"""A failure longer ago than this is no longer news."""

TAKEOFF_CHECK_INTERVAL = timedelta(minutes=10)
"""How often posts are checked for a take-off. Readings are twenty minutes apart."""

APPROVALS_CHECK_INTERVAL = timedelta(minutes=5)
"""How often posts are checked for approvals, a small part of the two hours before."""

log = logging.getLogger("groundswell.alerts")


@dataclass(slots=True, kw_only=True)
class Notifier:
    """Sends each channel the alerts that it is configured for, each once."""

    alerts: Alerts
    queue: Queue
    approvals: Approvals
    mass_cancels: MassCancelStore
    metrics: Metrics
    accounts: Mapping[str, Account]
    settings: AlertSettings
    campaigns: Callable[[], Sequence[Campaign]]
    """Returns the campaigns as their files were last read."""
    file_errors: Callable[[], Sequence[str]]
    """Returns the mistakes because of which the queue does not follow the files."""
    budgets: Callable[[], Iterable[BudgetStatus]]
    answer: Callable[[Period, Sequence[Campaign]], Answer]
    """Returns the first screen of a report on a period."""
    send: AppriseSender
    clock: Clock
    redact: Callable[[str], str]
    """Takes secrets out of a text."""
    hint: Callable[[str], str] = str
    """Completes the commands in a text."""
    web_origin: str = ""
    """The origin of the control room, to whose pages alerts link; "" without one."""
    _threads: ChannelThreads = field(default_factory=ChannelThreads)
    _checked: dict[AlertKind, datetime] = field(default_factory=dict)
    """The last check for each kind that is not checked each time."""

    def begin(self) -> None:
        """Start, and remember new channels, which do not get earlier events."""
        self._threads.begin()
        for channel in self.settings.channels:
            self.alerts.channel_since(channel, self.clock.now())
            if why := self.send.setup_problem(channel):
                log.warning("alerts: %s cannot be used: %s", channel, why)

    def run(self) -> None:
        """Note new alerts, and send those that are due; wait for channels ten seconds at most."""
        if self.settings.channels:
            try:
                self._note_new()
            finally:  # alerts that are noted are sent, even if others cannot be noted
                self._send()

    def shutdown(self) -> None:
        """Let ``run`` return within a second or so, even if a channel hangs.

        An alert that was not handed to a channel yet stays due, and is sent after the next start.
        One that is being sent counts as a try, because it may have arrived. Unless the channel
        confirms it, it is sent again after the usual wait.
        """
        self._threads.shutdown()

    def digest(self, end: datetime, campaigns: Sequence[Campaign] | None = None) -> str:
        """Return the digest of the week until ``end``.

        Names and facts are those of ``campaigns``, or of the files as they were last read.
        """
        week = Period.last_days(7, end, zone(self.settings.timezone))
        return write_digest(self.answer(week, campaigns or self.campaigns()))

    # --- noting ---

    def _note_new(self) -> None:
        """Note new alerts, the urgent ones first, so that a bug in the rest cannot block them."""
        settings, channels = self.settings, self.settings.channels
        now, pauses = self.clock.now(), self.queue.pauses()
        # The present state, whenever it began.
        undecided = self.queue.in_states([State.NEEDS_HUMAN])
        current: list[Notice] = []
        if held_back := self.mass_cancels.held_back():
            current.append(notices.mass_cancelled(held_back))
        current += notices.own_pauses(pauses)
        current += notices.file_errors(self.file_errors())
        current += notices.budget_thresholds(self.budgets())
        since = {channel: self.alerts.channel_since(channel, now) for channel in channels}
        for channel in channels:
            news_since = max(since[channel], now - MAX_NEWS_AGE)
            failed = self.queue.in_states(notices.FAILED_STATES, changed_since=news_since)
            asking = map(notices.needs_human, self._with_news(channel, "person", undecided))
            lost = map(notices.post_failed, self._with_news(channel, "failed", failed))
            self._note_for_channel(channel, [*asking, *current, *lost], now)
        if any(pause.cause is PauseCause.CLOCK and pause.scope == "all" for pause in pauses):
            return
        found = [*self._approvals_wanted(now), *self._takeoffs(now)]
        for channel in channels:
            self._note_for_channel(channel, found, now)
        day, end = last_due(settings.digest or DEFAULT_SLOT, settings.timezone, now)
        for channel, kinds in channels.items():
            late = end < since[channel] or now - end > DIGEST_GRACE
            key = f"digest:{day}"
            if "digest" in kinds and not late and not self.alerts.noted_keys(channel, [key]):
                self.alerts.add([(key, channel, "digest", self.redact(self.digest(end)))], now)

    def _with_news(
        self, channel: str, kind: AlertKind, deliveries: Sequence[Delivery]
    ) -> list[PlannedPost[Delivery]]:
        """Return the posts of those deliveries that a channel wants alerts of, and had none."""
        if kind not in self.settings.channels[channel]:
            return []
        known = self.alerts.noted_keys(channel, [*map(notices.event_key, deliveries)])
        new = [found for found in deliveries if notices.event_key(found) not in known]
        return posts_of(self.queue, new) if new else []

    def _note_for_channel(self, channel: str, found: Sequence[Notice], now: datetime) -> None:
        """Note the notices that the channel is configured for, and does not have yet."""
        kinds = self.settings.channels[channel]
        wanted = [notice for notice in found if notice.kind in kinds]
        keys = [key for notice in wanted for key in (*notice.keys, *notice.also)]
        known = self.alerts.noted_keys(channel, keys)
        rows = []
        for notice in wanted:
            new = [key for key in notice.keys if key not in known]
            if new:
                address = web_address(self.web_origin, notice.page)
                text = notices.add_address(self.redact(self.hint(notice.text)), address)
                others = dict.fromkeys(key for key in (*new, *notice.also) if key != new[0])
                rows.append((new[0], channel, notice.kind, text))
                rows += [(key, channel, notice.kind, "") for key in others if key not in known]
        self.alerts.add(rows, now)

    def _begin_check(self, kind: AlertKind, interval: timedelta, now: datetime) -> bool:
        """Return whether to check for this kind now, and remember that.

        A channel must want it, and the last check be long enough ago, or in the future because the
        clock was set back.
        """
        if not any(kind in kinds for kinds in self.settings.channels.values()):
            return False
        checked = self._checked.get(kind)
        if checked and timedelta(0) <= now - checked < interval:
            return False
        self._checked[kind] = now
        return True

    def _approvals_wanted(self, now: datetime) -> list[Notice]:
        """Return the notice of posts that wait for approval, if it is time to check for them."""
        if not self._begin_check("approval", APPROVALS_CHECK_INTERVAL, now):
            return []
        waiting = self.approvals.waiting(now, now + notices.APPROVAL_SPAN)
        return notices.approval_wanted(waiting, now)

    def _takeoffs(self, now: datetime) -> list[Notice]:
        """Return the notices of posts that take off, if it is time to check for them."""
        if not self._begin_check("takeoff", TAKEOFF_CHECK_INTERVAL, now):
            return []
        oldest, earliest = now - takeoff.MAX_AGE, now - takeoff.BASELINE_SPAN
        found: list[Notice | None] = []
        for account in self.accounts:
            young = self.alerts.first_parts(account, oldest, now)
            if not young:
                continue
            others = self.alerts.first_parts(account, earliest, oldest, takeoff.BASELINE_POSTS)
            history: dict[int, list[Snapshot]] = {post.id: [] for post in (*others, *young)}
            for snapshot in self.metrics.snapshots(list(history)):
                history[snapshot.publication].append(snapshot)
            usual = [(post, history[post.id]) for post in others]
            found += [takeoff.takeoff_notice(post, history[post.id], usual, now) for post in young]
        return [notice for notice in found if notice]

    # --- sending ---

    def _send(self) -> None:
        due = self.alerts.due(self.clock.now(), MAX_TRIES, max(RETRY_WAITS))
        started = []
        for channel in self.settings.channels:
            alerts = [alert for alert in due if alert.channel == channel]
            send = partial(self._send_to, channel, alerts)
            if alerts and self._threads.start(channel, send):
                started.append(channel)
        self._threads.wait(started, SEND_SECONDS)

    def _send_to(self, channel: str, due: Sequence[Alert]) -> None:
        """Send a channel its due alerts, each digest by itself and the others as one message."""
        try:
            for alert in due:
                if alert.kind == "digest":
                    self._send_message(channel, [alert])
            self._send_message(channel, [alert for alert in due if alert.kind != "digest"])
        except GroundswellError as error:
            log.error("alerts: %s: %s", channel, error)  # noqa: TRY400 - for a person to fix, not a bug
        except Exception:
            log.exception("alerts: a bug while sending to %s", channel)

    def _send_message(self, channel: str, alerts: Sequence[Alert]) -> None:
        if self._threads.shutting_down:  # not claimed, so that the next start finds them due
            return
        tries = max((alert.tries for alert in alerts), default=0)
        wait = RETRY_WAITS[min(tries, len(RETRY_WAITS) - 1)]
        claimed = self.alerts.claim(alerts, self.clock.now() + wait)
        if not claimed:  # another worker was quicker
            return
        texts, today = [alert.text for alert in claimed], web_address(self.web_origin, TODAY)
        title, body = notices.compose_message(texts, self.hint, today)
        if claimed[0].kind == "digest":
            title, body = TITLE, claimed[0].text
        why = self.send(channel, title, body)
        if why is None:
            self.alerts.mark_sent(claimed, self.clock.now())
            log.info("alerts: sent %d to %s", len(claimed), channel)
        elif tries + 1 < MAX_TRIES:
            words = "alerts: could not send %d to %s: %s. Next try in %s"
            log.warning(words, len(claimed), channel, why, wait)
        else:
            words = "alerts: could not send %d to %s, for good after %d tries: %s"
            log.error(words, len(claimed), channel, tries + 1, why)
