"""What the database knows that decides about some deliveries: a few questions for all of them.

Asked within the transaction that claims, nobody can come in between; asked in one that reads, it
explains what waits.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.model import State
from bot.store import doubts, rests
from bot.store import tables as t
from bot.store.queue import read_pauses
from bot.store.twins import Words, fingerprints, twins
from bot.store.types import Dollars, batched
from bot.store.visible import MAYBE_OUT, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from bot.model import Delivery, Media, Pause, Rest, Twin


@dataclass(frozen=True, slots=True)
class Since:
    """How far back is to be looked: the longest gap between posts, the month's first instant.

    ``days`` has the midnights of the accounts with a daily cap, ``payers`` are those whose budgets
    stop posts.
    """

    gap: timedelta
    month: datetime
    days: Mapping[str, datetime]
    payers: Collection[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Of some deliveries and their accounts; each by the account's name or the delivery's id.

    ``sent`` is when the account last sent each of its deliveries, ``out`` since when each of its
    posts is out, or may be; ``spent`` what it has cost this month, in US dollars. ``parents`` are
    the platform's ids of the parts before the next ones.
    """

    pauses: Sequence[Pause]
    sending: Mapping[str, frozenset[int]]
    sent: Mapping[str, Mapping[int, datetime]]
    rests: Mapping[str, Rest]
    out: Mapping[str, Mapping[int, datetime]]
    spent: Mapping[str, Decimal]
    words: Mapping[int, Words]
    twins: Mapping[int, Twin]
    parents: Mapping[int, str]
    slot_doubt: doubts.SlotDoubt | None
    uploads: Mapping[tuple[str, str, str], Sequence[tuple[datetime, str]]] = field(
        default_factory=dict
    )

    def media_id(self, account: str, media: Media, until: datetime) -> str | None:
        """Give the platform's id for a file uploaded before and still usable at ``until``."""
        known = self.uploads.get((account, media.sha256, media.alt), ())
        return next((media_id for expires, media_id in known if expires > until), None)


def read(
    connection: Connection,
    deliveries: Sequence[Delivery],
    now: datetime,
    since: Since,
) -> Facts:
    """Read them."""
    accounts = sorted({one.account for one in deliveries})
    days, payers = since.days, since.payers
    words = fingerprints(connection, deliveries)
    return Facts(
        pauses=read_pauses(connection),
        sending=_sending(connection, accounts),
        sent=_sent(connection, accounts, now - since.gap),
        rests=rests.of(connection, accounts),
        out={name: _out_since(connection, name, days[name]) for name in accounts if name in days},
        spent={name: _spent(connection, name, since.month) for name in accounts if name in payers},
        words=words,
        twins=twins(connection, deliveries, words, now),
        parents=_parents(connection, deliveries),
        slot_doubt=doubts.read(connection),
        uploads=_uploads(connection, deliveries),
    )


def _sending(connection: Connection, accounts: Sequence[str]) -> Mapping[str, frozenset[int]]:
    """Give which deliveries are on the wire, by account."""
    c = t.deliveries.c
    found: dict[str, set[int]] = defaultdict(set)
    for some in batched(accounts):
        where = (c.state == State.SENDING) & c.account.in_(some)
        for row in connection.execute(select(c.account, c.id).where(where)):
            found[row.account].add(row.id)
    return {name: frozenset(ids) for name, ids in found.items()}


def _sent(
    connection: Connection, accounts: Sequence[str], since: datetime
) -> Mapping[str, Mapping[int, datetime]]:
    c = t.attempts.c
    found: dict[str, dict[int, datetime]] = defaultdict(dict)
    last = func.max(c.opened, type_=t.attempts.c.opened.type)
    for some in batched(accounts):
        where = c.account.in_(some) & (c.opened > since) & visible()
        query = select(c.account, c.delivery, last).where(where).group_by(c.account, c.delivery)
        for account, delivery, opened in connection.execute(query):
            found[account][delivery] = opened
    return found


def _out_since(connection: Connection, account: str, instant: datetime) -> dict[int, datetime]:
    """Give the account's posts that went out since then, or may have; a thread is one."""
    p, a, d = t.publications.c, t.attempts.c, t.deliveries.c
    out = select(p.delivery, p.published).where(
        p.account == account, p.part == 0, p.published >= instant
    )
    tried = select(a.delivery, a.opened).join(t.deliveries, d.id == a.delivery)
    tried = tried.where(a.account == account, a.part == 0, a.opened >= instant)
    tried = tried.where(visible(), d.state.in_(MAYBE_OUT))
    return {row[0]: row[1] for query in (tried, out) for row in connection.execute(query)}


def _spent(connection: Connection, account: str, since: datetime) -> Decimal:
    c = t.spending.c
    spent = select(func.sum(c.dollars, type_=Dollars())).where(c.account == account, c.at >= since)
    return connection.scalar(spent) or Decimal(0)


def _parents(connection: Connection, deliveries: Iterable[Delivery]) -> dict[int, str]:
    c = t.publications.c
    found: dict[int, str] = {}
    begun = {one.id: one.next_part - 1 for one in deliveries if one.next_part}
    for some in batched([*begun]):
        query = select(c.delivery, c.part, c.remote_id).where(c.delivery.in_(some))
        for row in connection.execute(query):
            if row.part == begun[row.delivery]:
                found[row.delivery] = row.remote_id
    return found


def _uploads(
    connection: Connection, deliveries: Iterable[Delivery]
) -> Mapping[tuple[str, str, str], Sequence[tuple[datetime, str]]]:
    """Give the uploads of what they show, the newest of each first."""
    c = t.uploads.c
    shown = {
        (one.account, media.sha256)
        for one in deliveries
        for part in one.content.parts
        for media in part.media
    }
    found: dict[tuple[str, str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for some in batched(sorted(shown)):
        accounts, digests = {name for name, _ in some}, {sha256 for _, sha256 in some}
        where = c.account.in_(accounts) & c.sha256.in_(digests)
        for row in connection.execute(select(t.uploads).where(where).order_by(c.id.desc())):
            found[row.account, row.sha256, row.alt].append((row.expires, row.media_id))
    return found
