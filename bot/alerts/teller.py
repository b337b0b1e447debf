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
from typing import TYPE_CHECKING, Any

from bot.alerts import notices, takeoff
from bot.alerts.channels import SEND_SECONDS, Errands
from bot.alerts.digest import TITLE
from bot.alerts.digesting import Digester
from bot.alerts.weeks import LATE
from bot.errors import GroundswellError
from bot.model import Cause, State
from bot.reports import Names
from bot.store.alerts import Alerts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.alerts.channels import Send
    from bot.alerts.notices import Budget, Notice
    from bot.alerts.wanted import Wanted
    from bot.clock import Clock
    from bot.model import Account, Pause, Snapshot
    from bot.store.alerts import Alert
    from bot.store.approvals import Approvals
    from bot.store.database import Database
    from bot.store.ledger import Ledger
    from bot.store.mass_cancel import MassCancels
    from bot.store.metrics import Metrics
    from bot.store.queue import Queue

WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240))
"""After each try that failed, so long until the next; when the last has failed, the log says so."""

TRIES = len(WAITS) + 1

BACK = timedelta(days=7)
"""What failed longer ago than this is not told any more."""

LOOK = timedelta(minutes=10)
"""How often it is looked whether a post takes off: readings are twenty minutes apart."""

log = logging.getLogger("groundswell.alerts")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the teller works with.

    ``broken`` gives the mistakes that keep the campaign files out, ``budgets`` what accounts have
    spent of theirs.
    """

    alerts: Alerts
    queue: Queue
    mass_cancels: MassCancels
    metrics: Metrics
    accounts: Mapping[str, Account]
    wanted: Wanted
    send: Send
    digester: Digester
    clock: Clock
    broken: Callable[[], Sequence[str]] = tuple
    budgets: Callable[[], Iterable[Budget]] = tuple
    hide: Callable[[str], str] = str


@dataclass(slots=True)
class Teller:
    """Tells each channel what it wants to know, each thing once."""

    desk: Desk
    _errands: Errands = field(default_factory=Errands)
    _looked: datetime | None = None

    def begin(self) -> None:
        """From now on: what happened before a channel was there is not told on it."""
        self._errands.begin()
        for channel in self.desk.wanted.channels:
            self.desk.alerts.begun(channel, self.desk.clock.now())
            if why := self.desk.send.lacking(channel):
                log.warning("alerts: %s cannot be told anything: %s", channel, why)

    def run(self) -> None:
        """Note what is new, and send what is due; waits for channels at most ten seconds."""
        if self.desk.wanted.channels:
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
        now, pauses = self.desk.clock.now(), self.desk.queue.pauses()
        standing = [*self._standing(pauses)]
        wanted = self.desk.wanted.channels
        since = {channel: self.desk.alerts.begun(channel, now) for channel in wanted}
        for channel in wanted:
            ended = self.desk.alerts.ended(notices.LOST, max(since[channel], now - BACK))
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
        yield from map(notices.asks, self.desk.queue.in_states([State.NEEDS_HUMAN]))
        if held := self.desk.mass_cancels.held_back():
            yield notices.vanished(held.keys, held.scheduled)
        yield from notices.paused(pauses)
        yield from notices.broken(self.desk.broken())
        yield from notices.budgets(self.desk.budgets())

    def _keep(self, channel: str, found: Sequence[Notice], now: datetime) -> None:
        """Note for a channel what it wants to know of this."""
        kinds = self.desk.wanted.channels[channel]
        meant = [each for each in found if each.kind in kinds]
        known = self.desk.alerts.known(channel, [each.key for each in meant])
        new = [each for each in meant if each.key not in known]
        hide = self.desk.hide
        self.desk.alerts.note(((one.key, channel, one.kind, hide(one.text)) for one in new), now)

    def _note_digest(self, channel: str, since: datetime, now: datetime) -> None:
        key, end = self.desk.digester.last(now)
        late = end < since or now - end > LATE
        if not late and not self.desk.alerts.known(channel, [key]):
            text = self.desk.hide(self.desk.digester.text(end))
            self.desk.alerts.note([(key, channel, "digest", text)], now)

    # --- what takes off ---

    def _taking_off(self, now: datetime) -> list[Notice]:
        wanted = any("takeoff" in kinds for kinds in self.desk.wanted.channels.values())
        if not wanted or (self._looked and timedelta(0) <= now - self._looked < LOOK):
            return []
        self._looked = now
        return [one for account in self.desk.accounts for one in self._of_account(account, now)]

    def _of_account(self, account: str, now: datetime) -> Iterator[Notice]:
        grown = now - takeoff.OLDEST
        young = self.desk.alerts.firsts(account, grown, now)
        if not young:
            return
        others = self.desk.alerts.firsts(account, now - takeoff.SPAN, grown, takeoff.MOST_POSTS)
        read: dict[int, list[Snapshot]] = {post.id: [] for post in (*others, *young)}
        for each in self.desk.metrics.snapshots(list(read)):
            read[each.publication].append(each)
        usual = [(other, read[other.id]) for other in others]
        for post in young:
            if notice := takeoff.taking_off(post, read[post.id], usual, now):
                yield notice

    # --- sending ---

    def _send(self) -> None:
        due = self.desk.alerts.due(self.desk.clock.now(), TRIES, max(WAITS))
        begun = []
        for channel in self.desk.wanted.channels:
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
        mine = self.desk.alerts.claim(some, self.desk.clock.now() + wait)
        if not mine:  # another worker was quicker
            return
        why = self.desk.send(channel, *_message(mine))
        if why is None:
            self.desk.alerts.sent(mine, self.desk.clock.now())
            log.info("alerts: %s was told of %d", channel, len(mine))
        elif tries + 1 < TRIES:
            words = "alerts: %s was not told of %d: %s. Next try in %s"
            log.warning(words, channel, len(mine), why, wait)
        else:
            words = "alerts: %s was not told of %d, for good after %d tries: %s"
            log.error(words, channel, len(mine), tries + 1, why)


def teller(
    database: Database,
    stores: tuple[Queue, Approvals, MassCancels, Metrics, Ledger],
    *,
    wanted: Wanted,
    names: Callable[[], Names] = Names,
    **more: Any,
) -> Teller:
    """Make one; ``names`` are what people call things, ``more`` is what else its desk has."""
    alerts, (queue, approvals, mass_cancels, metrics, ledger) = Alerts(database), stores
    budgets = more.get("budgets", tuple)
    digester = Digester(
        *(wanted, alerts, queue, approvals, mass_cancels, metrics, ledger),
        budgets=budgets,
        names=names,
    )
    desk = Desk(alerts, queue, mass_cancels, metrics, wanted=wanted, digester=digester, **more)
    return Teller(desk)


def _message(alerts: Sequence[Alert]) -> tuple[str, str]:
    if alerts[0].kind == "digest":
        return TITLE, alerts[0].text
    return notices.message([one.text for one in alerts])
