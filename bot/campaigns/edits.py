"""What changed between two looks at the folder, as far as a plan can tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.schedules import NextSlot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.campaigns.reading import FileRead
    from bot.model import Post


@dataclass(frozen=True, slots=True)
class Edits:
    """The posts that may not be what they were, by campaign and id, and the accounts of all those.

    Posts that are new or gone are among them. Of queue slots, the order counts as well: where it
    changed, every post in a slot of the file is named.
    """

    posts: frozenset[tuple[str, str]] = field(default=frozenset())
    accounts: frozenset[str] = field(default=frozenset())

    def __or__(self, other: Edits) -> Edits:
        """Give both together."""
        return Edits(self.posts | other.posts, self.accounts | other.accounts)


def of_posts(posts: Iterable[Post]) -> Edits:
    """Give these posts as changed."""
    posts = list(posts)
    return Edits(
        frozenset((post.campaign, post.id) for post in posts),
        frozenset(name for post in posts for name in post.accounts),
    )


def between(old: FileRead | None, new: FileRead | None) -> Edits:
    """Compare what was read from a file with what is read from it now; None is no such file."""
    before, after = _by_name(old), _by_name(new)
    other = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    slots = _in_slots(old), _in_slots(new)
    if [_name(post) for post in slots[0]] != [_name(post) for post in slots[1]]:
        other |= {_name(post) for both in slots for post in both}
    changed = [post for side in (before, after) for name in other for post in side.get(name, ())]
    return of_posts(changed)


def _by_name(read: FileRead | None) -> dict[tuple[str, str], list[Post]]:
    found: dict[tuple[str, str], list[Post]] = {}
    for post in read.posts if read else ():
        found.setdefault(_name(post), []).append(post)
    return found


def _in_slots(read: FileRead | None) -> list[Post]:
    return [post for post in (read.posts if read else ()) if isinstance(post.when, NextSlot)]


def _name(post: Post) -> tuple[str, str]:
    return post.campaign, post.id
