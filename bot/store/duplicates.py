"""What others may have seen of a send: which words count as posted, and which sends as made."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, or_, select

from bot.database import tables as t
from bot.database.types import BATCH_PARAM, Instant, batched
from bot.model import Duplicate, ScheduleKind, State
from bot.text.words import normalized_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from bot.model import Content, Delivery


VISIBLE_OUTCOMES = ("published", "unknown", "duplicate")
"""The outcomes of an attempt that others can see, or may be able to."""

MAYBE_OUT = (
    State.SENDING,
    State.UNKNOWN,
    State.NEEDS_HUMAN,
    State.PUBLISHED,
    State.DROPPED,
)
"""In these states a send with an unknown outcome may be visible; in others it proved absent."""

DUPLICATE_WINDOW = timedelta(days=30)
"""How long words count as posted after they were."""


def maybe_visible() -> ColumnElement[bool]:
    """Return the condition that others can see an attempt, or may be able to."""
    return or_(t.attempts.c.outcome.is_(None), t.attempts.c.outcome.in_(VISIBLE_OUTCOMES))


def words_digest(content: Content) -> str:
    """Return the sha256 of the words, in hex; of the whole content, if it has no words.

    Spaces do not count, nor does where a thread is split.
    """
    words = "".join(normalized_words(content.text))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest() if words else content.digest


def _posted_query() -> Select[Any]:
    """Select the deliveries of these words that are out, or may be."""
    c, p, a = t.deliveries.c, t.publications.c, t.attempts.c
    since = bindparam("since", type_=Instant)
    out = exists().where(p.delivery == c.id, p.published > since)
    tried = exists().where(a.delivery == c.id, a.opened > since, maybe_visible())
    url = select(p.url).where((p.delivery == c.id) & (p.part == 0)).scalar_subquery()
    names = (c.id, c.platform, c.words, c.digest, c.campaign, c.post, c.account, c.kind, c.state)
    query = select(*names, c.due, url.label("url"))
    # The index begins with the platform: without it, every row would be examined.
    same_words = c.platform.in_(bindparam("platforms", expanding=True)) & c.words.in_(BATCH_PARAM)
    return query.where(same_words, or_(out, and_(c.state.in_(MAYBE_OUT), tried)))


_POSTED = _posted_query()


def find_duplicates(
    connection: Connection, deliveries: Sequence[Delivery], now: datetime
) -> dict[int, Duplicate]:
    """Return the newest other post of the same words, for each delivery that has one.

    Another occurrence of the account's same post is meant to repeat it, and is no duplicate; what
    has another kind of ``when`` in the files since it went out is one.
    """
    posted: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    platforms = sorted({delivery.platform for delivery in deliveries})
    for batch in batched(sorted({delivery.words for delivery in deliveries})):
        params = {"platforms": platforms, "batch": batch, "since": now - DUPLICATE_WINDOW}
        for row in connection.execute(_POSTED, params):
            posted[row.platform, row.words].append(row)
    duplicates = {}
    for delivery in deliveries:
        same_words = posted[delivery.platform, delivery.words]
        found = [row for row in same_words if _is_duplicate(row, delivery)]
        if found:
            newest = max(found, key=lambda row: (row.due, row.id))
            duplicates[delivery.id] = Duplicate(
                f"{newest.campaign}/{newest.post}",
                newest.account,
                State(newest.state),
                newest.due,
                newest.url or "",
            )
    return duplicates


def _is_duplicate(row: Row[Any], delivery: Delivery) -> bool:
    if row.id == delivery.id:
        return False
    if row.account != delivery.account:
        return True
    same_post = (row.campaign, row.post) == (delivery.campaign, delivery.post)
    if same_post and not _scheduled_differently(row.kind, delivery.kind):
        return False
    return bool(row.digest == delivery.content.digest)


def _scheduled_differently(kind: str, other: str) -> bool:
    """Return whether two deliveries of one post are the same post under another kind of ``when``.

    A post that went out at a fixed time and is now given a queue slot has a new key, but is the
    same post. The times of a recurrence, and several events, are meant to be several.
    """
    return kind != other and ScheduleKind.EVERY not in {kind, other}
