"""Which wording of a post goes where: stable, and no two accounts say the same if it can be. Pure.

The wordings of a post are put in an order by a hash of the post and the moment. Its accounts take
them from the front, in turn, the campaign's partners from the back. So a recurrence varies,
planning again changes nothing, one more account or partner at the end of its list takes nobody's
wording away, and two say the same only where there are more of them than wordings.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Post, Wording


def chosen(post: Post, account: str, label: str, partners: Sequence[str] = ()) -> Wording:
    """Give the wording for an account of the post, or for a partner of its campaign."""
    if len(post.wordings) == 1:
        return post.wordings[0]
    order = sorted(post.wordings, key=lambda one: _rank(post, label, one))
    if account in post.accounts:
        return order[post.accounts.index(account) % len(order)]
    return order[-1 - partners.index(account) % len(order)]


def _rank(post: Post, label: str, wording: Wording) -> bytes:
    return hashlib.sha256(f"{post.campaign}/{post.id}/{label}/{wording.name}".encode()).digest()
