"""Which wording of a post goes where: no account takes another one's, or its last again. Pure.

The wordings of a post are shuffled by a hash of the post and dealt out among its accounts: each has
a hand of its own, as one text on several accounts would make one voice look like many. Time after
time an account goes through its hand, each time round from another wording on, but never from the
one that it has just said. The campaign's partners take what no account says at the moment, from the
back. Which it is depends on the post and on the moment's own number: planning again changes
nothing, however far it looks.

Only where there are more accounts than wordings do two of them say the same, and only an account
with one wording says the same again. One more account or partner at the end of its list takes
nobody's wording of a one-off away; what is said again and again is dealt anew.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Post, Wording


def chosen(post: Post, account: str, label: str, partners: Sequence[str] = ()) -> Wording:
    """Return the wording for an account of the post, or for a partner of its campaign."""
    if len(post.wordings) == 1:
        return post.wordings[0]
    number = post.when.number(label)
    if account in post.accounts:
        return _dealt(post, account, number)
    order = _shuffled(post)
    said = [_dealt(post, name, number).name for name in post.accounts]
    start = [wording.name for wording in order].index(said[0])
    left = [*order[start:], *order[:start]][::-1]
    left.sort(key=lambda wording: wording.name in said)
    return left[partners.index(account) % len(left)]


def hand(post: Post, account: str) -> Sequence[Wording]:
    """Return all wordings that an account of the post says, one time or another."""
    order = _shuffled(post)
    return order[post.accounts.index(account) % len(order) :: len(post.accounts)]


def _dealt(post: Post, account: str, number: int) -> Wording:
    mine = hand(post, account)
    turn, step = divmod(number, len(mine))
    return mine[(step + _begin(post, turn, len(mine))) % len(mine)]


def _begin(post: Post, turn: int, count: int) -> int:
    """Return where in a hand of so many this turn begins; it ends with the one before that.

    The first begins at the front, every other one anywhere. Those between begin neither where the
    one before has ended, nor such that they end where the next one begins.
    """
    if turn == 0 or count <= 2:  # noqa: PLR2004 - two can only alternate
        return 0
    anywhere = int.from_bytes(_hash(post, turn)[:8])
    if turn % 2 == 0:
        return anywhere % count
    ended = (_begin(post, turn - 1, count) - 1) % count
    next_one = (_begin(post, turn + 1, count) + 1) % count
    free = [place for place in range(count) if place not in {ended, next_one}]
    return free[anywhere % len(free)]


def _shuffled(post: Post) -> list[Wording]:
    return sorted(post.wordings, key=lambda wording: _hash(post, wording.name))


def _hash(post: Post, of: object) -> bytes:
    return hashlib.sha256(f"{post.campaign}/{post.id}/{of}".encode()).digest()
