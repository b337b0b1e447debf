"""The result of a search of an account's own timeline. Pure.

Each platform compares posts and payloads in its own way.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from bot.platforms.base import TimelineSearch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.model import Account, RemotePost
    from bot.platforms.base import Charge

CLOCK_TOLERANCE = timedelta(minutes=6)
"""How much older than its send a post may seem. Sending pauses only once our clock is five minutes
off the platform's. The platform may round to seconds, and a person's app has a clock of its own."""


def search_result(
    account: Account,
    found: Sequence[tuple[RemotePost, bool, bool]],
    span: tuple[datetime, datetime],
    *,
    charges: Sequence[Charge] = (),
    complete: bool = True,
) -> TimelineSearch:
    """Return the result of a search, in the order of ``found``.

    Those are the account's posts within ``span``. With each stands whether its words are those of
    the payload, and whether all else is the same, such as the post that it replies to.
    """
    posts: dict[tuple[bool, bool], list[RemotePost]] = {}
    for post, words, place in found:
        posts.setdefault((words, place), []).append(post)
    matches, near, misplaced = (
        tuple(posts.get(same, ())) for same in ((True, True), (False, True), (True, False))
    )
    text = f"Looked at @{account.handle.lstrip('@')}'s timeline from {timestamp(span[0])} to "
    text += f"{timestamp(span[1])}: {len(found)} posts"
    if found:
        times = [post.at for post, _, _ in found]
        text += f", the earliest of {timestamp(min(times))}, the latest of {timestamp(max(times))}"
    evidence = f"{text}; {len(matches) or 'none'} with this content."
    return TimelineSearch(matches, evidence, tuple(charges), near, misplaced, complete)


def timestamp(instant: datetime) -> str:
    """Return an instant in UTC, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
