"""Read counters when the reading plan asks for it, and append snapshots of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.engagement.reading import (
    FAILED_WAIT,
    LAST_READ_AGE,
    READ_TOGETHER,
    PastRead,
    ReadBudget,
    growth_count,
    next_read,
)
from bot.model import FIRST_READ_AGE, Snapshot
from bot.platforms.outcomes import Outcome, RateLimited, Unsent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.clock import Clock
    from bot.engagement.budget import Budgets
    from bot.model import Account, Pause, Publication
    from bot.platforms.base import Client, CounterReading
    from bot.store.metrics import Metrics
    from bot.store.queue import Queue

NO_BUDGET_WAIT = timedelta(hours=1)
"""The wait if the budget does not pay for reading."""

LAST_READ_GRACE = timedelta(days=1)
"""How late the last read of a post may be, because the loop may have been down."""

READS_LOOKBACK = timedelta(days=40)
"""Older reads do not affect the next one, because a post is read at least once a week."""

POLL_ENDS_WITHIN = timedelta(minutes=1)
"""How long after its end a poll is read for its result. The platform's clock may be late."""

log = logging.getLogger("groundswell.engagement")


@dataclass(slots=True, kw_only=True)
class Poller:
    """Reads the counters of one account at a time."""

    metrics: Metrics
    queue: Queue
    accounts: Mapping[str, Account]
    client: Callable[[str], Client]
    check_time: Callable[[str, datetime | None], None]
    """Takes an account and the platform's time after each call; None if that gave none."""
    clock: Clock
    budgets: Budgets
    _no_budget_until: dict[str, datetime] = field(default_factory=dict)

    def run(self, account: str, *, everything: bool = False) -> int:
        """Read the posts that are due now or soon; return how many snapshots were added.

        Extra counters from the same call are kept. With ``everything``, all posts that still exist
        are read, due or not. Posts that the budget does not pay for are not read.
        """
        posts = self._posts(account, everything=everything)
        if not posts or self._is_paused(account, self.queue.pauses()):
            return 0
        posts = self._affordable(account, posts)
        if not posts:
            return 0
        platform = self.accounts[account].platform
        try:
            reading = self._fetch(account, posts)
        except Outcome as outcome:
            self.budgets.book(platform, account, outcome.charges)
            self._handle_failure(account, posts, outcome)
            return 0
        except Exception as error:
            log.exception("a bug in the platform's client while reading for %s", account)
            failure = Unsent(f"the client failed: {type(error).__name__}")
            self._handle_failure(account, posts, failure)
            return 0
        self.budgets.book(platform, account, reading.charges)
        return self._record(account, posts, reading)

    def _fetch(self, account: str, posts: Sequence[Publication]) -> CounterReading:
        """Read the counters of posts. Raise Outcome."""
        client = self.client(account)
        try:
            return client.fetch_counters(
                [(post.remote_id, post.published) for post in posts],
                [post.remote_id for post in posts if post.poll],
            )
        finally:
            self.check_time(account, client.platform_time)

    def wakes(self) -> dict[str, datetime]:
        """Return the next read of each account, without those that are paused."""
        next_reads = self.metrics.next_reads() if self.accounts else {}
        pauses = self.queue.pauses()
        return {
            name: max(wake, self._no_budget_until.get(name, wake))
            for name, wake in next_reads.items()
            if name in self.accounts and not self._is_paused(name, pauses)
        }

    def _is_paused(self, account: str, pauses: Iterable[Pause]) -> bool:
        """Return whether a person stopped everything, or reading would fail anyway."""
        return any(pause.stops_account(self.accounts[account]) for pause in pauses)

    # --- which posts ---

    def _posts(self, account: str, *, everything: bool) -> list[Publication]:
        """Return the posts to read, and end the reading of those that grew too old."""
        now = self.clock.now()
        if everything:
            return [
                post for post in self.metrics.publications(account=account) if post.gone is None
            ]
        first = self.metrics.next_reads().get(account)
        if first is None or first > now:
            return []
        soon = self.metrics.publications(account=account, read_by=now + READ_TOGETHER)
        # A new post is not read too early together with others.
        due = [
            post
            for post in soon
            if (post.next_read and post.next_read <= now) or now - post.published >= FIRST_READ_AGE
        ]
        old = [post for post in due if now - post.published > LAST_READ_AGE + LAST_READ_GRACE]
        if old:
            self.metrics.record([], dict.fromkeys((post.id for post in old), None), [], now)
        return [post for post in due if post not in old]

    def _affordable(self, account: str, posts: list[Publication]) -> list[Publication]:
        """Return the posts that the budget pays for at the highest price of reading.

        Posts without any counters come first, because a report has no figure for them, and then
        those that have been due the longest. To begin with the youngest would starve older posts,
        and waiting time alone would leave more posts without any counters.
        """
        status = self.budgets.status(account, planned=True)
        before = self._no_budget_until.pop(account, None)
        if status is None:
            return posts
        _, most = self.budgets.reading_cost(account)
        count = int(status.left_for_reads / most) if most else len(posts)
        if not count:
            # In an hour a post may have been taken out of the queue, or the month be over.
            retry_at = self.clock.now() + NO_BUDGET_WAIT
            self._no_budget_until[account] = min(retry_at, status.until)
            if before is None:
                log.warning("%s: counters are not read: %s", account, status.why_not_read)
        if count >= len(posts):
            return posts
        known = self.metrics.known([post.id for post in posts])

        def priority(post: Publication) -> tuple[bool, bool, datetime]:
            # Posts that are no longer read come last. They are here only with ``everything``.
            return post.id in known, post.next_read is None, post.next_read or post.published

        return sorted(posts, key=priority)[:count]

    # --- results ---

    def _record(self, account: str, posts: Sequence[Publication], reading: CounterReading) -> int:
        now = self.clock.now()
        gone = [post for post in posts if post.remote_id in reading.gone]
        covered = list(posts)
        # The call may bring counters of other posts, whose day is then paid for too. A person's own
        # post is not a publication, and a post that is noted as gone stays gone.
        if others := reading.counters.keys() - {post.remote_id for post in posts}:
            found = self.metrics.publications(account=account, remote_ids=others)
            covered += [post for post in found if post.gone is None]
        snapshots = self._snapshots(covered, reading, {post.id for post in gone}, now)
        # A post that was neither counted nor gone has no data this time, and stays in the plan.
        left = [post for post in covered if post not in gone]
        next_reads = self._next_reads(account, left, snapshots, now)
        votes = {
            post.id: reading.votes[post.remote_id]
            for post in covered
            if post.remote_id in reading.votes
        }
        self.metrics.record(snapshots, next_reads, [post.id for post in gone], now, votes)
        self._note_blank(account, snapshots, now)
        for post in gone:
            log.warning("%s/%s was deleted on the platform: %s", post.campaign, post.post, post.url)
        return len(snapshots)

    def _snapshots(
        self,
        posts: Sequence[Publication],
        reading: CounterReading,
        gone: Collection[int],
        now: datetime,
    ) -> list[Snapshot]:
        """Return snapshots of the posts' counters, without the account's own replies.

        Platforms count the next part of a thread as a reply. That part is the account's own, and is
        taken off before anything is kept, so that no report, median or advice can count it.
        """
        read = [post for post in posts if post.remote_id in reading.counters]
        following = self.metrics.next_parts([post.id for post in read])
        shown = {post.id for post in read}
        unseen = [id_ for id_, part in following.items() if part not in shown | {*gone}]
        known = self.metrics.known(unseen)
        snapshots = []
        for post in read:
            counters = reading.counters[post.remote_id]
            if post.id in following and following[post.id] not in gone:
                counters = counters.without_own_replies(1)
            before = known[post.id].counters.replies if post.id in known else None
            if before and counters.replies is not None and counters.replies < before:
                # Somebody's reply is gone, or the next part. The next reading of both shows which.
                counters = replace(counters, replies=None)
            snapshots.append(Snapshot(post.id, now, counters))
        return snapshots

    def _note_blank(self, account: str, snapshots: Sequence[Snapshot], now: datetime) -> None:
        """Log once that the platform answered without a counter of any post."""
        blank = not any(growth_count(snapshot.counters) is not None for snapshot in snapshots)
        if snapshots and self.metrics.blank_reads.note(account, now, blank=blank):
            words = (
                "%s: %s answers without a counter of any post (%d were read). It may have changed "
                "its API. Is there a newer Groundswell?"
            )
            platform = self.accounts[account].platform.capitalize()
            log.warning(words, account, platform, len(snapshots))

    def _next_reads(
        self,
        account: str,
        posts: Sequence[Publication],
        snapshots: Sequence[Snapshot],
        now: datetime,
    ) -> dict[int, datetime | None]:
        """Return the next read of each post, by its counts before and now.

        Posts past their days get none. A post with a poll is read once the poll has ended.
        """
        reads: dict[int, list[PastRead]] = {post.id: [] for post in posts}
        # The new snapshots get into the database only after this.
        earlier = self.metrics.snapshots(reads, since=now - READS_LOOKBACK)
        for snapshot in (*earlier, *snapshots):
            count = growth_count(snapshot.counters)
            if count is not None and snapshot.publication in reads:
                reads[snapshot.publication].append(PastRead(snapshot.read, count))
        # The days of reading that are left until the budget is renewed; None for no limit.
        budget, status = None, self.budgets.status(account, planned=True)
        usual, _ = self.budgets.reading_cost(account)
        if status and usual:
            days = int(status.left_for_reads / usual)
            budget = ReadBudget(days, self.metrics.count_watched(account), status.until)
        platform = self.budgets.get_platform(self.accounts[account].platform)
        planned = {
            post.id: next_read(platform, post.published, reads[post.id], now, budget)
            for post in posts
        }
        for post in posts:
            if post.poll:
                ended = post.published + timedelta(minutes=post.poll.minutes) + POLL_ENDS_WITHIN
                if now < ended:
                    planned[post.id] = min(planned[post.id] or ended, ended)
        return planned

    def _handle_failure(self, account: str, posts: Sequence[Publication], outcome: Outcome) -> None:
        now = self.clock.now()
        again = now + FAILED_WAIT
        if isinstance(outcome, RateLimited):
            again = outcome.retry_at(now, FAILED_WAIT)
        self.metrics.record([], dict.fromkeys((post.id for post in posts), again), [], now)
        log.warning("%s: engagement not read: %s", account, outcome.detail)
        self.queue.pause_after(outcome, account, self.accounts[account].platform, now)
