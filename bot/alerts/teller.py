"""Notes what is to be told, and tells it: what the loop runs beside publishing.

Nothing here holds up a send: a channel has a thread of its own and ten seconds, and what fails is
tried again after ever longer waits. While the clock is in doubt, alerts go out (that it is, is one
of them, and an alert does no harm at a wrong hour); the digest and the ages of posts would be
wrong, and wait.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.alerts import notices, takeoff
from bot.alerts.channels import SEND_SECONDS, Errands
from bot.alerts.digest import TITLE
from bot.alerts.weeks import LATE
from bot.errors import GroundswellError
from bot.model import Cause, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.alerts.deps import NotifierDeps
    from bot.alerts.digesting import Digester
    from bot.alerts.notices import Notice
    from bot.model import Pause, Snapshot
    from bot.store.alerts import Alert

WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240))
"""After each try that failed, so long until the next; when the last has failed, the log says so."""

TRIES = len(WAITS) + 1

BACK = timedelta(days=7)
"""What failed longer ago than this is not told any more."""

LOOK = timedelta(minutes=10)
"""How often it is looked whether a post takes off: readings are twenty minutes apart."""

log = logging.getLogger("groundswell.alerts")


@dataclass(slots=True)
class Teller:
    """Tells each channel what it wants to know, each thing once."""

    deps: NotifierDeps
    digester: Digester
    _errands: Errands = field(default_factory=Errands)
    _looked: datetime | None = None

    def begin(self) -> None:
        """From now on: what happened before a channel was there is not told on it."""
        self._errands.begin()
        for channel in self.deps.wanted.channels:
            self.deps.alerts.begun(channel, self.deps.clock.now())
            if why := self.deps.send.lacking(channel):
                log.warning("alerts: %s cannot be told anything: %s", channel, why)

    def run(self) -> None:
        """Note what is new, and send what is due; waits for channels at most ten seconds."""
        if self.deps.wanted.channels:
            try:
                self._note()
            finally:  # what is noted is told, whatever else cannot be
                self._send()

    def leave(self) -> None:
        """Let ``run`` come to its end within a second or so, though a channel hangs.

        What no channel was asked to take yet stays due, and is told after the next start. What was
        on its way counts as a try: it may have arrived, so it is told again only if nobody heard
        that it did, after the wait of every try that failed.
        """
        self._errands.leave()

    # --- noting ---

    def _note(self) -> None:
        """Note what is new: the urgent first, so that a bug in the rest does not keep it back."""
        now, pauses = self.deps.clock.now(), self.deps.queue.pauses()
        standing = [*self._standing(pauses)]
        wanted = self.deps.wanted.channels
        since = {channel: self.deps.alerts.begun(channel, now) for channel in wanted}
        for channel in wanted:
            ended = self.deps.alerts.ended(notices.LOST, max(since[channel], now - BACK))
            self._keep(channel, [*standing, *map(notices.lost, ended)], now)
        if any(pause.cause is Cause.CLOCK for pause in pauses):
            return
        risen = self._taking_off(now)
        for channel in wanted:
            self._keep(channel, risen, now)
        for channel, kinds in wanted.items():
            if "digest" in kinds:
                self._note_digest(channel, since[channel], now)

    def _standing(self, pauses: Iterable[Pause]) -> Iterator[Notice]:
        """Give what is so right now, whenever it began."""
        yield from map(notices.asks, self.deps.queue.in_states([State.NEEDS_HUMAN]))
        if held := self.deps.mass_cancels.held_back():
            yield notices.vanished(held.keys, held.scheduled)
        yield from notices.paused(pauses)
        yield from notices.broken(self.deps.files.broken)
        yield from notices.budgets(self.deps.budgets.standings())

    def _keep(self, channel: str, found: Sequence[Notice], now: datetime) -> None:
        """Note for a channel what it wants to know of this."""
        kinds = self.deps.wanted.channels[channel]
        meant = [each for each in found if each.kind in kinds]
        known = self.deps.alerts.known(channel, [each.key for each in meant])
        new = [each for each in meant if each.key not in known]
        hide = self.deps.hide
        self.deps.alerts.note(((one.key, channel, one.kind, hide(one.text)) for one in new), now)

    def _note_digest(self, channel: str, since: datetime, now: datetime) -> None:
        key, end = self.digester.last(now)
        late = end < since or now - end > LATE
        if not late and not self.deps.alerts.known(channel, [key]):
            text = self.deps.hide(self.digester.text(end))
            self.deps.alerts.note([(key, channel, "digest", text)], now)

    # --- what takes off ---

    def _taking_off(self, now: datetime) -> list[Notice]:
        wanted = any("takeoff" in kinds for kinds in self.deps.wanted.channels.values())
        if not wanted or (self._looked and timedelta(0) <= now - self._looked < LOOK):
            return []
        self._looked = now
        return [one for account in self.deps.accounts for one in self._of_account(account, now)]

    def _of_account(self, account: str, now: datetime) -> Iterator[Notice]:
        grown = now - takeoff.OLDEST
        young = self.deps.alerts.firsts(account, grown, now)
        if not young:
            return
        others = self.deps.alerts.firsts(account, now - takeoff.SPAN, grown, takeoff.MOST_POSTS)
        read: dict[int, list[Snapshot]] = {post.id: [] for post in (*others, *young)}
        for each in self.deps.metrics.snapshots(list(read)):
            read[each.publication].append(each)
        usual = [(other, read[other.id]) for other in others]
        for post in young:
            if notice := takeoff.taking_off(post, read[post.id], usual, now):
                yield notice

    # --- sending ---

    def _send(self) -> None:
        due = self.deps.alerts.due(self.deps.clock.now(), TRIES, max(WAITS))
        begun = []
        for channel in self.deps.wanted.channels:
            mine = [one for one in due if one.channel == channel]
            if mine and self._errands.start(channel, partial(self._tell, channel, mine)):
                begun.append(channel)
        self._errands.wait(begun, SEND_SECONDS)

    def _tell(self, channel: str, due: Sequence[Alert]) -> None:
        """Send a channel what is due to it: a digest by itself, the rest as one message."""
        try:
            for one in due:
                if one.kind == "digest":
                    self._try(channel, [one])
            self._try(channel, [one for one in due if one.kind != "digest"])
        except GroundswellError as error:
            log.error("alerts: %s: %s", channel, error)  # noqa: TRY400 - a person's to mend, not a bug
        except Exception:
            log.exception("alerts: a bug while telling %s", channel)

    def _try(self, channel: str, some: Sequence[Alert]) -> None:
        if self._errands.leaving:  # before the claim, so that the next start finds it due
            return
        tries = max((one.tries for one in some), default=0)
        wait = WAITS[min(tries, len(WAITS) - 1)]
        mine = self.deps.alerts.claim(some, self.deps.clock.now() + wait)
        if not mine:  # another worker was quicker
            return
        why = self.deps.send(channel, *_message(mine))
        if why is None:
            self.deps.alerts.sent(mine, self.deps.clock.now())
            log.info("alerts: %s was told of %d", channel, len(mine))
        elif tries + 1 < TRIES:
            words = "alerts: %s was not told of %d: %s. Next try in %s"
            log.warning(words, channel, len(mine), why, wait)
        else:
            words = "alerts: %s was not told of %d, for good after %d tries: %s"
            log.error(words, channel, len(mine), tries + 1, why)


def _message(alerts: Sequence[Alert]) -> tuple[str, str]:
    if alerts[0].kind == "digest":
        return TITLE, alerts[0].text
    return notices.message([one.text for one in alerts])
