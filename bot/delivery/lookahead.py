"""Looks up ahead the people whom posts mention, for platforms that need their ids.

A post waits until all its names are found, and is missed in the end. A name that is not found is
logged while there is time to correct it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.delivery.threads import do_at_once
from bot.model import State
from bot.platforms.base import FindsNames
from bot.platforms.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.delivery.deps import DeliveryDeps
    from bot.model import Delivery

LOOK_AHEAD = timedelta(days=1)
"""A post's names are looked up for the first time this long before it is due."""

LOOK_EVERY = timedelta(minutes=15)

log = logging.getLogger("groundswell.delivery")


class NameLookups:
    """Looks up the names in the posts of the next day, again and again, and logs missing ones."""

    def __init__(self, deps: DeliveryDeps) -> None:
        self._deps = deps
        self._again: datetime | None = None
        self._without: set[str] = set()
        """Accounts on platforms that need no ids."""
        self._logged: dict[str, str] = {}
        """The last failure that was logged about a delivery, by its key."""
        self._shutting_down = False

    def shutdown(self) -> None:
        """Ask for no more names."""
        self._shutting_down = True

    def run(self) -> None:
        """Look up the names if it is time. Log each post whose names are not all found, once."""
        now = self._deps.clock.now()
        if (self._again and now < self._again) or self._without >= self._deps.accounts.keys():
            return
        self._again = now + LOOK_EVERY
        posts: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in self._deps.queue.between(now, now + LOOK_AHEAD):
            has_names = any("@" in part.text for part in delivery.content.parts)
            if delivery.state is State.SCHEDULED and has_names:
                posts[delivery.account].append(delivery)
        names = posts.keys() & self._deps.accounts.keys() - self._without
        do_at_once("names", self._deps.accounts, sorted(names), partial(self._look_up, posts))

    def _look_up(self, posts: Mapping[str, Sequence[Delivery]], account: str) -> None:
        try:
            client = self._deps.client(account)
        except Outcome:
            return  # reported by ``VerifiedClients.verify``
        if not isinstance(client, FindsNames):
            self._without.add(account)
            return
        for delivery in posts[account]:
            if self._shutting_down:
                return
            try:
                client.find_names(delivery.content)
                self._logged.pop(delivery.key, None)
            except Outcome as outcome:
                if self._logged.get(delivery.key) != outcome.detail:
                    self._logged[delivery.key] = outcome.detail
                    log.warning("%s would have to wait: %s", delivery.key, outcome.detail)
