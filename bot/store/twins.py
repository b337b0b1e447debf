"""What has been said already: other posts with the same content or words that may be out.

A renamed post is a new key, and the unique key of deliveries cannot know that its text is out. So
the account's own posts with the same content are looked for. From another account of the platform
the same words alone count, whatever stands around them: one voice must not look like many. Both are
asked by the fingerprint of the words, in one lookup, over ``REMEMBERED``.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, false, or_, select

from bot.model import ONCE, SLOT, State, Twin, is_recurring
from bot.store import tables as t
from bot.store.visible import MAYBE_OUT, visible
from bot.text.words import words_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from bot.model import Content, Delivery
    from bot.store.database import Database

REMEMBERED = timedelta(days=30)
"""So long a text counts as said (reliability bar, fingerprint guard)."""


_ONE_TIME = (ONCE, SLOT)
_RECURRING = "____-__-__T%"
"""How the label of a recurrence looks, as a pattern of SQL."""

_other = t.deliveries.alias("twin")


def fingerprint(content: Content) -> str:
    """Return the sha256 of the words, in hex; of all that is said, where there are none.

    Spaces do not count either, nor does where a thread is cut.
    """
    words = "".join(words_of(content.text))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest() if words else content.digest


def twin(database: Database, delivery: Delivery, now: datetime) -> Twin | None:
    """Return the newest other post that has said the same; None where there is none.

    Another occurrence of the account's same post is meant to say the same, and is no twin; what
    stands in the files under another kind of ``when`` since it went out is one.
    """
    c, p = _other.c, t.publications.c
    url = select(p.url).where((p.delivery == c.id) & (p.part == 0)).scalar_subquery()
    query = select(c.campaign, c.post, c.account, c.state, c.due, url.label("url"))
    query = query.where(is_twin(delivery, now)).order_by(c.due.desc()).limit(1)
    with database.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    state = State(row.state)
    return Twin(f"{row.campaign}/{row.post}", row.account, state, row.due, row.url or "")


def has_twin(delivery: Delivery, now: datetime) -> ColumnElement[bool]:
    """Give the same as a condition, for the transaction that claims."""
    return exists(select(_other.c.id).where(is_twin(delivery, now)))


def is_twin(delivery: Delivery, now: datetime) -> ColumnElement[bool]:
    """Give the condition that a row of ``other`` is one."""
    c, p, a = _other.c, t.publications.c, t.attempts.c
    since = now - REMEMBERED
    out = exists().where(p.delivery == c.id, p.published > since)
    tried = exists().where(a.delivery == c.id, a.opened > since, visible())
    another = or_(c.campaign != delivery.campaign, c.post != delivery.post)
    renamed = and_(c.digest == delivery.content.digest, or_(another, _timed_otherwise(delivery)))
    return and_(
        c.platform == delivery.platform,
        c.words == fingerprint(delivery.content),
        or_(c.account != delivery.account, renamed),
        or_(out, and_(c.state.in_(MAYBE_OUT), tried)),
    )


def _timed_otherwise(delivery: Delivery) -> ColumnElement[bool]:
    """Give the condition that a row of ``other``, of the same post, names its time by another kind.

    A post that went out at a fixed time and is given a queue slot now has a new key, but is the
    same post. The times of a recurrence, and several events, are meant to be several.
    """
    label = _other.c.label
    if delivery.label in _ONE_TIME:
        return and_(label != delivery.label, label.not_like(_RECURRING))
    if is_recurring(delivery.label):
        return false()
    return label.in_(_ONE_TIME)
