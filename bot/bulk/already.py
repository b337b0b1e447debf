"""Which posts of a spreadsheet are there already: importing twice must not say anything twice."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.schedules import At, EventRelative, NextSlot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.model import Campaign, Content, Post

Words = tuple[object, ...]

_INSTANT = timedelta(microseconds=1)


class Standing:
    """The posts that stand in the campaign files, found by their names and by what they say."""

    def __init__(self, campaigns: Iterable[Campaign]) -> None:
        self._by_name: dict[tuple[str, str], list[Post]] = defaultdict(list)
        self._by_words: dict[tuple[str, str, Words], list[Post]] = defaultdict(list)
        for campaign in campaigns:
            for post in campaign.posts:
                self.add(post)

    def add(self, post: Post) -> None:
        """Count a post among them."""
        for those in self._lists(post):
            those.append(post)

    def drop(self, post: Post) -> None:
        """Count a post among them no more."""
        for those in self._lists(post):
            those[:] = [other for other in those if other is not post]

    def _lists(self, post: Post) -> Iterator[list[Post]]:
        yield self._by_name[post.campaign, post.id]
        for account in post.accounts:
            for words in _words(post):
                yield self._by_words[post.campaign, account, words]

    def named(self, campaign: str, name: str | None) -> list[Post]:
        """Give the posts of an id: one, or one for each of its events."""
        return list(self._by_name.get((campaign, name or ""), ()))

    def same(self, post: Post, own: Sequence[Post]) -> Post | None:
        """Give the post that says the same at the same time from the same accounts, if one does.

        Where there are posts of its own id, only those count, with all that differs in them.
        """
        if own:
            return next((one for one in own if not _differences(post, one)), None)
        words = next(iter(_words(post)))
        near = self._by_words.get((post.campaign, post.accounts[0], words), ())
        return next((one for one in near if _covers(one, post)), None)


def differing(post: Post, own: Sequence[Post]) -> str:
    """Name in what a post differs from the one that has its id, or the nearest of them."""
    nearest = min(own, key=lambda one: len(_differences(post, one)))
    return " and ".join(_differences(post, nearest))


def _differences(post: Post, old: Post) -> list[str]:
    found = {
        "text": _words(post) <= _words(old),
        "time": _same_time(post, old),
        "account": set(post.accounts) <= set(old.accounts),
        "demand": post.demand == old.demand,
        "event": post.event in (None, old.event),
        "end": _same_end(post, old),
    }
    return [name for name, same in found.items() if not same]


def _covers(old: Post, post: Post) -> bool:
    return not {"text", "time", "account"} & set(_differences(post, old))


def _same_time(post: Post, old: Post) -> bool:
    if post.when == old.when:
        return True
    due = _due(post)
    if due is None:
        return False
    if isinstance(old.when, NextSlot):  # it was exported with the slot that it had
        return True
    return due == _due(old) or any(old.when.occurrences(due, due + _INSTANT))


def _due(post: Post) -> datetime | None:
    return post.when.due if isinstance(post.when, At | EventRelative) else None


def _same_end(post: Post, old: Post) -> bool:
    if post.expires == old.expires or isinstance(old.when, NextSlot):
        return True
    due = _due(post)
    return due is not None and _end(post, due) == _end(old, due)


def _end(post: Post, due: datetime) -> datetime | None:
    return due + post.expires if isinstance(post.expires, timedelta) else post.expires


def _words(post: Post) -> set[Words]:
    return {_of_content(wording.content) for wording in post.wordings}


def _of_content(content: Content) -> Words:
    """Give all that an audience sees of it, without blanks that it does not see."""
    parts = tuple(
        (
            "\n".join(line.rstrip() for line in part.text.strip().splitlines()),
            tuple((media.sha256, " ".join(media.alt.split())) for media in part.media),
            part.poll,
        )
        for part in content.parts
    )
    return (content.reply_settings, *parts)
