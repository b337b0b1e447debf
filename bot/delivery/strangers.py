"""Posts of the account's that nobody here knows of: one may be what is looked for, in other words.

X may change a text in ways that ``bot.platforms.x.find`` does not foresee. So what no post says to
the letter is not proved absent beside an own post of that time that belongs to no delivery.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.platforms.base import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.delivery.desk import Desk
    from bot.model import Delivery, Published
    from bot.platforms.base import Search

NEAR = timedelta(minutes=6)
"""A post within so much of a send may be what it made: the clocks may differ by five minutes before
anybody is told, and a send takes up to one."""


def look(desk: Desk, delivery: Delivery, payload: str, since: datetime) -> Search:
    """Look for a payload on the account's timeline, and book it. Raise Outcome."""
    client = desk.client(delivery.account)
    try:
        search = client.find(payload, since)
    except Outcome as outcome:
        desk.book_reads(delivery.platform, delivery.account, outcome.charges)
        raise
    desk.book_reads(delivery.platform, delivery.account, search.charges)
    return search


def strangers(
    desk: Desk, delivery: Delivery, search: Search, first: datetime, last: datetime
) -> list[Published]:
    """Return the posts around the sends from ``first`` to ``last`` that belong to no delivery.

    Nor to one that is looked for itself. Raise Outcome.
    """
    near = [post for post in search.others if first - NEAR <= post.at <= last + NEAR]
    found = _unknown(near, desk.sending.known_ids(delivery.account))
    for payload in desk.sending.unsettled(delivery) if found else ():
        others = look(desk, delivery, payload, first).matches
        found = _unknown(found, {post.remote_id for post in others})
    return found


def _unknown(posts: Iterable[Published], known: Iterable[str]) -> list[Published]:
    ids = frozenset(known)
    return [post for post in posts if post.remote_id not in ids]


def named(posts: Iterable[Published]) -> str:
    """Say what is to be looked at where there are strangers."""
    urls = ", ".join(post.url for post in posts)
    return f"no post says the same, but this one of that time is not known here: {urls}"
