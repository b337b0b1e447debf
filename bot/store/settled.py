"""What settles deliveries: rows, publications, costs, pauses, the log, within one transaction."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, update

from bot.model import State
from bot.store import tables as t
from bot.store.audit import GROUNDSWELL, record
from bot.store.ledger import book
from bot.store.queue import set_pause
from bot.store.rests import end_rests, set_rest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.model import Delivery, Published, Settlement

TOLD = frozenset({State.NEEDS_HUMAN, State.REJECTED, State.MISSED, State.EXPIRED})
"""Where a delivery ends without having gone out: the audit log has it."""

NUMBERED = update(t.deliveries).where(t.deliveries.c.id == bindparam("number"))
"""An update of deliveries by their ids, each given as ``number``."""

_PUBLISHED = insert(t.publications)


def write_all(
    connection: Connection, settled: Sequence[tuple[Delivery, Settlement]], now: datetime
) -> None:
    """Settle deliveries, one or more, that nobody else can change before this transaction ends."""
    values = [{"number": one.id, **_values(one, how, now)} for one, how in settled]
    connection.execute(NUMBERED, values)
    _follow(connection, settled, now)


def write(
    connection: Connection,
    delivery: Delivery,
    settlement: Settlement,
    mine: ColumnElement[bool],
    now: datetime,
    *,
    by: str | None = None,
    **more: Any,
) -> bool:
    """Settle the row that is ``mine``, ``by`` a person or of itself; False where there is none."""
    values = _values(delivery, settlement, now) | more
    if not connection.execute(update(t.deliveries).where(mine).values(values)).rowcount:
        return False
    _follow(connection, [(delivery, settlement)], now, by)
    return True


def _values(delivery: Delivery, settlement: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "state": settlement.state,
        "not_before": settlement.not_before or delivery.not_before,
        "next_part": delivery.next_part + int(settlement.published is not None),
        "reason": settlement.reason,
        "absent": settlement.absent,
        "tries": delivery.tries + 1 if settlement.tried else 0,
        "owner": None,
        "lease_until": None,
        "changed": now,
    }


def _follow(
    connection: Connection,
    settled: Sequence[tuple[Delivery, Settlement]],
    now: datetime,
    by: str | None = None,
) -> None:
    published = [_publication(one, how.published) for one, how in settled if how.published]
    if published:
        connection.execute(_PUBLISHED, published)
        end_rests(connection, sorted({one["account"] for one in published}))
    book(connection, chain.from_iterable(how.bill for _, how in settled))
    for delivery, settlement in settled:
        if settlement.rest:
            set_rest(connection, delivery.account, settlement.rest)
        if settlement.hold:
            set_pause(connection, settlement.hold, GROUNDSWELL, now)
        if by or settlement.state in TOLD:
            what = "settle" if by else settlement.state.value
            detail = {"state": settlement.state.value, "why": settlement.reason}
            record(connection, by or GROUNDSWELL, what, delivery.key, detail, now)


def _publication(delivery: Delivery, published: Published) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "part": delivery.next_part,
        "account": delivery.account,
        "remote_id": published.remote_id,
        "url": published.url,
        "reply": published.reply,
        "published": published.at,
        "next_read": published.at,
    }
