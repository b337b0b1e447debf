"""What has been said already: other posts with the same content or words that may be out.

A renamed post is a new key, and the unique key of deliveries cannot know that its text is out. So
the account's own posts with the same content are looked for. From another account of the platform
the same words alone count, whatever stands around them: one voice must not look like many. Both are
asked by the fingerprint of the words, in one lookup, over ``REMEMBERED``.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, or_, select

from bot.model import ScheduleKind, State, Twin
from bot.store import tables as t
from bot.store.types import SOME, Instant, batched
from bot.store.visible import MAYBE_OUT, visible
from bot.text.words import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

    from bot.model import Content, Delivery

REMEMBERED = timedelta(days=30)
"""So long a text counts as said (reliability bar, fingerprint guard)."""


def fingerprint(content: Content) -> str:
    """Return the sha256 of the words, in hex; of all that is said, where there are none.

    Spaces do not count either, nor does where a thread is cut.
    """
    words = "".join(words_of(content.text))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest() if words else content.digest


def twins(connection: Connection, deliveries: Sequence[Delivery], now: datetime) -> dict[int, Twin]:
    """Return the newest other post that has said the same, of each that has one.

    Another occurrence of the account's same post is meant to say the same, and is no twin; what
    stands in the files under another kind of ``when`` since it went out is one.
    """
    said: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    platforms = sorted({one.platform for one in deliveries})
    for some in batched(sorted({one.words for one in deliveries})):
        asked = {"platforms": platforms, "some": some, "since": now - REMEMBERED}
        for row in connection.execute(_SAID, asked):
            said[row.platform, row.words].append(row)
    found = {}
    for one in deliveries:
        same = [row for row in said[one.platform, one.words] if _is_twin(row, one)]
        if same:
            found[one.id] = _twin(max(same, key=lambda row: (row.due, row.id)))
    return found


def _said() -> Select[Any]:
    """Select what has been said in these words, or may have been."""
    c, p, a = t.deliveries.c, t.publications.c, t.attempts.c
    since = bindparam("since", type_=Instant)
    out = exists().where(p.delivery == c.id, p.published > since)
    tried = exists().where(a.delivery == c.id, a.opened > since, visible())
    url = select(p.url).where((p.delivery == c.id) & (p.part == 0)).scalar_subquery()
    names = (c.id, c.platform, c.words, c.digest, c.campaign, c.post, c.account, c.kind, c.state)
    query = select(*names, c.due, url.label("url"))
    # By the platform, too, as the index is: without it, every row would be looked at.
    mine = c.platform.in_(bindparam("platforms", expanding=True)) & c.words.in_(SOME)
    return query.where(mine, or_(out, and_(c.state.in_(MAYBE_OUT), tried)))


_SAID = _said()


def _is_twin(row: Row[Any], delivery: Delivery) -> bool:
    if row.id == delivery.id:
        return False
    if row.account != delivery.account:
        return True
    another = (row.campaign, row.post) != (delivery.campaign, delivery.post)
    if not another and not _timed_otherwise(row.kind, delivery.kind):
        return False
    return bool(row.digest == delivery.content.digest)


def _timed_otherwise(kind: str, mine: str) -> bool:
    """Tell whether one of the same post names its time by another kind.

    A post that went out at a fixed time and is given a queue slot now has a new key, but is the
    same post. The times of a recurrence, and several events, are meant to be several.
    """
    return kind != mine and ScheduleKind.EVERY not in {kind, mine}


def _twin(row: Row[Any]) -> Twin:
    name = f"{row.campaign}/{row.post}"
    return Twin(name, row.account, State(row.state), row.due, row.url or "")
