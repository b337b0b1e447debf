"""Alerts that a team was sent or is to be sent, each once on each channel.

An alert's row exists before anything is sent. It is unique by the event's key and the channel.
Before it is sent it is claimed, which postpones the next try. Of several workers only one sends,
and after a crash the alert is tried again later.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from bot.database import rows
from bot.database import tables as t
from bot.database.types import batched, insert_new

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import timedelta

    from bot.database.connections import Database
    from bot.model import Publication


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert to send on one channel."""

    id: int
    key: str
    """The key of the event that the alert is about."""
    channel: str
    kind: str
    """A kind that the config can name (``AlertKind``)."""
    text: str
    noted: datetime
    tries: int = 0
    """How often it was claimed so far."""


class Alerts:
    """The alerts in the database, and the posts that may deserve one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def channel_since(self, channel: str, now: datetime) -> datetime:
        """Return the instant from which on the channel gets alerts: now, if it is new.

        It is also now if the remembered instant is in the future, because the clock was ahead.
        """
        key = f"alerts:begun:{channel}"
        value = rows.read(self._database, key)
        if value and (since := datetime.fromisoformat(value)) <= now:
            return since
        rows.write(self._database, key, now.isoformat())
        return now

    def noted_keys(self, channel: str, keys: Collection[str]) -> set[str]:
        """Return which of these keys are noted for the channel already."""
        c = t.alerts.c
        noted = set[str]()
        with self._database.reading() as connection:
            for batch in batched(list(keys)):
                query = select(c.key).where(c.channel == channel, c.key.in_(batch))
                noted |= set(connection.scalars(query))
        return noted

    def add(self, alerts: Iterable[tuple[str, str, str, str]], now: datetime) -> None:
        """Note alerts (key, channel, kind, text) to be sent; those noted already stay as they are.

        An alert without a text is not sent, because the text of another one covers it.
        """
        values = [
            {"key": key, "channel": channel, "kind": kind, "text": text}
            | {"noted": now, "not_before": now, "tries": 0, "sent": None if text else now}
            for key, channel, kind, text in alerts
        ]
        if values:
            with self._database.writing() as connection:
                connection.execute(insert_new(connection, t.alerts, ["key", "channel"]), values)

    def due(self, now: datetime, max_tries: int, longest_wait: timedelta) -> list[Alert]:
        """Return the alerts to send now, oldest first.

        A wait of more than ``longest_wait`` was set by a clock that was ahead, and counts as over.
        """
        c = t.alerts.c
        when = or_(c.not_before <= now, c.not_before > now + longest_wait)
        query = select(*(c[field.name] for field in fields(Alert))).order_by(c.id)
        query = query.where(c.sent.is_(None), c.tries < max_tries, when)
        return [Alert(*row) for row in self._database.read(query)]

    def claim(self, alerts: Iterable[Alert], next_try: datetime) -> list[Alert]:
        """Claim alerts for a try, and return those that no other worker has claimed."""
        c = t.alerts.c
        claimed = []
        with self._database.writing() as connection:
            for alert in alerts:
                where = (c.id == alert.id) & (c.tries == alert.tries) & c.sent.is_(None)
                query = update(t.alerts).where(where)
                query = query.values(tries=alert.tries + 1, not_before=next_try)
                if connection.execute(query).rowcount:
                    claimed.append(alert)
        return claimed

    def mark_sent(self, alerts: Iterable[Alert], now: datetime) -> None:
        """Record that these alerts have been sent."""
        where = t.alerts.c.id.in_([alert.id for alert in alerts])
        with self._database.writing() as connection:
            connection.execute(update(t.alerts).where(where).values(sent=now))

    # --- posts that may deserve an alert ---

    def first_parts(
        self, account: str, since: datetime, until: datetime, limit: int | None = None
    ) -> list[Publication]:
        """Return the account's first parts that were published in [since, until), newest first."""
        c = t.publications.c
        where = (c.account == account) & (c.part == 0) & (c.published >= since)
        query = rows.select_publications(where, c.published < until)
        query = query.order_by(None).order_by(c.published.desc(), c.id.desc())
        return [rows.publication(row) for row in self._database.read(query.limit(limit))]
