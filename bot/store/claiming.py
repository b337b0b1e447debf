"""What a delivery must meet to be claimed, as conditions of the claim's own statement.

What was decided a moment ago is asked once more where nobody can come in between: another worker
may have been quicker, a person may have paused, an edit may have changed it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, literal, or_, select, text, true, type_coerce, union

from bot.approval import counting
from bot.model import State
from bot.store import tables as t
from bot.store.approval_rows import counted
from bot.store.twins import fingerprint, has_twin
from bot.store.types import Dollars
from bot.store.visible import MAYBE_OUT, visible

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Connection, ScalarSelect

    from bot.model import Delivery

NO_GAP = timedelta(0)


@dataclass(frozen=True, slots=True)
class Pace:
    """What the account's other posts, and the hour, ask of the next one.

    ``gap`` is the least time since the last of them; no more than ``cap`` may be out since the
    instant ``midnight``; ``quiet`` is that it must wait for the end of the quiet hours. ``purse``
    is the most that may have been spent, in US dollars, since an instant. ``approvals`` is how many
    people must have approved what it says at least, whatever the plan says.
    """

    gap: timedelta = NO_GAP
    cap: int | None = None
    midnight: datetime | None = None
    quiet: bool = False
    purse: tuple[datetime, Decimal] | None = None
    approvals: int = 0


AT_ONCE = Pace()


def my_turn(connection: Connection, delivery: Delivery) -> bool:
    """Keep others from claiming for the account, or to say the same, until the transaction ends.

    False where another one is at it. On SQLite a write transaction is alone anyway.
    """
    if connection.dialect.name != "postgresql":
        return True
    words = f"{delivery.platform} {fingerprint(delivery.content)}"
    query = text("SELECT pg_try_advisory_xact_lock(:key)")
    names = (f"claim {delivery.account}", f"say {words}")
    return all(connection.scalar(query, {"key": _lock(name)}) for name in names)


def _lock(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def claimable(delivery: Delivery, now: datetime, pace: Pace) -> ColumnElement[bool]:
    """Tell whether it may be sent now: unchanged, in time, not held back, and the account is free.

    That it is approved is asked apart, by ``approved``.
    """
    c = t.deliveries.c
    ready = (c.state == State.SCHEDULED) & (c.not_before <= now) & unchanged(delivery)
    in_time = literal(now <= delivery.deadline)
    return and_(
        same(delivery, delivery.fence),
        ready,
        in_time,
        or_(c.embargo.is_(None), c.embargo <= now),
        ~_paused(delivery),
        ~_on_the_wire(delivery),
        ~_sent_after(delivery, now - pace.gap) if pace.gap > NO_GAP else true(),
        true() if delivery.next_part else _may_begin(delivery, now, pace),
    )


def _may_begin(delivery: Delivery, now: datetime, pace: Pace) -> ColumnElement[bool]:
    """Tell what holds only its first part back: a thread that is half out goes on."""
    c = t.deliveries.c
    return and_(
        or_(c.allowed, ~has_twin(delivery, now)),
        or_(c.stale_from.is_(None), c.stale_from > now),
        literal(not pace.quiet),
        true()
        if pace.cap is None or pace.midnight is None
        else out_since(delivery.account, pace.midnight) < pace.cap,
        _spent(delivery.account, *pace.purse) if pace.purse else true(),
    )


def _spent(account: str, since: datetime, most: Decimal) -> ColumnElement[bool]:
    """Tell whether the account has cost no more than that since then."""
    c = t.spending.c
    spent = select(func.coalesce(func.sum(c.dollars), literal(0)))
    spent = spent.where(c.account == account, c.at >= since)
    return type_coerce(spent.scalar_subquery(), Dollars()) <= most


def approved(connection: Connection, delivery: Delivery, floor: int = 0) -> bool:
    """Return whether enough people have approved what it says; none can take that back meanwhile.

    ``floor`` is how many they must be at least.
    """
    needed = max(delivery.approvals, floor)
    if not needed:
        return True
    c = t.approvals.c
    mine = and_(
        c.campaign == delivery.campaign,
        c.post == delivery.post,
        c.account == delivery.account,
        c.digest == delivery.approval_digest,
    )
    names = [row.who for row in counted(connection, mine, lock=True)]
    return len(counting(names, needed, delivery.author)) >= needed


def out_since(account: str, instant: datetime) -> ScalarSelect[int]:
    """Count the account's posts that went out since then, or may have; a thread is one."""
    p, a, d = t.publications.c, t.attempts.c, t.deliveries.c
    out = select(p.delivery).where(p.account == account, p.part == 0, p.published >= instant)
    tried = select(a.delivery).join(t.deliveries, d.id == a.delivery)
    tried = tried.where(a.account == account, a.part == 0, a.opened >= instant)
    tried = tried.where(visible(), d.state.in_(MAYBE_OUT))
    return select(func.count()).select_from(union(out, tried).subquery()).scalar_subquery()


def same(delivery: Delivery, fence: int) -> ColumnElement[bool]:
    """Tell whether it is this one, and nobody has claimed it since."""
    return (t.deliveries.c.id == delivery.id) & (t.deliveries.c.fence == fence)


def unchanged(delivery: Delivery) -> ColumnElement[bool]:
    """Tell whether the plan still wants what was read: an edit may have come in between."""
    c = t.deliveries.c
    return and_(
        c.due == delivery.due,
        c.grace == delivery.grace,
        c.expires.is_not_distinct_from(delivery.expires),
        c.digest == delivery.content.digest,
        c.embargo.is_not_distinct_from(delivery.embargo),
        c.stale_from.is_not_distinct_from(delivery.stale_from),
        c.approvals == delivery.approvals,
        c.author.is_not_distinct_from(delivery.author),
        c.frequency == delivery.frequency,
    )


def _paused(delivery: Delivery) -> ColumnElement[bool]:
    p = t.pauses.c
    return exists().where(
        p.lifted.is_(None),
        or_(
            p.scope == "all",
            and_(p.scope == "platform", p.name == delivery.platform),
            and_(p.scope == "account", p.name == delivery.account),
            and_(p.scope == "campaign", p.name == delivery.campaign),
        ),
    )


def _on_the_wire(delivery: Delivery) -> ColumnElement[bool]:
    """Tell whether another one of the account is being sent: its order would be lost."""
    other = t.deliveries.alias("other")
    return exists().where(
        other.c.account == delivery.account,
        other.c.state == State.SENDING,
        other.c.id != delivery.id,
    )


def _sent_after(delivery: Delivery, instant: datetime) -> ColumnElement[bool]:
    """Tell whether another one of the account went out since then, as far as anyone can know."""
    c = t.attempts.c
    mine = (c.account == delivery.account) & (c.delivery != delivery.id)
    return exists().where(mine, visible(), c.opened > instant)
