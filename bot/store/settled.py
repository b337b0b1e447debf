"""What settles a delivery: its row, the publication, the pause, the log, within one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from bot.model import State
from bot.store import tables as t
from bot.store.audit import GROUNDSWELL, record
from bot.store.ledger import book
from bot.store.queue import set_pause
from bot.store.rests import end_rest, set_rest

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.model import Delivery, Settlement

TOLD = frozenset({State.NEEDS_HUMAN, State.REJECTED, State.MISSED, State.EXPIRED})
"""Where a delivery ends without having gone out: the audit log has it."""


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
    values: dict[str, Any] = {
        "state": settlement.state,
        "not_before": settlement.not_before or delivery.not_before,
        "reason": settlement.reason,
        "tries": delivery.tries + 1 if settlement.tried else 0,
        "owner": None,
        "lease_until": None,
        "changed": now,
        **more,
    }
    if settlement.published:
        values["next_part"] = delivery.next_part + 1
    if not connection.execute(update(t.deliveries).where(mine).values(values)).rowcount:
        return False
    _follow(connection, delivery, settlement, now)
    if by or settlement.state in TOLD:
        what = "settle" if by else settlement.state.value
        detail = {"state": settlement.state.value, "why": settlement.reason}
        record(connection, by or GROUNDSWELL, what, delivery.key, detail, now)
    return True


def _follow(
    connection: Connection,
    delivery: Delivery,
    settlement: Settlement,
    now: datetime,
) -> None:
    if settlement.published:
        published = settlement.published
        values = {
            "delivery": delivery.id,
            "part": delivery.next_part,
            "account": delivery.account,
            "remote_id": published.remote_id,
            "url": published.url,
            "published": published.at,
            "next_read": published.at,
        }
        connection.execute(insert(t.publications).values(values))
        end_rest(connection, delivery.account)
    book(connection, settlement.bill)
    if settlement.rest:
        set_rest(connection, delivery.account, settlement.rest)
    if settlement.hold:
        set_pause(connection, settlement.hold, "groundswell", now)
