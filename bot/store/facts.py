"""What the database knows that decides about some deliveries: a few questions for all of them.

Asked within the transaction that claims, nobody can come in between; asked in one that reads, it
explains what waits.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, func, select

from bot.model import State
from bot.store import doubts, meta, rests
from bot.store import tables as t
from bot.store.queue import read_pauses
from bot.store.twins import twins
from bot.store.types import SOME, Dollars, Instant, batched
from bot.store.visible import MAYBE_OUT, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta
    from decimal import Decimal

    from sqlalchemy import Connection, Select

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

    ``sending`` are those whose account has another one on the wire, ``sent`` is when it last sent
    another one, ``out`` since when each of its posts is out, or may be; ``spent`` what it has cost
    this month, in US dollars. ``parents`` is what replies to the parts before the next ones need.
    """

    pauses: Sequence[Pause]
    sending: frozenset[int]
    sent: Mapping[int, datetime]
    rests: Mapping[str, Rest]
    out: Mapping[str, Mapping[int, datetime]]
    spent: Mapping[str, Decimal]
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
    sent, sending = _others(connection, deliveries, now - since.gap)
    known = meta.get_all(connection, [doubts.KEY, *map(rests.key, accounts)])
    return Facts(
        pauses=read_pauses(connection),
        sending=sending,
        sent=sent,
        rests=rests.among(known, accounts),
        out=_out(connection, {name: since.days[name] for name in accounts if name in since.days}),
        spent=_spent(connection, [name for name in accounts if name in since.payers], since.month),
        twins=twins(connection, deliveries, now),
        parents=parents(connection, deliveries),
        slot_doubt=doubts.among(known),
        uploads=_uploads(connection, deliveries),
    )


# Each is made once: to put a statement together takes longer than the database takes to answer it.


def _asked_others() -> Select[Any]:
    """Select by the index of attempts, the last one first: an account may have sent very many."""
    d, a = t.deliveries.c, t.attempts.c
    mine = (a.account == d.account) & (a.delivery != d.id) & visible()
    last = select(a.opened).where(mine, a.opened > bindparam("since", type_=Instant))
    last = last.order_by(a.opened.desc()).limit(1)
    other = t.deliveries.alias()
    wire = (other.c.state == State.SENDING) & (other.c.account == d.account) & (other.c.id != d.id)
    return select(d.id, last.scalar_subquery(), exists().where(wire)).where(d.id.in_(SOME))


_OTHERS = _asked_others()


def _others(
    connection: Connection, deliveries: Sequence[Delivery], since: datetime
) -> tuple[Mapping[int, datetime], frozenset[int]]:
    """Give of each when its account last sent another one, and which have one on the wire."""
    sent: dict[int, datetime] = {}
    sending: set[int] = set()
    for some in batched([one.id for one in deliveries]):
        for number, opened, wire in connection.execute(_OTHERS, {"some": some, "since": since}):
            if opened:
                sent[number] = opened
            if wire:
                sending.add(number)
    return sent, frozenset(sending)


def _out(
    connection: Connection, days: Mapping[str, datetime]
) -> Mapping[str, Mapping[int, datetime]]:
    """Give of each account the posts that went out since then, or may have; a thread is one."""
    p, a, d = t.publications.c, t.attempts.c, t.deliveries.c
    found: dict[str, dict[int, datetime]] = {name: {} for name in days}
    for some in batched(sorted(days)):
        since = min(days[name] for name in some)
        out = select(p.account, p.delivery, p.published).where(
            p.account.in_(some), p.part == 0, p.published >= since
        )
        tried = select(a.account, a.delivery, a.opened).join(t.deliveries, d.id == a.delivery)
        tried = tried.where(a.account.in_(some), a.part == 0, a.opened >= since)
        tried = tried.where(visible(), d.state.in_(MAYBE_OUT))
        for query in (tried, out):
            for account, delivery, at in connection.execute(query):
                if at >= days[account]:
                    found[account][delivery] = at
    return found


def _spent(
    connection: Connection, accounts: Sequence[str], since: datetime
) -> Mapping[str, Decimal]:
    c = t.spending.c
    found: dict[str, Decimal] = {}
    for some in batched(accounts):
        query = select(c.account, func.sum(c.dollars, type_=Dollars()))
        query = query.where(c.account.in_(some), c.at >= since).group_by(c.account)
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def parents(connection: Connection, deliveries: Iterable[Delivery]) -> dict[int, str]:
    """Give what the next part of each thread that has begun replies to, as its client wrote it."""
    c = t.publications.c
    found: dict[int, str] = {}
    begun = {one.id: one.next_part - 1 for one in deliveries if one.next_part}
    for some in batched([*begun]):
        query = select(c.delivery, c.part, c.reply).where(c.delivery.in_(some))
        for row in connection.execute(query):
            if row.part == begun[row.delivery]:
                found[row.delivery] = row.reply
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
