"""Reads counters when the reading plan says so, and appends them as snapshots."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.engagement.reading import END, FAILED_WAIT, TOGETHER, Means, Read, next_read, size
from bot.model import Snapshot
from bot.platforms.base import Outcome, RateLimited, Unsent
from bot.store.audit import GROUNDSWELL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.clock import Clock
    from bot.engagement.budget import Budgets
    from bot.model import Account, Publication
    from bot.platforms.base import Charge, Client, Kind, Reading
    from bot.store.metrics import Metrics
    from bot.store.queue import Queue

HELD_WAIT = timedelta(hours=1)
"""Wait where the budget does not pay for reading."""

LATE = timedelta(days=1)
"""The last read of a post may be so late: the loop may have been down."""

REMEMBERED = timedelta(days=40)
"""Older reads do not count for when a post is read next: it is read once a week at the least."""

log = logging.getLogger("groundswell.engagement")


@dataclass(frozen=True, slots=True)
class ReadingRoom:
    """What the poller works with."""

    metrics: Metrics
    queue: Queue
    accounts: Mapping[str, Account]
    client: Callable[[str], Client]
    kind: Callable[[str], Kind]
    book: Callable[[str, str, Iterable[Charge]], None]
    clock: Clock
    budgets: Budgets


class Poller:
    """Reads the counters of one account at a time."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._held: dict[str, datetime] = {}

    def run(self, account: str, *, everything: bool = False) -> int:
        """Read what is to be read by now, and what is soon; give how many snapshots were added.

        What the platform told, and billed, along with that is kept as well. With ``everything``,
        read all that is still there, due or not. What the account's budget does not pay for is not
        read.
        """
        posts = self._posts(account, everything=everything)
        if not posts or self._paused(account):
            return 0
        posts = self._paid_for(account, posts)
        if not posts:
            return 0
        room = self._room
        try:
            reading = room.client(account).engagement([(p.remote_id, p.published) for p in posts])
        except Outcome as outcome:
            room.book(room.accounts[account].platform, account, outcome.charges)
            self._failed(account, posts, outcome)
            return 0
        except Exception as error:
            log.exception("a bug in the platform's client while reading for %s", account)
            self._failed(account, posts, Unsent(f"the client failed: {type(error).__name__}"))
            return 0
        room.book(room.accounts[account].platform, account, reading.charges)
        return self._record(account, posts, reading)

    def _posts(self, account: str, *, everything: bool) -> list[Publication]:
        metrics, now = self._room.metrics, self._room.clock.now()
        if everything:
            return [one for one in metrics.publications(account=account) if one.gone is None]
        first = metrics.next_read(account)
        if first is None or first > now:
            return []
        due = metrics.publications(account=account, read_by=now + TOGETHER)
        return self._within_their_days(due, now)

    def _within_their_days(self, due: list[Publication], now: datetime) -> list[Publication]:
        """Let go those that came of age while nothing was read."""
        old = [post for post in due if now - post.published > END + LATE]
        if old:
            self._room.metrics.record([], dict.fromkeys((post.id for post in old), None), [], now)
        return [post for post in due if post not in old]

    def next_wake(self, account: str) -> datetime | None:
        """Give when the account's counters are to be read next; None while it is paused."""
        wake = None if self._paused(account) else self._room.metrics.next_read(account)
        held = self._held.get(account)
        return max(wake, held) if wake and held else wake

    def wakes(self) -> dict[str, datetime]:
        """Give when each account's counters are to be read next, but for those that are paused."""
        nexts = self._room.metrics.next_reads() if self._room.accounts else {}
        stopped = {(pause.scope, pause.name) for pause in self._room.queue.pauses()}
        return {
            name: max(wake, self._held.get(name, wake))
            for name, wake in nexts.items()
            if name in self._room.accounts and not self._names(name) & stopped
        }

    def _paid_for(self, account: str, posts: list[Publication]) -> list[Publication]:
        """Give as many as are paid for even where reading them is as dear as it can be.

        Where that is not all, those come first of which nothing is known yet: a report has no
        figure of them. Then who has waited longest past its due read. By youth alone, a small
        budget would never come to the older ones; by waiting alone, to fewer of those unknown.
        """
        standing = self._room.budgets.standing(account, planned=True)
        before = self._held.pop(account, None)
        if standing is None:
            return posts
        _, most = self._room.budgets.reading(account)
        many = int(standing.for_reads / most) if most else len(posts)
        if not many:
            # Looked at again in an hour: a post may have been taken out, or the month be over.
            self._held[account] = min(self._room.clock.now() + HELD_WAIT, standing.until)
            if before is None:
                log.warning("%s: counters are not read: %s", account, standing.held)
        return posts if many >= len(posts) else self._in_turn(posts)[:many]

    def _in_turn(self, posts: Sequence[Publication]) -> list[Publication]:
        known = self._room.metrics.known([post.id for post in posts])

        def turn(post: Publication) -> tuple[bool, bool, datetime]:
            # One that is read no more comes last, if all are wanted.
            return post.id in known, post.next_read is None, post.next_read or post.published

        return sorted(posts, key=turn)

    def _paused(self, account: str) -> bool:
        """Tell whether reading would fail anyway, or a person stopped everything."""
        pauses = self._room.queue.pauses()
        return any((pause.scope, pause.name) in self._names(account) for pause in pauses)

    def _names(self, account: str) -> set[tuple[str, str]]:
        """Give the scopes of the pauses that concern the reading of an account."""
        platform = self._room.accounts[account].platform
        return {("all", ""), ("platform", platform), ("account", account)}

    def _record(self, account: str, posts: Sequence[Publication], reading: Reading) -> int:
        now = self._room.clock.now()
        gone = [post for post in posts if post.remote_id in reading.gone]
        told = [*posts, *self._along(account, posts, reading)]
        read = [
            Snapshot(post.id, now, reading.counters[post.remote_id])
            for post in told
            if post.remote_id in reading.counters
        ]
        # One that was neither counted nor called gone keeps its place in the plan: no data now.
        left = [post for post in told if post not in gone]
        nexts = self._nexts(account, left, read, now)
        self._room.metrics.record(read, nexts, [post.id for post in gone], now)
        for post in gone:
            log.warning("%s/%s was deleted on the platform: %s", post.campaign, post.post, post.url)
        return len(read)

    def _along(
        self,
        account: str,
        posts: Sequence[Publication],
        reading: Reading,
    ) -> list[Publication]:
        """Give what was read along with what was asked for: its day is paid for as well.

        What a person posted by hand is no publication, and what is noted as gone stays gone. What
        is past its days has no next read, as before.
        """
        others = reading.counters.keys() - {post.remote_id for post in posts}
        if not others:
            return []
        found = self._room.metrics.publications(account=account, remote_ids=others)
        return [post for post in found if post.gone is None]

    def _nexts(
        self,
        account: str,
        posts: Sequence[Publication],
        read: Sequence[Snapshot],
        now: datetime,
    ) -> dict[int, datetime | None]:
        """Give when each is read next, by what was read of it before and now."""
        reads: dict[int, list[Read]] = {post.id: [] for post in posts}
        # Those of this minute are in the database only after this.
        before = self._room.metrics.snapshots(reads, since=now - REMEMBERED)
        for one in (*before, *read):
            if (count := size(one.counters)) is not None and one.publication in reads:
                reads[one.publication].append(Read(one.read, count))
        means = self._means(account)
        kind = self._room.kind(self._room.accounts[account].platform)
        return {
            post.id: next_read(kind, post.published, reads[post.id], now, means) for post in posts
        }

    def _means(self, account: str) -> Means | None:
        """Give what there is for reading until the budget is renewed; None: as much as wanted."""
        standing = self._room.budgets.standing(account, planned=True)
        if standing is None:
            return None
        usual, _ = self._room.budgets.reading(account)
        if not usual:
            return None
        days = int(standing.for_reads / usual)
        return Means(days, self._room.metrics.watched(account), standing.until)

    def _failed(self, account: str, posts: Sequence[Publication], outcome: Outcome) -> None:
        now = self._room.clock.now()
        until = outcome.until if isinstance(outcome, RateLimited) else None
        again = max(until or now + FAILED_WAIT, now)
        self._room.metrics.record([], dict.fromkeys((post.id for post in posts), again), [], now)
        log.warning("%s: engagement not read: %s", account, outcome.detail)
        hold = outcome.hold(account, self._room.accounts[account].platform)
        if hold and self._room.queue.pause(hold, GROUNDSWELL, now):
            log.error("%s %s is paused: %s", hold.scope, hold.name, hold.why)
