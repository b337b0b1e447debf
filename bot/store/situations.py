"""The database's share of the situations of some deliveries, by a few queries for all of them.

The transaction that claims reads it to decide, because nothing can change in between. Read on its
own, it explains why deliveries wait.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, func, select, union_all

from bot.database import rows
from bot.database import tables as t
from bot.database.types import BATCH_PARAM, Instant, batched
from bot.model import DayCount, State
from bot.store.accounts import identities_in, identity_key
from bot.store.duplicates import find_duplicates
from bot.store.ledger import spent_by_account
from bot.store.pauses import backoff_key, backoffs_in, read_pauses
from bot.store.restore import UNVERIFIED_KEY, Unverified, unverified_in
from bot.store.verdicts import REFUSED_KEY, refused_in
from bot.store.voices import MAYBE_OUT, MAYBE_VISIBLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta
    from decimal import Decimal

    from sqlalchemy import Connection, Select

    from bot.model import Backoff, Delivery, Duplicate, Media, Pause
    from bot.store.accounts import Identity


@dataclass(frozen=True, slots=True)
class StoredSituations:
    """The database's share of the situations of some deliveries.

    The keys are the delivery's id or the account's name.
    """

    pauses: Sequence[Pause]
    """All that are in force."""
    sending: frozenset[int]
    """The deliveries whose account is sending another one now."""
    last_sent: Mapping[int, datetime]
    """When the delivery's account last sent another one."""
    backoffs: Mapping[str, Backoff]
    """How long the account waits after a refusal."""
    begun: Mapping[str, DayCount]
    """How many posts the account has begun today, or may have."""
    spent: Mapping[str, Decimal]
    """The account's cost this month, in US dollars."""
    duplicates: Mapping[int, Duplicate]
    """The newest other post that says the same."""
    reply_targets: Mapping[int, str]
    """The part before the next part of a thread, as the platform's client names it."""
    unverified: Unverified | None
    """The posts that may be out although a restored database does not know it."""
    refused: frozenset[str]
    """The posts and accounts of which somebody refused a version: ``campaign/post/account``."""
    identities: Mapping[str, Identity]
    """The account of the platform that is known to be behind a name."""
    uploads: Mapping[tuple[str, str, str], Sequence[tuple[datetime, str]]]
    """The expiry and the platform's id of each upload, newest first, by account, sha256 and alt."""
    late_deadlines: Mapping[str, Sequence[datetime]]
    """The deadlines of the account's posts that were due and may yet be sent."""

    def media_id(self, account: str, media: Media, until: datetime) -> str | None:
        """Return the platform's id of an earlier upload that is still usable at ``until``."""
        uploads = self.uploads.get((account, media.sha256, media.uploaded_with), ())
        return next((media_id for expires, media_id in uploads if expires > until), None)


def read_situations(
    connection: Connection,
    deliveries: Sequence[Delivery],
    now: datetime,
    *,
    gap: timedelta,
    month: datetime,
    days: Mapping[str, datetime],
    budgeted: Collection[str],
    late: Collection[str] = (),
) -> StoredSituations:
    """Return the database's share of the situations of these deliveries.

    ``gap`` is the longest between posts, ``month`` its first instant. ``days`` has the midnights of
    the accounts that the config knows. ``budgeted`` are the accounts whose budgets stop posts, and
    ``late`` those with a late post.
    """
    accounts = sorted({delivery.account for delivery in deliveries})
    payers = [name for name in accounts if name in budgeted]
    last_sent, sending = _other_sends(connection, deliveries, now - gap)
    keys = [*map(backoff_key, accounts), *map(identity_key, accounts), UNVERIFIED_KEY, REFUSED_KEY]
    values = rows.get_all(connection, keys)
    return StoredSituations(
        pauses=read_pauses(connection),
        sending=sending,
        last_sent=last_sent,
        backoffs=backoffs_in(values, accounts),
        begun=count_begun(connection, {name: days[name] for name in accounts if name in days}),
        spent=spent_by_account(connection, payers, month),
        duplicates=find_duplicates(connection, deliveries, now),
        reply_targets=reply_targets(connection, deliveries),
        unverified=unverified_in(values),
        refused=refused_in(values),
        identities=identities_in(values, accounts),
        uploads=_uploads(connection, deliveries),
        late_deadlines=_late_deadlines(connection, late, now),
    )


def reply_targets(connection: Connection, deliveries: Iterable[Delivery]) -> dict[int, str]:
    """Return the reply target of the next part of each begun thread, as its client wrote it."""
    c = t.publications.c
    targets: dict[int, str] = {}
    last_parts = {
        delivery.id: delivery.next_part - 1 for delivery in deliveries if delivery.next_part
    }
    for batch in batched([*last_parts]):
        query = select(c.delivery, c.part, c.reply).where(c.delivery.in_(batch))
        for row in connection.execute(query):
            if row.part == last_parts[row.delivery]:
                targets[row.delivery] = row.reply
    return targets


def _other_sends_query() -> Select[Any]:
    # By the index of attempts, the last one first, because an account may have sent very many.
    d, a = t.deliveries.c, t.attempts.c
    others = (a.account == d.account) & (a.delivery != d.id) & MAYBE_VISIBLE
    last = select(a.opened).where(others, a.opened > bindparam("since", type_=Instant))
    last = last.order_by(a.opened.desc()).limit(1)
    o = t.deliveries.alias().c
    sending = exists().where(o.state == State.SENDING, o.account == d.account, o.id != d.id)
    return select(d.id, last.scalar_subquery(), sending).where(d.id.in_(BATCH_PARAM))


_OTHER_SENDS = _other_sends_query()  # once, because building takes longer than answering


def _other_sends(
    connection: Connection, deliveries: Sequence[Delivery], since: datetime
) -> tuple[Mapping[int, datetime], frozenset[int]]:
    """Return when each delivery's account last sent another, and those that send another now."""
    last_sent: dict[int, datetime] = {}
    sending: set[int] = set()
    for batch in batched([delivery.id for delivery in deliveries]):
        params = {"batch": batch, "since": since}
        for delivery, opened, busy in connection.execute(_OTHER_SENDS, params):
            if opened:
                last_sent[delivery] = opened
            if busy:
                sending.add(delivery)
    return last_sent, frozenset(sending)


def _late_deadlines(
    connection: Connection, accounts: Collection[str], now: datetime
) -> Mapping[str, Sequence[datetime]]:
    """Return each account's deadlines still to come, of posts that were due and are not sent."""
    c = t.deliveries.c
    found: dict[str, list[datetime]] = defaultdict(list)
    for batch in batched(sorted(accounts)):
        waiting = c.state.in_((State.SCHEDULED, State.UNKNOWN)) & c.account.in_(batch)
        query = select(c.account, c.due, c.grace, c.expires).where(waiting, c.due <= now)
        for row in connection.execute(query.where(c.next_part == 0)):
            deadline = min(filter(None, (row.due + row.grace, row.expires)))
            if deadline > now:
                found[row.account].append(deadline)
    return found


def _begun_query() -> Select[Any]:
    """Select how many posts each account has begun since then, or may have, and their parts.

    A post is out, is being sent, or may be out after a doubtful attempt.
    """
    p, a, d = t.publications.c, t.attempts.c, t.deliveries.c
    since = bindparam("since", type_=Instant)
    out = select(p.account, d.id, d.parts).join(t.deliveries, d.id == p.delivery)
    out = out.where(p.account.in_(BATCH_PARAM), p.part == 0, p.published >= since)
    tried = select(a.account, d.id, d.parts).join(t.deliveries, d.id == a.delivery)
    tried = tried.where(a.part == 0, a.opened >= since)
    sending = tried.where(d.state == State.SENDING, d.account.in_(BATCH_PARAM), a.closed.is_(None))
    is_out = exists().where(p.delivery == d.id, p.part == 0)
    unclear = [state for state in MAYBE_OUT if state not in {State.SENDING, State.PUBLISHED}]
    maybe = tried.where(t.IS_DOUBTFUL, a.account.in_(BATCH_PARAM), d.state.in_(unclear), ~is_out)
    begun = union_all(out, sending, maybe.distinct()).subquery()
    query = select(begun.c.account, func.count(), func.sum(begun.c.parts))
    return query.group_by(begun.c.account)


_BEGUN = _begun_query()


def count_begun(connection: Connection, days: Mapping[str, datetime]) -> dict[str, DayCount]:
    """Return how many posts each account has begun since its instant, or may have."""
    counts = dict.fromkeys(days, DayCount(0, 0))
    for since in set(days.values()):
        names = sorted(name for name in days if days[name] == since)
        for batch in batched(names):
            params = {"batch": batch, "since": since}
            for account, posts, parts in connection.execute(_BEGUN, params):
                counts[account] = DayCount(posts, int(parts))
    return counts


def _uploads(
    connection: Connection, deliveries: Iterable[Delivery]
) -> Mapping[tuple[str, str, str], Sequence[tuple[datetime, str]]]:
    """Return the uploads of the deliveries' media, the newest of each first."""
    c = t.uploads.c
    shown = {
        (delivery.account, media.sha256)
        for delivery in deliveries
        for part in delivery.content.parts
        for media in part.media
    }
    uploads: dict[tuple[str, str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for batch in batched(sorted(shown)):
        accounts, digests = {account for account, _ in batch}, {sha256 for _, sha256 in batch}
        where = c.account.in_(accounts) & c.sha256.in_(digests)
        for row in connection.execute(select(t.uploads).where(where).order_by(c.id.desc())):
            uploads[row.account, row.sha256, row.alt].append((row.expires, row.media_id))
    return uploads
