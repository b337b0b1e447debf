"""Money that was spent, and uploaded media that can still be used."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from bot.database import tables as t
from bot.database.types import Dollars, Instant, batched, insert_new
from bot.model import EVERYTHING, Spending, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.database.connections import Database
    from bot.model import Media, Scope

_SPENDING_COLUMNS = ("at", "account", "campaign", "item", "quantity", "dollars")
_INSERT_SPENDING = insert(t.spending)
_UNPUBLISHED = (State.SCHEDULED, State.SENDING, State.UNKNOWN)


def book(connection: Connection, entries: Iterable[Spending]) -> None:
    """Record spending, within a transaction."""
    values = [{name: getattr(entry, name) for name in _SPENDING_COLUMNS} for entry in entries]
    if values:
        connection.execute(_INSERT_SPENDING, values)


def newly_billed(
    connection: Connection, account: str, read: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return the resources that were not read before on their day, and remember all of them.

    ``read`` has pairs of a UTC day (``2026-11-24``) and a resource. A platform that bills a
    resource once a day can be asked for it as often as needed.
    """
    # Sorted, so that two transactions with the same resources do not wait for each other.
    values = [
        {"account": account, "day": day, "resource": resource}
        for day, resource in sorted(set(read))
    ]
    if not values:
        return set()
    # If two jobs have read the same post at once, the unique key decides which was first.
    query = insert_new(connection, t.billed, ["account", "day", "resource"])
    new = connection.execute(query.returning(t.billed.c.day, t.billed.c.resource), values)
    return {(day, resource) for day, resource in new}


def spent_by_account(
    connection: Connection,
    accounts: Sequence[str],
    since: datetime,
    until: datetime | None = None,
) -> dict[str, Decimal]:
    """Return the dollars that these accounts cost in [since, until), if they cost any."""
    c = t.spending.c
    spent: dict[str, Decimal] = {}
    for batch in batched(accounts):
        query = select(c.account, func.sum(c.dollars, type_=Dollars()))
        query = query.where(c.account.in_(batch), c.at >= since).group_by(c.account)
        if until is not None:
            query = query.where(c.at < until)
        spent |= {row[0]: row[1] for row in connection.execute(query)}
    return spent


def use_up(connection: Connection, used: Mapping[str, Sequence[str]], now: datetime) -> None:
    """Note that uploads, by account, can be used in no further post.

    They are used up once a post that shows them is about to be sent, because it may be out.
    """
    c = t.uploads.c
    for account, ids in used.items():
        if ids:
            where = (c.account == account) & c.media_id.in_(ids)
            connection.execute(update(t.uploads).where(where).values(expires=now))


class Ledger:
    """The spending in the database, and the uploads that can still be used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.booking = database.writing
        """Begins a transaction for ``book`` and ``newly_billed``."""

    def totals(
        self,
        campaign: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        scope: Scope = EVERYTHING,
    ) -> list[Spending]:
        """Return the spending in [since, until), on one campaign or all, summed by kind.

        A kind is an account, a campaign and an item. Its sum has the date of its last entry. A
        person who sees only some campaigns sees no spending of none, such as a batch of reads.
        """
        c = t.spending.c
        conditions = [] if campaign is None else [c.campaign == campaign]
        conditions += [] if since is None else [c.at >= since]
        conditions += [] if until is None else [c.at < until]
        kind = (c.account, c.campaign, c.item)
        sums = (func.sum(c.quantity), func.sum(c.dollars, type_=Dollars()))
        query = select(func.max(c.at, type_=Instant()), *kind, *sums).where(*conditions)
        sums_by_kind = self._database.read(query.group_by(*kind).order_by(*kind))
        return [
            Spending(at, account, of, item, int(quantity), dollars)
            for at, account, of, item, quantity, dollars in sums_by_kind
            if scope.sees_account(account) and scope.sees_campaign(of)
        ]

    def spent(self, account: str, since: datetime, until: datetime) -> Decimal:
        """Return the dollars that an account cost in [since, until)."""
        return self.spent_by_each([account], since, until).get(account, Decimal(0))

    def spent_by_each(
        self, accounts: Sequence[str], since: datetime, until: datetime
    ) -> dict[str, Decimal]:
        """Return the dollars that each of these accounts cost in [since, until), if any."""
        if not accounts:
            return {}
        with self._database.reading() as connection:
            return spent_by_account(connection, accounts, since, until)

    def unpublished(self, account: str, until: datetime) -> list[tuple[datetime, str, int, str]]:
        """Return the account's deliveries before ``until`` that are still to be paid for.

        Each is its due instant, the digest of its content, the number of its parts that are out,
        and the content as JSON.
        """
        c = t.deliveries.c
        where = (c.account == account) & c.state.in_(_UNPUBLISHED) & (c.due < until)
        query = select(c.due, c.digest, c.next_part, c.content).where(where)
        return [tuple(row) for row in self._database.read(query)]

    def first_time(self, key: str) -> bool:
        """Return whether this is the first call with the key, and remember it."""
        with self._database.writing() as connection:
            query = insert_new(connection, t.meta, ["key"]).values(key=key, value="")
            return connection.scalar(query.returning(t.meta.c.key)) is not None

    def find_upload(self, account: str, media: Media, until: datetime) -> str | None:
        """Return the platform's id of an earlier upload that is still usable at ``until``."""
        c = t.uploads.c
        same = (c.account == account) & (c.sha256 == media.sha256) & (c.alt == media.uploaded_with)
        query = select(c.media_id).where(same, c.expires > until).order_by(c.id.desc()).limit(1)
        return self._database.read_value(query)

    def record_upload(
        self,
        account: str,
        media: Media,
        media_id: str,
        expires: datetime,
        bill: Iterable[Spending] = (),
    ) -> None:
        """Remember an upload, and record its cost."""
        values = {
            "account": account,
            "sha256": media.sha256,
            "alt": media.uploaded_with,
            "media_id": media_id,
            "expires": expires,
        }
        with self._database.writing() as connection:
            connection.execute(insert(t.uploads).values(values))
            book(connection, bill)
