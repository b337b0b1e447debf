"""What a corrected row changes in a post, as a person reads it. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.changes import changes
from bot.schedules import At, EventRelative, NextSlot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.bulk.entries import Entry
    from bot.model import Post


def corrections(old: Post, row: Entry, new: Post) -> list[str]:
    """Return every difference between a post and what its row says; none where it is the same."""
    found = list(_words(old, new))
    if not (row.exported and isinstance(old.when, NextSlot)):
        found += _named("time", when(old), when(new))
        found += _named("end", _end(old), _end(new))
    for name in ("accounts", "facts", "statements"):
        one, other = (", ".join(sorted(getattr(post, name))) for post in (old, new))
        found += _named(name, one, other)
    for name in ("demand", "event", *(["author"] if row.signed else [])):
        found += _named(name, getattr(old, name) or "", getattr(new, name) or "")
    return found


def _named(what: str, old: str, new: str) -> list[str]:
    return [f"{what}: {old or 'none'} -> {new or 'none'}"] if old != new else []


def _words(old: Post, new: Post) -> Iterator[str]:
    """Yield what differs in the words, the pictures and the polls, wording by wording."""
    before = {wording.name: wording.content for wording in old.wordings}
    after = {wording.name: wording.content for wording in new.wordings}
    for name in {**before, **after}:
        of = f"wording {name}, " if name else ""
        if name not in before:
            yield f"{of}new: {after[name].text}"
        elif name not in after:
            yield f"{of}gone: {before[name].text}"
        else:
            yield from (f"{of}{change}" for change in changes(before[name], after[name]))


def when(post: Post) -> str:
    """Return when a post is due, where its audience is."""
    if isinstance(post.when, NextSlot):
        return "next slot"
    if not isinstance(post.when, At | EventRelative):
        return "again and again"
    zone = post.when.event.timezone if isinstance(post.when, EventRelative) else post.when.timezone
    local = post.when.due.astimezone(ZoneInfo(zone))
    return f"{local:%a %Y-%m-%d %H:%M:%S %Z}".replace(":00 ", " ", not local.second)


def _end(post: Post) -> str:
    """Return the end of a post as an instant, however it is written."""
    if post.expires is None:
        return ""
    if isinstance(post.expires, timedelta):
        if not isinstance(post.when, At | EventRelative):
            return f"{post.expires} after it was due"
        return f"{post.when.due + post.expires:%Y-%m-%d %H:%M} UTC"
    return f"{post.expires:%Y-%m-%d %H:%M} UTC"
