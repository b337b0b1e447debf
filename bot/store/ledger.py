"""Money spent, and media that a platform holds for us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from bot.model import Spending
from bot.store import tables as t
from bot.store.types import insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.model import Media
    from bot.store.database import Database


class Ledger:
    """What calls cost, and uploads that can still be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def book(self, entries: Iterable[Spending]) -> None:
        """Write down what was spent."""
        names = ("at", "account", "campaign", "item", "quantity", "dollars")
        values = [{name: getattr(entry, name) for name in names} for entry in entries]
        if values:
            with self._database.writing() as connection:
                connection.execute(insert(t.spending), values)

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

    def newly_billed(self, account: str, day: str, resources: Sequence[str]) -> list[str]:
        """Give those not read before on this UTC day (``2026-11-24``), and remember them.

        A platform that bills a resource once a day is asked for it as often as needed.
        """
        if not resources:
            return []
        wanted = list(dict.fromkeys(resources))
        values = [{"account": account, "day": day, "resource": one} for one in wanted]
        with self._database.writing() as connection:
            # Two jobs may have read the same post at once: the unique key says who was first.
            query = insert_new(connection, t.billed, ["account", "day", "resource"])
            new = set(connection.scalars(query.returning(t.billed.c.resource), values))
        return [one for one in wanted if one in new]

    def upload(self, account: str, media: Media, until: datetime) -> str | None:
        """Give the platform's id for a file uploaded before and still usable at ``until``."""
        c = t.uploads.c
        same = (c.account == account) & (c.sha256 == media.sha256) & (c.alt == media.alt)
        query = select(c.media_id).where(same, c.expires > until).order_by(c.id.desc()).limit(1)
        with self._database.reading() as connection:
            return connection.scalar(query)

    def uploaded(self, account: str, media: Media, media_id: str, expires: datetime) -> None:
        """Remember an upload."""
        values = {
            "account": account,
            "sha256": media.sha256,
            "alt": media.alt,
            "media_id": media_id,
            "expires": expires,
        }
        with self._database.writing() as connection:
            connection.execute(insert(t.uploads).values(values))
