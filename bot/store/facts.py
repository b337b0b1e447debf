"""What the database knows that decides about some deliveries: a few queries for all of them.

Read within the transaction that claims, nobody can come in between; read on its own, it explains
what is waiting.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, func, select, union_all

from bot.database import rows
from bot.database import tables as t
from bot.database.types import BATCH_PARAM, Instant, batched
from bot.model import DayCount, Duplicate, ScheduleKind, State
from bot.store.accounts import identities_in, identity_key, read_identities
from bot.store.ledger import spent_by_account
from bot.store.pauses import backoff_key, backoffs_in, read_pauses
from bot.store.restore import UNVERIFIED_KEY, Unverified, unverified_in
from bot.store.voices import (
    MAYBE_OUT,
    MAYBE_VISIBLE,
    find_others,
    finder,
    out_since,
)
from bot.text import normalized_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection, Row, Select

    from bot.model import Backoff, Content, Delivery, Media, Pause
    from bot.store.accounts import Identity


DUPLICATE_WINDOW = timedelta(days=30)
"""For so long an account does not repeat its own post, unless a person permits it."""


def words_digest(content: Content, platform: str) -> str:
    """Return the sha256 of the words, in hex; of the whole content, if it has no words.

    Spaces do not count, nor does where a thread is split; nor links, mentions and hashtags, as the
    platform finds them.
    """
    words = "".join(normalized_words(content.text, finder(platform)))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest() if words else content.digest


_D = t.deliveries.c
# The index begins with the platform: without it, every row would be examined.
_SAME_WORDS = _D.platform.in_(bindparam("platforms", expanding=True)) & _D.words.in_(BATCH_PARAM)
_POSTED = out_since([_D.id, _D.platform, _D.words, _D.digest, _D.kind, _D.label], _SAME_WORDS)


def find_duplicates(
    connection: Connection, deliveries: Sequence[Delivery], now: datetime
) -> dict[int, Duplicate]:
    """Return the newest other post that says the same, for each delivery that has one.

    One of another account comes first, because no person can permit that.
    """

    def is_one_account(name: str, other: str) -> bool:
        known = read_identities(connection, (name, other))
        return name in known and other in known and known[name].is_same(known[other])

    own = _find_own(connection, deliveries, now, is_one_account)
    accounts = {delivery.id: delivery.account for delivery in deliveries}
    duplicates = {
        number: replace(_duplicate(row), account=accounts[number]) for number, row in own.items()
    }
    for number, (row, alike) in find_others(connection, deliveries, now, is_one_account).items():
        duplicates[number] = replace(_duplicate(row), what=alike.done)
    return duplicates


def _duplicate(row: Row[Any]) -> Duplicate:
    name = f"{row.campaign}/{row.post}"
    return Duplicate(name, row.account, rows.state(row.state), row.due, row.url or "")


def _find_own(
    connection: Connection,
    deliveries: Sequence[Delivery],
    now: datetime,
    is_one_account: Callable[[str, str], bool],
) -> dict[int, Row[Any]]:
    """Return the newest other post of its account with the same content, for each delivery.

    Another occurrence of the account's same post is meant to repeat it, and is no duplicate; what
    has another kind of ``when`` in the files since it went out is one. So is the very same
    occurrence, of an account that had another name in the config then.
    """
    posted: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    platforms = sorted({delivery.platform for delivery in deliveries})
    for batch in batched(sorted({delivery.words for delivery in deliveries})):
        params = {"platforms": platforms, "batch": batch, "since": now - DUPLICATE_WINDOW}
        for row in connection.execute(_POSTED, params):
            posted[row.platform, row.words].append(row)
    own = {}
    for delivery in deliveries:
        same_words = posted[delivery.platform, delivery.words]
        found = [
            row
            for row in same_words
            if _is_repeat(row, delivery)
            and (row.account == delivery.account or is_one_account(row.account, delivery.account))
        ]
        if found:
            own[delivery.id] = max(found, key=lambda row: (row.due, row.id))
    return own


def _is_repeat(row: Row[Any], delivery: Delivery) -> bool:
    """Return whether a post of the same account, whatever its name was, says this once more."""
    if row.id == delivery.id:
        return False
    # Under another kind of ``when`` its key is new (see the table in ``docs/architecture.md``), but
    # it is the same post. The times of a recurrence, and several events, are meant to be several.
    kinds = {row.kind, delivery.kind}
    rescheduled = len(kinds) > 1 and ScheduleKind.EVERY not in kinds
    same_post = (row.campaign, row.post) == (delivery.campaign, delivery.post)
    if same_post and not rescheduled and row.label != delivery.label:
        return False
    return bool(row.digest == delivery.content.digest)


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """Facts about some deliveries and their accounts, by the delivery's id or the account's name.

    ``sending`` are those whose account is sending another delivery, ``last_sent`` is when it last
    sent another one, ``posts_out`` since when each of its posts is out, or may be, ``spent`` what
    it has cost this month, in US dollars. ``reply_targets`` is what the next part of a thread needs
    in order to reply to the part before. ``identities`` are the accounts of the platform that are
    known to be behind these names.
    """

    pauses: Sequence[Pause]
    sending: frozenset[int]
    last_sent: Mapping[int, datetime]
    backoffs: Mapping[str, Backoff]
    begun: Mapping[str, DayCount]
    spent: Mapping[str, Decimal]
    duplicates: Mapping[int, Duplicate]
    reply_targets: Mapping[int, str]
    unverified: Unverified | None
    identities: Mapping[str, Identity]
    uploads: Mapping[tuple[str, str, str], Sequence[tuple[datetime, str]]] = field(
        default_factory=dict
    )
    late_deadlines: Mapping[str, Sequence[datetime]] = field(default_factory=dict)

    def media_id(self, account: str, media: Media, until: datetime) -> str | None:
        """Return the platform's id of an earlier upload that is still usable at ``until``."""
        uploads = self.uploads.get((account, media.sha256, media.uploaded_with), ())
        return next((media_id for expires, media_id in uploads if expires > until), None)


def read(
    connection: Connection,
    deliveries: Sequence[Delivery],
    now: datetime,
    *,
    gap: timedelta,
    month: datetime,
    days: Mapping[str, datetime],
    budgeted: Collection[str],
    late: Collection[str] = (),
) -> DeliveryFacts:
    """Return the facts about these deliveries.

    ``gap`` is the longest between posts, ``month`` its first instant; ``days`` has the midnights of
    the accounts that the config knows, ``budgeted`` the accounts whose budgets stop posts, ``late``
    those with a late post.
    """
    accounts = sorted({delivery.account for delivery in deliveries})
    payers = [name for name in accounts if name in budgeted]
    last_sent, sending = _other_sends(connection, deliveries, now - gap)
    keys = [*map(backoff_key, accounts), *map(identity_key, accounts), UNVERIFIED_KEY]
    values = rows.get_all(connection, keys)
    return DeliveryFacts(
        pauses=read_pauses(connection),
        sending=sending,
        last_sent=last_sent,
        backoffs=backoffs_in(values, accounts),
        begun=count_begun(connection, {name: days[name] for name in accounts if name in days}),
        spent=spent_by_account(connection, payers, month),
        duplicates=find_duplicates(connection, deliveries, now),
        reply_targets=reply_targets(connection, deliveries),
        unverified=unverified_in(values),
        identities=identities_in(values, accounts),
        uploads=_uploads(connection, deliveries),
        late_deadlines=_late_deadlines(connection, late, now),
    )


def reply_targets(connection: Connection, deliveries: Iterable[Delivery]) -> dict[int, str]:
    """Return what the next part of each begun thread replies to, as its client wrote it."""
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
    """Select by the index of attempts, the last one first: an account may have sent very many."""
    d, a = t.deliveries.c, t.attempts.c
    others = (a.account == d.account) & (a.delivery != d.id) & MAYBE_VISIBLE
    last = select(a.opened).where(others, a.opened > bindparam("since", type_=Instant))
    last = last.order_by(a.opened.desc()).limit(1)
    o = t.deliveries.alias().c
    sending = exists().where(o.state == State.SENDING, o.account == d.account, o.id != d.id)
    return select(d.id, last.scalar_subquery(), sending).where(d.id.in_(BATCH_PARAM))


_OTHER_SENDS = _other_sends_query()  # built once: that takes longer than the database to answer it


def _other_sends(
    connection: Connection, deliveries: Sequence[Delivery], since: datetime
) -> tuple[Mapping[int, datetime], frozenset[int]]:
    """Return when each delivery's account last sent another, and whose is sending another now."""
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
    """Return the deadlines to come of each account's posts that were due, and may yet be sent."""
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

    Each is in one of three parts of it: out, on its way, or perhaps out after a doubtful attempt.
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
    """Return what each account has begun to publish since its instant, or may have."""
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
