"""What has been said already: other posts with the same content or words that may be out.

A renamed post is a new key, and the unique key of deliveries cannot know that its text is out. So
the account's own posts with the same content are looked for. From another account of the platform
the same words alone count, whatever stands around them: one voice must not look like many. Both are
asked by the fingerprint of the words, in one lookup, over ``REMEMBERED``.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select

from bot.model import ONCE, SLOT, State, Twin, is_recurring
from bot.store import tables as t
from bot.store.types import batched
from bot.store.visible import MAYBE_OUT, visible
from bot.text.words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

    from bot.model import Content, Delivery

REMEMBERED = timedelta(days=30)
"""So long a text counts as said (reliability bar, fingerprint guard)."""


_ONE_TIME = (ONCE, SLOT)


def fingerprint(content: Content) -> str:
    """Return the sha256 of the words, in hex; of all that is said, where there are none.

    Spaces do not count either, nor does where a thread is cut.
    """
    words = "".join(words_of(content.text))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest() if words else content.digest


@dataclass(frozen=True, slots=True)
class Words:
    """What a delivery says, as it is looked for: the fingerprint of the words, and the digest."""

    platform: str
    words: str
    digest: str


def fingerprints(connection: Connection, deliveries: Sequence[Delivery]) -> dict[int, Words]:
    """Give what they say, by their ids."""
    c = t.deliveries.c
    found: dict[int, Words] = {}
    for some in batched([one.id for one in deliveries]):
        query = select(c.id, c.platform, c.words, c.digest).where(c.id.in_(some))
        found |= {
            row.id: Words(row.platform, row.words, row.digest) for row in connection.execute(query)
        }
    return found


def twins(
    connection: Connection,
    deliveries: Iterable[Delivery],
    words: Mapping[int, Words],
    now: datetime,
) -> dict[int, Twin]:
    """Return the newest other post that has said the same, of each that has one.

    Another occurrence of the account's same post is meant to say the same, and is no twin; what
    stands in the files under another kind of ``when`` since it went out is one.
    """
    said: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for some in batched(sorted({one.words for one in words.values()})):
        for row in connection.execute(_said(some, now)):
            said[row.platform, row.words].append(row)
    found = {}
    for one in deliveries:
        mine = words[one.id]
        same = [row for row in said[mine.platform, mine.words] if _is_twin(row, one, mine.digest)]
        if same:
            found[one.id] = _twin(max(same, key=lambda row: (row.due, row.id)))
    return found


def _said(words: Sequence[str], now: datetime) -> Select[Any]:
    """Select what has been said in these words, or may have been."""
    c, p, a = t.deliveries.c, t.publications.c, t.attempts.c
    since = now - REMEMBERED
    out = exists().where(p.delivery == c.id, p.published > since)
    tried = exists().where(a.delivery == c.id, a.opened > since, visible())
    url = select(p.url).where((p.delivery == c.id) & (p.part == 0)).scalar_subquery()
    names = (c.id, c.platform, c.words, c.digest, c.campaign, c.post, c.account, c.label, c.state)
    query = select(*names, c.due, url.label("url"))
    return query.where(c.words.in_(words), or_(out, and_(c.state.in_(MAYBE_OUT), tried)))


def _is_twin(row: Row[Any], delivery: Delivery, digest: str) -> bool:
    if row.id == delivery.id:
        return False
    if row.account != delivery.account:
        return True
    another = (row.campaign, row.post) != (delivery.campaign, delivery.post)
    return bool(row.digest == digest) and (another or _timed_otherwise(row.label, delivery.label))


def _timed_otherwise(label: str, mine: str) -> bool:
    """Tell whether one of the same post names its time by another kind.

    A post that went out at a fixed time and is given a queue slot now has a new key, but is the
    same post. The times of a recurrence, and several events, are meant to be several.
    """
    if mine in _ONE_TIME:
        return label != mine and not is_recurring(label)
    return not is_recurring(mine) and label in _ONE_TIME


def _twin(row: Row[Any]) -> Twin:
    name = f"{row.campaign}/{row.post}"
    return Twin(name, row.account, State(row.state), row.due, row.url or "")
