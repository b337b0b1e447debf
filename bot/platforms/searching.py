"""What a search of an account's own timeline found, and what it looked at. Pure.

How a post and a payload are compared is each platform's own.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from bot.platforms.base import TimelineSearch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.model import Account, RemotePost
    from bot.platforms.base import Charge


def search_result(
    account: Account,
    found: Sequence[tuple[RemotePost, bool, bool]],
    span: tuple[datetime, datetime],
    *,
    charges: Sequence[Charge] = (),
    complete: bool = True,
) -> TimelineSearch:
    """Return what a search of an account's timeline found, in the order of ``found``.

    Those are its posts within ``span``, each with whether it says the same as the payload, and
    whether all else is the same: what it replies to above all.
    """
    posts: dict[tuple[bool, bool], list[RemotePost]] = {}
    for post, words, place in found:
        posts.setdefault((words, place), []).append(post)
    matches, near, misplaced = (
        tuple(posts.get(same, ())) for same in ((True, True), (False, True), (True, False))
    )
    text = f"Looked at @{account.handle.lstrip('@')}'s timeline from {_at(span[0])} to "
    text += f"{_at(span[1])}: {len(found)} posts"
    if found:
        times = [post.at for post, _, _ in found]
        text += f", the earliest of {_at(min(times))}, the latest of {_at(max(times))}"
    evidence = f"{text}; {len(matches) or 'none'} with this content."
    return TimelineSearch(matches, evidence, tuple(charges), near, misplaced, complete)


def _at(instant: datetime) -> str:
    """Return an instant for people, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
