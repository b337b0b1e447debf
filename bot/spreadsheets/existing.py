"""The posts of the campaign files, found by what they say, and how a row differs from one.

Importing a spreadsheet twice must not post anything twice. So posts are compared by their content.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.planning.content_diff import content_differences
from bot.planning.occurrences import expiry_of
from bot.schedules import NextSlot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.model import Post
    from bot.spreadsheets.entries import TypedPost

ContentKey = tuple[object, ...]


class ExistingPosts:
    """The posts of the campaign files, found by their names and by what they say."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self.by_id: dict[tuple[str, str], list[Post]] = defaultdict(list)
        """The post of each campaign and id, or one for each of its events."""
        self._by_content: dict[tuple[str, str, ContentKey], list[Post]] = defaultdict(list)
        for post in posts:
            self.add(post)

    def add(self, post: Post) -> None:
        """Add a post to them."""
        for posts in self._indexes(post):
            posts.append(post)

    def remove(self, post: Post) -> None:
        """Remove a post from them."""
        for posts in self._indexes(post):
            posts[:] = [other for other in posts if other is not post]

    def _indexes(self, post: Post) -> Iterator[list[Post]]:
        yield self.by_id[post.campaign, post.id]
        for account in post.accounts:
            for content in _content_keys(post):
                yield self._by_content[post.campaign, account, content]

    def find_same(self, post: Post) -> Post | None:
        """Return the post that says the same at the same time from the same accounts, if any."""
        found = [self._find_same_on(post, name) for name in post.accounts]
        return found[0] if all(found) else None

    def _find_same_on(self, post: Post, account: str) -> Post | None:
        content = next(iter(_content_keys(post)))
        for old in self._by_content.get((post.campaign, account, content), ()):
            if not {"text", "time"} & {*find_differences(post, old)}:
                return old
        return None


def find_differences(post: Post, old: Post) -> list[str]:
    """Return the kinds of differences between a post and an old one, such as ``text``."""
    due, in_slot = post.when.due, isinstance(old.when, NextSlot)
    # A post that waits for a slot may have been exported with the time of that slot.
    same_time = post.when == old.when or (
        due is not None
        and (
            in_slot
            or due == old.when.due
            or any(old.when.occurrences(due, due + timedelta.resolution))
        )
    )
    same_end = (
        post.expires == old.expires
        or in_slot
        or (due is not None and expiry_of(post, due) == expiry_of(old, due))
    )
    found = {
        "text": _content_keys(post) <= _content_keys(old),
        "time": same_time,
        "account": set(post.accounts) <= set(old.accounts),
        "demand": post.demand == old.demand,
        "event": post.event in (None, old.event),
        "end": same_end,
    }
    return [name for name, same in found.items() if not same]


def timezone_of(post: Post) -> str:
    """Return the timezone of a post's time, or UTC."""
    return getattr(post.when, "timezone", "UTC")


def _content_keys(post: Post) -> set[ContentKey]:
    """Return the content of each wording, without whitespace that an audience does not see.

    Links are compared as they are typed. Their marks name the post, and a row may have no id yet.
    """
    keys: set[ContentKey] = set()
    for wording in post.wordings:
        content = wording.typed_content
        parts = [
            (
                "\n".join(line.rstrip() for line in part.text.strip().splitlines()),
                tuple(
                    (media.sha256, " ".join(media.alt.split()), media.focus) for media in part.media
                ),
                part.poll,
                part.card,
            )
            for part in content.parts
        ]
        settings = content.reply_settings, content.warning, content.language, content.labels
        keys.add((*settings, *parts))
    return keys


# --- Differences in words -------------------------------------------------------------------------


def list_differences(old: Post, row: TypedPost, new: Post) -> list[str]:
    """Return every difference between a post and its row, in words."""
    differences = []
    before, after = (
        {wording.name: wording.typed_content for wording in post.wordings} for post in (old, new)
    )
    for name in {**before, **after}:
        prefix = f"wording {name}, " if name else ""
        if name not in before:
            differences.append(f"{prefix}new: {after[name].text}")
        elif name not in after:
            differences.append(f"{prefix}gone: {before[name].text}")
        else:
            changes = content_differences(before[name], after[name])
            differences += [f"{prefix}{change}" for change in changes]
    values: dict[str, tuple[str, str]] = {}
    from_export = "key" in row.row.cells  # an export has a time for a post that awaits a slot
    if not (from_export and isinstance(old.when, NextSlot)):
        values["time"] = _describe_due(old), _describe_due(new)
        values["end"] = _describe_expiry(old), _describe_expiry(new)
    for name in ("accounts", "facts", "statements"):
        values[name] = ", ".join(sorted(getattr(old, name))), ", ".join(sorted(getattr(new, name)))
    for name in ("demand", "event", *(["author"] if row.has_author else [])):
        values[name] = getattr(old, name) or "", getattr(new, name) or ""
    for name, (was, now) in values.items():
        if was != now:
            differences.append(f"{name}: {was or 'none'} -> {now or 'none'}")
    return differences


def _describe_due(post: Post) -> str:
    if isinstance(post.when, NextSlot):
        return "next slot"
    due = post.when.due
    if due is None:
        return "again and again"
    local = due.astimezone(ZoneInfo(timezone_of(post)))
    return f"{local:%a %Y-%m-%d %H:%M:%S %Z}".replace(":00 ", " ", not local.second)


def _describe_expiry(post: Post) -> str:
    """Return the instant at which a post expires, even if its file has a duration."""
    if post.expires is None:
        return ""
    due = post.when.due
    if due is None and isinstance(post.expires, timedelta):
        return f"{post.expires} after it was due"
    return f"{expiry_of(post, due) if due else post.expires:%Y-%m-%d %H:%M} UTC"
