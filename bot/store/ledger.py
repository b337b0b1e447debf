"""Money spent, and media that a platform holds for us."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from bot.model import Spending, State
from bot.store import tables as t
from bot.store.types import Dollars, Instant, insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.model import Media
    from bot.store.database import Database

_BOOK = insert(t.spending)
_TO_COME = (State.SCHEDULED, State.SENDING, State.UNKNOWN)


class Ledger:
    """What calls cost, and uploads that can still be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def book(self, entries: Iterable[Spending]) -> None:
        """Write down what was spent."""
        with self.booking() as booking:
            booking.add(entries)

    @contextmanager
    def booking(self) -> Iterator[Booking]:
        """Give a place for what is booked together: all of it is written down, or nothing."""
        with self._database.writing() as connection:
            yield Booking(connection)

    def spending(self, since: datetime | None = None) -> list[Spending]:
        """Give what was spent, oldest first."""
        query = select(t.spending).order_by(t.spending.c.at, t.spending.c.id)
        if since is not None:
            query = query.where(t.spending.c.at >= since)
        with self._database.reading() as connection:
            return [
                Spending(row.at, row.account, row.campaign, row.item, row.quantity, row.dollars)
                for row in connection.execute(query)
            ]

    def summed(
        self,
        campaign: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Spending]:
        """Give what was spent in [since, until), on a campaign or at all: one line for each kind.

        A kind is an account, a campaign and an item; its line is dated by its last booking.
        """
        c = t.spending.c
        conditions = [] if campaign is None else [c.campaign == campaign]
        conditions += [] if since is None else [c.at >= since]
        conditions += [] if until is None else [c.at < until]
        kind = (c.account, c.campaign, c.item)
        sums = (func.sum(c.quantity), func.sum(c.dollars, type_=Dollars()))
        query = select(func.max(c.at, type_=Instant()), *kind, *sums).where(*conditions)
        with self._database.reading() as connection:
            found = connection.execute(query.group_by(*kind).order_by(*kind))
            return [
                Spending(at, account, of, item, int(quantity), dollars)
                for at, account, of, item, quantity, dollars in found
            ]

    def spent(self, account: str, since: datetime, until: datetime) -> Decimal:
        """Give the dollars that an account cost in [since, until)."""
        c = t.spending.c
        where = (c.account == account) & (c.at >= since) & (c.at < until)
        with self._database.reading() as connection:
            found = connection.scalar(select(func.sum(c.dollars, type_=Dollars())).where(where))
        return found or Decimal(0)

    def to_publish(self, account: str, until: datetime) -> list[tuple[datetime, str, int, str]]:
        """Give what the account will still have to pay for that is due before ``until``.

        Of each: when it is due, the digest of its content, how many parts are out already, the
        content as JSON.
        """
        c = t.deliveries.c
        where = (c.account == account) & c.state.in_(_TO_COME) & (c.due < until)
        with self._database.reading() as connection:
            query = select(c.due, c.digest, c.next_part, c.content).where(where)
            return [
                (row.due, row.digest, row.next_part, row.content)
                for row in connection.execute(query)
            ]

    def first_time(self, key: str) -> bool:
        """Tell whether this is asked for the first time, and remember that it was."""
        with self._database.writing() as connection:
            query = insert_new(connection, t.meta, ["key"]).values(key=key, value="")
            return connection.scalar(query.returning(t.meta.c.key)) is not None

    def upload(self, account: str, media: Media, until: datetime) -> str | None:
        """Give the platform's id for a file uploaded before and still usable at ``until``."""
        c = t.uploads.c
        same = (c.account == account) & (c.sha256 == media.sha256) & (c.alt == media.alt)
        query = select(c.media_id).where(same, c.expires > until).order_by(c.id.desc()).limit(1)
        with self._database.reading() as connection:
            return connection.scalar(query)

    def uploaded(
        self,
        account: str,
        media: Media,
        media_id: str,
        expires: datetime,
        bill: Iterable[Spending] = (),
    ) -> None:
        """Remember an upload, and write down what it cost."""
        values = {
            "account": account,
            "sha256": media.sha256,
            "alt": media.alt,
            "media_id": media_id,
            "expires": expires,
        }
        with self._database.writing() as connection:
            connection.execute(insert(t.uploads).values(values))
            book(connection, bill)


class Booking:
    """A transaction that books."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, entries: Iterable[Spending]) -> None:
        """Write down what was spent."""
        book(self._connection, entries)

    def newly_billed(self, account: str, read: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return what was not read before, and remember it.

        ``read`` is UTC days (``2026-11-24``) and resources: a platform that bills a resource once a
        day is asked for it as often as needed.
        """
        # In one order, as two that read the same at once would else wait for each other.
        values = [
            {"account": account, "day": day, "resource": one} for day, one in sorted(set(read))
        ]
        if not values:
            return set()
        # Two jobs may have read the same post at once: the unique key says who was first.
        query = insert_new(self._connection, t.billed, ["account", "day", "resource"])
        found = query.returning(t.billed.c.day, t.billed.c.resource)
        return {(day, one) for day, one in self._connection.execute(found, values)}


def book(connection: Connection, entries: Iterable[Spending]) -> None:
    """Write down what was spent, within a transaction."""
    names = ("at", "account", "campaign", "item", "quantity", "dollars")
    values = [{name: getattr(entry, name) for name in names} for entry in entries]
    if values:
        connection.execute(_BOOK, values)
