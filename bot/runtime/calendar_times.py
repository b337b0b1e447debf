"""The times of all posts between two instants: those in the queue, and those planned after it.

The queue holds the posts of the planning horizon, and those that are over. The campaign files say
when later posts are planned. A result is kept until the database or a file changes, because several
readers look at the same month, and a month may have thousands of posts.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

from bot.checking import without_gc
from bot.errors import UserError
from bot.model import Occurrence, PostKey, State
from bot.planning.limits import MAX_DELIVERIES
from bot.planning.occurrences import plan_occurrences
from bot.store.calendar import queued_times, states_by_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.checking import CheckResult
    from bot.config import Config
    from bot.database.connections import Database
    from bot.model import Campaign
    from bot.runtime.checked_files import CheckedFiles

KEPT = 6
"""Spans whose times are kept: those of a few months or weeks that people look at."""

_COMES_BACK = frozenset({State.CANCELLED, State.MISSED, State.EXPIRED})
"""The states from which ``planning.diff`` queues a delivery again if the files plan it later."""


class AccountState(NamedTuple):
    """A post on one account, as the queue or the files have it."""

    account: str
    platform: str
    state: State | None
    """The state of its delivery; None if it is only planned."""
    number: int | None
    """The number of its delivery; None if it is only planned."""


_Moment = tuple["datetime", PostKey, str, str | None]
"""An instant, a post, the timezone of its audience, and its demand."""


class PostTime(NamedTuple):
    """A post at one instant, on the accounts on which it is due then."""

    due: datetime
    """When it is due, in UTC."""
    key: PostKey
    timezone: str
    """The timezone of its audience."""
    demand: str | None
    places: tuple[AccountState, ...]
    """Its accounts, in no order."""
    states: frozenset[State | None]
    """The states of its deliveries; None if it is only planned on an account."""

    def on(self, places: Sequence[AccountState]) -> PostTime:
        """Return the post on some of its accounts."""
        states = frozenset(place.state for place in places)
        return self._replace(places=tuple(places), states=states)


@dataclass(frozen=True, slots=True)
class CalendarTimes:
    """All posts that are due in a span."""

    posts: tuple[PostTime, ...]
    """The posts, by due instant and key. A post that is due at two instants is listed twice."""
    planned: Mapping[tuple[PostKey, str], Occurrence]
    """The occurrence of each place that is only planned, by the post's key and the account."""
    campaigns: tuple[Campaign, ...]
    """The campaigns in the files."""
    version: str
    """A text that changes if the queue or the files change, or in another process."""
    notes: tuple[str, ...]
    """Why planned times are missing, in sentences."""
    too_many: bool
    """Whether the planned times are missing because there are too many."""


class CalendarReader:
    """Reads the times of a span for several threads, and keeps the last ones."""

    def __init__(self, files: CheckedFiles, config: Config, database: Database, owner: str) -> None:
        self._files = files
        self._accounts = config.accounts
        self._database = database
        self._owner = owner
        self._checked: CheckResult | None = None
        self._checks = 0
        """How often the files had changed at a look."""
        self._lock = RLock()
        self._planned = lru_cache(maxsize=KEPT)(self._plan)
        self._times = lru_cache(maxsize=KEPT)(self._read)

    def version(self) -> str:
        """Return a text that changes with the queue and the files. Raise StoreError."""
        with self._lock:
            checked = self._files.read()
            if checked is not self._checked:
                self._checked, self._checks = checked, self._checks + 1
            # SQLite counts the version anew in each process, and so do we.
            return f"{self._owner} {self._database.data_version()} {self._checks}"

    def read(self, start: datetime, end: datetime) -> CalendarTimes:
        """Return the times in [start, end). Raise StoreError."""
        with self._lock:  # the first of several readers reads for all
            # The version comes before the rows, so that later writes are read the next time.
            return self._times(self.version(), start, end)

    def _read(self, version: str, start: datetime, end: datetime) -> CalendarTimes:
        assert self._checked, "version() comes before it"
        planned, notes, too_many = self._planned(self._checks, start, end)
        with without_gc():
            found: dict[_Moment, list[AccountState]] = defaultdict(list)
            fixed = set()
            for number, *key, account, platform, due, timezone, demand, state in queued_times(
                self._database, start, end
            ):
                name = PostKey(*key)
                if state not in _COMES_BACK:
                    fixed.add((name, account))
                found[due, name, timezone, demand].append(
                    AccountState(account, platform, state, number)
                )
            left = self._not_queued(planned, fixed)
            for (name, account), of in left.items():
                moment = of.due, name, of.timezone, of.demand
                found[moment].append(AccountState(account, of.platform, None, None))
            posts = [
                PostTime(*moment, tuple(places), frozenset(place.state for place in places))
                for moment, places in found.items()
            ]
            posts.sort(key=lambda post: (post.due, post.key))
        campaigns = self._checked.campaigns
        return CalendarTimes(tuple(posts), left, campaigns, version, notes, too_many)

    def _not_queued(
        self,
        planned: Mapping[tuple[PostKey, str], Occurrence],
        fixed: set[tuple[PostKey, str]],
    ) -> dict[tuple[PostKey, str], Occurrence]:
        """Return the planned occurrences that the queue has at no other time."""
        left = {key: occurrence for key, occurrence in planned.items() if key not in fixed}
        states = states_by_key(self._database, [of.key for of in left.values()])
        return {
            key: occurrence
            for key, occurrence in left.items()
            if states.get(occurrence.key, State.CANCELLED) in _COMES_BACK
        }

    def _plan(
        self, checks: int, start: datetime, end: datetime
    ) -> tuple[Mapping[tuple[PostKey, str], Occurrence], tuple[str, ...], bool]:
        """Return the planned occurrences, why some are missing, and whether they are too many.

        ``checks`` tells the states of the files apart.
        """
        del checks
        assert self._checked, "version() comes before it"
        campaigns, notes = self._checked.campaigns, []
        if self._checked.errors:
            notes.append(
                f"The campaign files have mistakes ({len(self._checked.errors)}). Times that are "
                "only planned are shown as far as the files can be read. See groundswell check"
            )
        planned: Sequence[Occurrence] = ()
        too_many = _exceeds(campaigns, start, end)
        if too_many:
            notes.append(
                f"The campaign files plan more than {MAX_DELIVERIES:,} deliveries for these days. "
                "Only posts in the queue are shown."
            )
        else:
            # Two posts of one name, or an unknown account, are among the mistakes.
            with suppress(UserError), without_gc():
                planned = plan_occurrences(campaigns, self._accounts, start, end)
        by_place = {(PostKey.of(of), of.account): of for of in planned}
        return by_place, tuple(notes), too_many


def _exceeds(campaigns: Iterable[Campaign], start: datetime, end: datetime) -> bool:
    """Return whether the files plan too many deliveries to show."""
    left = MAX_DELIVERIES
    for post in (post for campaign in campaigns for post in campaign.posts):
        times = sum(1 for _ in islice(post.when.occurrences(start, end), left + 1))
        left -= times * len(post.accounts)
        if left < 0:
            return True
    return False
