"""An index of posts that are out, or may be, which finds those that say the same on a platform.

The transaction that claims a post writes its rows. They are the keys of ``bot.voice.sameness``,
which find every post that may say the same. ``likeness`` then compares the posts themselves. A row
of a post that was edited after it proved unsent does no harm. Posts that were sent before the index
existed, or under another definition, are added by a process's first claim.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, or_, select, text

from bot.database import rows, workers
from bot.database import tables as t
from bot.database.types import (
    BATCH_PARAM,
    Instant,
    batched,
    dialect_insert,
    lock_transaction,
)
from bot.model import Content, State
from bot.platforms import LOADED
from bot.text import entity_finder
from bot.voice.said import said
from bot.voice.sameness import SHARED_KEYS, index_keys, likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from bot.model import Delivery, Occurrence
    from bot.text import EntityFinder
    from bot.voice.said import Said
    from bot.voice.sameness import Likeness

    KeyRow = tuple[int, int]
    """A key as a number, and the unit of the post that it belongs to, or ``WHOLE``."""

OTHERS_WINDOW = timedelta(days=180)
"""How long no account says what another one of the platform has said."""

DEFINITION = 3
"""Rises when ``bot.voice`` changes. All keys are then made anew."""

WHOLE = -1
"""The unit of a key that shows sameness by itself."""

MAYBE_OUT = (
    State.SENDING,
    State.UNKNOWN,
    State.NEEDS_HUMAN,
    State.PUBLISHED,
    State.DROPPED,
)
"""The states in which a send with an unknown outcome may be visible; in others it is not."""

DOUBTFUL_OUTCOMES = ("unknown", "duplicate")
"""The outcomes of an attempt that others may be able to see."""

VISIBLE_OUTCOMES = ("published", *DOUBTFUL_OUTCOMES)
"""The outcomes of an attempt that others can see, or may be able to."""

MAYBE_VISIBLE = or_(t.attempts.c.outcome.is_(None), t.attempts.c.outcome.in_(VISIBLE_OUTCOMES))
"""Whether others can see an attempt, or may be able to."""

TURN_SECONDS, TURN_TRIES = 0.005, 60
"""On PostgreSQL, how long and how often a claim waits for another one on the same platform."""


def finder(platform: str) -> EntityFinder:
    """Return how a platform finds links, mentions and hashtags; X's way if it is unknown."""
    return entity_finder(LOADED, platform)


class Voice(NamedTuple):
    """The words of a delivery, and the keys under which the index finds it."""

    said: Said
    keys: tuple[KeyRow, ...]


def voice(post: Occurrence) -> Voice:
    """Return the words of a delivery, with their keys."""
    return _voice(post.content, post.platform)


@lru_cache(maxsize=4096)
def _voice(content: Content, platform: str) -> Voice:
    says = said(content, finder(platform))
    keys = index_keys(says)
    numbered = [(_number(platform, key), WHOLE) for key in keys.whole]
    for unit, words in enumerate(keys.units):
        numbered += [(_number(platform, word), unit) for word in words]
    return Voice(says, tuple(numbered))


@lru_cache(maxsize=1 << 16)
def _number(platform: str, key: str) -> int:
    data = f"{platform} {key}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), signed=True)


class _Index:
    """Posts by their keys, in memory."""

    def __init__(self) -> None:
        self._posts: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def add(self, rows: Iterable[Any]) -> None:
        """Add rows of the table: key, post and unit."""
        posts = self._posts
        for key, post, unit in rows:
            posts[key].append((post, unit))

    def find(self, keys: Iterable[KeyRow]) -> set[int]:
        """Return the posts that may say the same as one with these keys."""
        shared = [post for key in {key for key, _ in keys} for post in self._posts.get(key, ())]
        if not shared:
            return set()
        counts = Counter(shared).items()
        return {post for (post, unit), n in counts if unit == WHOLE or n >= SHARED_KEYS}


# --- Writing --------------------------------------------------------------------------------------

_META_KEY = "voices"
_VERSION = select(t.meta.c.value).where(t.meta.c.key == _META_KEY)


# Plain text is faster, and this has by far the most rows of all that a claim writes.
_INSERT = text(
    "INSERT INTO voices (key, delivery, unit) VALUES (:key, :delivery, :unit) "
    "ON CONFLICT DO NOTHING"
)


def record_voices(connection: Connection, deliveries: Iterable[Delivery]) -> None:
    """Add posts to the index, because an attempt at each is being opened."""
    values = [
        {"key": key, "delivery": delivery.id, "unit": unit}
        for delivery in deliveries
        for key, unit in voice(delivery).keys
    ]
    if values:
        connection.execute(_INSERT, values)


def fill(connection: Connection, now: datetime) -> None:
    """Add the posts that were sent before the index existed, once for each ``DEFINITION``."""
    if connection.scalar(_VERSION) == DEFINITION:
        return
    lock_transaction(connection, "voices")
    if connection.scalar(_VERSION) == DEFINITION:
        return
    connection.execute(delete(t.voices))
    a, p = t.attempts.c, t.publications.c
    since = now - OTHERS_WINDOW
    tried = connection.scalars(select(a.delivery).where(a.opened > since))
    sent = {*tried, *connection.scalars(select(p.delivery).where(p.published > since))}
    for batch in batched(sorted(sent)):
        record_voices(connection, rows.read_deliveries(connection, t.deliveries.c.id.in_(batch)))
    done = dialect_insert(connection.dialect.name, t.meta).values(key=_META_KEY, value=DEFINITION)
    done = done.on_conflict_do_update(index_elements=["key"], set_={"value": DEFINITION})
    connection.execute(done)


# --- Asking ---------------------------------------------------------------------------------------

_V = t.voices.c
_STORED = select(_V.key, _V.delivery, _V.unit).where(_V.key.in_(BATCH_PARAM))


def out_since(columns: Sequence[Any], where: ColumnElement[bool]) -> Select[Any]:
    """Select the deliveries that went out, or may have, later than the parameter ``since``."""
    c, p, a = t.deliveries.c, t.publications.c, t.attempts.c
    since = bindparam("since", type_=Instant)
    out = exists().where(p.delivery == c.id, p.published > since)
    tried = exists().where(a.delivery == c.id, a.opened > since, MAYBE_VISIBLE)
    url = select(p.url).where((p.delivery == c.id) & (p.part == 0)).scalar_subquery()
    query = select(*columns, c.campaign, c.post, c.account, c.state, c.due, url.label("url"))
    return query.where(where, or_(out, and_(c.state.in_(MAYBE_OUT), tried)))


_OTHERS = out_since([t.deliveries.c.id, t.deliveries.c.content], t.deliveries.c.id.in_(BATCH_PARAM))


def find_others(
    connection: Connection,
    deliveries: Sequence[Delivery],
    now: datetime,
    is_one_account: Callable[[str, str], bool],
) -> dict[int, tuple[Row[Any], Likeness]]:
    """Return for each delivery the newest like post of another account on the platform.

    The post is out, or may be, even if the files and the config do not have it any more. It comes
    with its likeness. ``is_one_account`` returns whether two names stand for one renamed account.
    """
    wanted = {delivery.id: voice(delivery).keys for delivery in deliveries}
    stored = _Index()
    for batch in batched(sorted({key for keys in wanted.values() for key, _ in keys})):
        stored.add(connection.execute(_STORED, {"batch": batch}))
    candidates = {number: stored.find(keys) - {number} for number, keys in wanted.items()}
    posts: dict[int, Row[Any]] = {}
    for batch in batched(sorted(set().union(*candidates.values()))):
        params = {"batch": batch, "since": now - OTHERS_WINDOW}
        posts |= {row.id: row for row in connection.execute(_OTHERS, params)}
    found = {}
    for delivery in deliveries:
        known = [posts[number] for number in candidates[delivery.id] if number in posts]
        others = [row for row in known if row.account != delivery.account]
        for row in sorted(others, key=lambda row: (row.due, row.id), reverse=True):
            alike = likeness(voice(delivery).said, _read_said(row.content, delivery.platform))
            if alike and not is_one_account(row.account, delivery.account):
                found[delivery.id] = row, alike
                break
    return found


@lru_cache(maxsize=4096)
def _read_said(content: str, platform: str) -> Said:
    return said(rows.content(content), finder(platform))


def keep_first(deliveries: Iterable[Delivery]) -> Iterator[Delivery]:
    """Yield the deliveries; of several that say the same on a platform, only the first."""
    kept: dict[int, Said] = {}
    index = _Index()
    for delivery in deliveries:
        says, keys = voice(delivery)
        if not any(likeness(says, kept[number]) for number in index.find(keys)):
            kept[delivery.id] = says
            index.add((key, delivery.id, unit) for key, unit in keys)
            yield delivery


def take_turn(connection: Connection, platforms: Iterable[str]) -> frozenset[str]:
    """Return the platforms that only this transaction claims for, until it ends.

    Two workers must not claim posts that say nearly the same at once, because the index does not
    show either before the commit. This waits a little for another worker's claim, which takes
    milliseconds. It does not wait long, because the other may wait for a lock of this transaction.
    """
    names = {f"voices {platform}": platform for platform in platforms}
    taken: set[str] = set()
    for _ in range(TURN_TRIES):
        taken |= workers.try_locks(connection, names.keys() - taken)
        if len(taken) == len(names):
            break
        time.sleep(TURN_SECONDS)
    return frozenset(names[name] for name in taken)
