"""Pauses everything while the machine's clock cannot be relied on.

With a wrong clock, posts would leave at the wrong hour, or count as missed while they are in time.
There are four witnesses: the boot clock, which nobody sets and which goes on while the machine
sleeps; the newest instant in the database; the clock of a PostgreSQL server; and the clocks of the
platforms' servers, in their answers. Before an account sends anything in a run, its server's clock
has been seen.

A server's clock may be the wrong one. Ours is believed if at least as many servers agree with it as
do not. Then only the accounts on the others are paused, as their timelines are read by their clock.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.database.audit import GROUNDSWELL
from bot.model import PauseCause, PauseRequest
from bot.schedules.local_time import format_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from bot.clock import Clock
    from bot.model import Account
    from bot.store.queue import Queue
    from bot.store.restore import RestoreStore

MAX_CLOCK_STEP = timedelta(seconds=120)
"""The largest difference from the boot clock, from the clock of a PostgreSQL server, or back from
the newest instant in the database."""

MAX_PLATFORM_OFFSET = timedelta(minutes=5)
"""The largest difference from a platform's ``Date``, which has whole seconds and takes time to
arrive."""

WITNESS_SECONDS = 120.0
"""How long, by the boot clock, a server's clock is a witness for or against another server's."""

ASK_AGAIN_SECONDS = 6 * 3600.0
"""A server that has not answered for this long is asked again before anything is sent to it."""

RESUME_HINT = "check the machine's time, then: groundswell resume"

log = logging.getLogger("groundswell.delivery")


def wrong_servers(offsets: Mapping[str, timedelta]) -> Collection[str]:
    """Return the servers whose clocks are wrong, given how far ours is ahead of each. Pure.

    If most of them are far from ours, ours is in doubt, and all servers are returned.
    """
    far = {name for name, offset in offsets.items() if abs(offset) > MAX_PLATFORM_OFFSET}
    return offsets.keys() if 2 * len(far) > len(offsets) else far


class ClockGuard:
    """Compares the clocks and pauses everything, once for each doubt."""

    def __init__(
        self,
        queue: Queue,
        restore_store: RestoreStore,
        clock: Clock,
        accounts: Mapping[str, Account],
    ) -> None:
        self._queue = queue
        self._restore_store = restore_store
        self._clock = clock
        self._servers = {name: _server_of(account) for name, account in accounts.items()}
        self._lock = threading.Lock()
        self._drift = clock.boot_time()
        self._offsets: dict[str, tuple[timedelta, float]] = {}
        """How far our clock was ahead of each server's, and when that was by the boot clock."""
        self._accepted: dict[str, timedelta] = {}
        """The offsets that a person knew of when they resumed."""
        self._paused_for: dict[str, timedelta] = {}
        """The offsets for which only the accounts of that server are paused, or were."""
        self._newest_seen: datetime | None = None
        self._doubt = ""

    def begin(self, owner: str) -> None:
        """Compare with the database's clock, and with its newest entry of runs but ``owner``."""
        self._newest_seen = self._restore_store.latest_activity(excluding=owner)
        self.check()
        if there := self._restore_store.database_time():
            offset = self._clock.now() - there
            if abs(offset) > MAX_CLOCK_STEP:
                self._pause(f"it is {_direction_of(offset)} the database server's")

    def check(self) -> None:
        """Compare with the boot clock. This is called before every send, and now and then."""
        with self._lock:
            drift = self._clock.boot_time()
            jumped = timedelta(seconds=drift - self._drift)
            if abs(jumped) > MAX_CLOCK_STEP:
                direction = "ahead" if jumped > timedelta(0) else "back"
                # The servers' clocks were compared with the old time, not with the new one.
                self._offsets = {name: (seen, -inf) for name, (seen, _) in self._offsets.items()}
                # The new time becomes the reference, but only once the pause is in force.
                if self._pause(f"it jumped {format_duration(abs(jumped))} {direction}"):
                    self._drift = drift
            if self._newest_seen is None:
                return
            behind = self._newest_seen - self._clock.now()
            if behind <= MAX_CLOCK_STEP:
                self._newest_seen = None
            elif self._pause(f"it is {format_duration(behind)} behind the database's latest entry"):
                self._restore_store.accept_clock(self._newest_seen)
                self._newest_seen = None

    def note_asked(self, account: str) -> None:
        """Note that the server was asked for the time, even if its answer did not contain it.

        A server that stops telling the time is not asked again and again.
        """
        with self._lock:
            server = self._servers.get(account, account)
            if self.is_silent(account):
                self._offsets.pop(server, None)

    def is_silent(self, account: str) -> bool:
        """Return whether the account's server must be asked again before anything is sent."""
        _, answered = self._offsets.get(self._servers.get(account, ""), (None, None))
        return answered is not None and self._clock.uptime() - answered > ASK_AGAIN_SECONDS

    def check_platform_time(self, account: str, platform_time: datetime | None) -> None:
        """Compare with the clock of the account's server, right after it has answered."""
        if platform_time is None:
            return
        server, uptime = self._servers.get(account, account), self._clock.uptime()
        with self._lock:
            if self._doubt and not self._is_paused_for(self._doubt):
                # A person has resumed, who knows of all offsets until then.
                self._doubt = ""
                self._accepted |= {name: offset for name, (offset, _) in self._offsets.items()}
            offset = self._clock.now() - platform_time
            self._offsets[server] = offset, uptime
            near = abs(offset - self._accepted.get(server, timedelta(0))) <= MAX_PLATFORM_OFFSET
            if near and not self._doubt:
                return
            differences = {
                name: seen - self._accepted.get(name, timedelta(0))
                for name, (seen, at) in self._offsets.items()
                if uptime - at < WITNESS_SECONDS
            }
            wrong = wrong_servers(differences)
            if len(wrong) < len(differences):
                self._believe_ours(wrong)
            elif not self._doubt:  # this one is far off, as ``near`` would have returned
                self._doubt = self._pause(f"it is {_direction_of(offset)} the platform's")

    def _believe_ours(self, wrong: Collection[str]) -> None:
        """Pause only the accounts on servers whose clocks are wrong."""
        now = self._clock.now()
        for server in wrong:
            offset, _ = self._offsets[server]
            if abs(offset - self._paused_for.get(server, timedelta(0))) <= MAX_PLATFORM_OFFSET:
                continue
            self._paused_for[server] = offset
            why = (
                f"its server's clock is wrong, as others show: ours is {_direction_of(offset)} it. "
                "Posts that are sent there may not be found again"
            )
            for name in (name for name, of in self._servers.items() if of == server):
                request = PauseRequest("account", name, why, PauseCause.CLOCK)
                if self._queue.pause(request, GROUNDSWELL, now):
                    log.error("account %s is paused: %s", name, why)
        if self._doubt and self._is_paused_for(self._doubt, alone=True):
            self._queue.resume("all", "", GROUNDSWELL, now)
            log.warning("the clock is no longer in doubt: other servers agree with it")
            self._doubt = ""

    def _is_paused_for(self, why: str, *, alone: bool = False) -> bool:
        """Return whether everything is paused for this reason, and if ``alone``, for no other."""
        reasons = {pause.why for pause in self._queue.pauses() if pause.scope == "all"}
        return reasons == {why} if alone else why in reasons

    def _pause(self, doubt: str) -> str:
        """Pause everything and return why, or "" if it is paused already."""
        now = self._clock.now()
        why = f"the clock is in doubt: {doubt}, and says {now:%Y-%m-%d %H:%M} UTC; {RESUME_HINT}"
        if not self._queue.pause(PauseRequest("all", "", why, PauseCause.CLOCK), GROUNDSWELL, now):
            return ""
        log.error("everything is paused: %s", why)
        return why


def _direction_of(offset: timedelta) -> str:
    direction = "ahead of" if offset > timedelta(0) else "behind"
    return f"{format_duration(abs(offset))} {direction}"


def _server_of(account: Account) -> str:
    """Return a name of the account's server. All accounts on it have one clock."""
    return f"{account.platform} {urlsplit(account.api).netloc}"
