"""Whose are the keys? Asked of the platform before anything is said, or looked for, with them.

What is said with another account's keys is another's voice, and what its timeline does not show
proves nothing. Nor is anything said from an account that does not disclose that it is automated.
The question costs a cent, and is asked once a start.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from bot.model import Cause
from bot.platforms.base import Outcome, RateLimited, Unfit, Unsent
from bot.store.audit import GROUNDSWELL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from bot.clock import Clock
    from bot.model import Account, Hold, Pause
    from bot.platforms.base import Charge, Client, Profile
    from bot.store.queue import Queue

AGAIN_SECONDS = 15.0
"""What could not be asked, or was not as it must be, is asked again after this, in real seconds."""

UNKNOWN = "it is not known yet whose its keys are"

log = logging.getLogger("groundswell.delivery")


def faults(account: Account, profile: Profile) -> tuple[str, ...]:
    """Say what keeps an account from being used with the keys that a profile was told for. Pure."""
    if profile.handle.lstrip("@").casefold() != account.handle.lstrip("@").casefold():
        return (f"the credentials are those of @{profile.handle}, not of @{account.handle}",)
    found = []
    if profile.named not in {None, profile.id}:
        user = f"user {profile.named}, but it is user {profile.id}'s"
        found.append(f"the access token names {user}: make a new one")
    if not (profile.discloses or account.disclosed_at):
        found.append(
            "its bio does not say that it is automated: say so there, or name the page where it is "
            "said, in config.yaml, as disclosed_at"
        )
    return tuple(found)


class Identity:
    """Hands out an account's client once it is known to be the account's own."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        client: Callable[[str], Client],
        queue: Queue,
        book: Callable[[str, str, Iterable[Charge]], None],
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._client = client
        self._queue = queue
        self._book = book
        self._clock = clock
        self._known: set[str] = set()
        self._failed: dict[str, tuple[datetime, Outcome]] = {}
        self._told: dict[str, str] = {}
        self._held: set[str] = set()
        self._locks = {name: threading.Lock() for name in accounts}

    def __call__(self, name: str) -> Client:
        """Return the account's client. Raise Outcome where it is not known to be its own."""
        client = self._client(name)
        with self._locks[name]:
            if name not in self._known:
                self._identify(self._accounts[name], client)
        return client

    def known(self, name: str) -> bool:
        """Tell whether it is known that its keys are its own."""
        return name in self._known

    def ask(self, name: str) -> None:
        """Ask whose it is if that is not known, and say what keeps the account from being used.

        One that is held is left until a person has resumed it, and so is one without its secrets:
        what it lacks is told once it has something to post.
        """
        if name in self._known or name in self._held:
            return
        try:
            self._client(name)
        except Outcome:
            return
        try:
            self(name)
        except Outcome as outcome:
            self._tell(name, outcome)

    def _identify(self, account: Account, client: Client) -> None:
        name = account.name
        if name in self._failed and self._clock.now() < self._failed[name][0]:
            raise self._failed[name][1].with_traceback(None)
        try:
            self._compare(account, client)
        except Outcome as outcome:
            again = self._clock.after(AGAIN_SECONDS)
            if isinstance(outcome, RateLimited) and outcome.until:
                again = max(again, outcome.until)
            self._failed[name] = again, outcome
            raise
        self._known.add(name)
        self._release(name)

    def _compare(self, account: Account, client: Client) -> None:
        """Ask, and hold the answer against the config. Raise Outcome where they differ."""
        try:
            profile = client.whoami()
        except Outcome:
            raise
        except Exception as error:
            log.exception("a bug in the platform's client while asking whose %s is", account.name)
            raise Unsent(f"the client failed: {type(error).__name__}") from error
        self._book(account.platform, account.name, profile.charges)
        if found := faults(account, profile):
            raise Unfit("; ".join(found))

    # --- saying so ---

    def _tell(self, name: str, outcome: Outcome) -> None:
        hold = outcome.hold(name, self._accounts[name].platform)
        if hold:
            self._held.add(name)
            self._hold(hold)
        elif self._told.get(name) != outcome.detail:
            self._told[name] = outcome.detail
            log.warning("%s: %s: %s. Nothing is sent before", name, UNKNOWN, outcome.detail)

    def _hold(self, hold: Hold) -> None:
        """Pause it, for this reason and no more for one of an earlier start."""
        now, before = self._clock.now(), self._paused(hold.name)
        if before and before.why != hold.why:
            self._queue.resume(before.scope, before.name, GROUNDSWELL, now)
        self._queue.pause(hold, GROUNDSWELL, now)
        log.error("%s %s is paused: %s", hold.scope, hold.name, hold.why)

    def _release(self, name: str) -> None:
        """End the pause of an earlier start: what was wrong has been mended."""
        if before := self._paused(name):
            self._queue.resume(before.scope, before.name, GROUNDSWELL, self._clock.now())
            log.warning("account %s is paused no more: it is as it must be", name)

    def _paused(self, name: str) -> Pause | None:
        unfit = (pause for pause in self._queue.pauses() if pause.cause is Cause.UNFIT)
        return next((pause for pause in unfit if pause.name == name), None)
