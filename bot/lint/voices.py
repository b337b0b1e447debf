"""Who says the same as whom: an account again, and several accounts as if they were many voices.

That several accounts of a platform say the same, or call out to the same stranger, is forbidden by
platforms and would deceive people. So it is an error that no comment allows, at any length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.lint.rule import Finding
from bot.lint.writing import is_ours
from bot.schedules import Every
from bot.text.words import listed, mentions, words_of
from bot.wordings import hand

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from bot.lint.near import Said, Use
    from bot.lint.rule import Whole
    from bot.model import Post

AGAIN = timedelta(days=30)
"""So long an account does not say almost the same again."""

_MONTH = timedelta(days=28)


# --- Several accounts -----------------------------------------------------------------------------


def echoed(whole: Whole) -> Iterator[Finding]:
    """Find texts that several accounts of a platform say, or almost; each crowd of them once."""
    platforms = {whole.accounts[name].platform for name in _speakers(whole)}
    if len(_speakers(whole)) == len(platforms):
        return  # nobody beside them, and nothing to compare
    texts = whole.sayings.texts
    crowds = _Crowds()
    for _, one, other in whole.sayings.pairs:
        for platform in platforms:
            speakers = (texts[number].speakers.get(platform, set()) for number in (one, other))
            if len(set().union(*speakers)) > 1:
                crowds.join((platform, one), (platform, other))
    told: set[frozenset[tuple[str, int]]] = set()
    for crowd in sorted(crowds.all(), key=len):  # what is the same first; of it, each post once
        uses = [use for platform, n in crowd for use in texts[n].uses if use.platform == platform]
        posts = frozenset((use.account, id(use.post)) for use in uses)
        if posts not in told and any(use.last >= whole.now for use in uses):
            told.add(posts)
            yield _echo(uses, "the same" if len(crowd) == 1 else "almost the same", whole.now)


def _speakers(whole: Whole) -> set[str]:
    """Return the accounts that any post goes out from."""
    named = {name for one in whole.campaigns for post in one.posts for name in post.accounts}
    return {name for name in named if whole.accounts.get(name)}


class _Crowds:
    """Texts that belong together, as one of each pair is near the other."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, int], tuple[str, int]] = {}

    def join(self, one: tuple[str, int], other: tuple[str, int]) -> None:
        self._first[self._root(other)] = self._root(one)

    def all(self) -> Iterable[list[tuple[str, int]]]:
        found = defaultdict(list)
        for text in list(self._first):
            found[self._root(text)].append(text)
        return found.values()

    def _root(self, text: tuple[str, int]) -> tuple[str, int]:
        while (first := self._first.setdefault(text, text)) != text:
            self._first[text] = self._first[first]  # halves the way for the next
            text = first
        return text


def _echo(uses: Collection[Use], same: str, now: datetime) -> Finding:
    posts = {id(use.post) for use in uses}
    message = f"{_number(uses)} say {same}: {_named(uses)}."
    hint = "Let each say it in its own words, or one account alone."
    if len(posts) == 1:
        hint = "Give it wordings:, one or more for each account, or let one account alone say it."
    return _at(_latest(uses, now), message, hint)


def pointed(whole: Whole) -> Iterator[Finding]:
    """Find strangers that several accounts of a platform mention."""
    campaigns = {campaign.id: campaign for campaign in whole.campaigns}
    by: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for use in filter(_is_whole, whole.sayings.uses()):
        for name in dict.fromkeys(mentions(use.text)):
            if not is_ours(name, whole.accounts, campaigns[use.post.campaign], use.post):
                by[use.platform, name.casefold()].append(use)
    alike: dict[tuple[int, ...], list[str]] = defaultdict(list)
    uses_of: dict[tuple[int, ...], list[Use]] = {}
    for (_, name), uses in by.items():
        if len({use.account for use in uses}) > 1 and any(use.last >= whole.now for use in uses):
            numbers = tuple(use.number for use in uses)
            alike[numbers].append(f"@{name}")
            uses_of[numbers] = uses
    for numbers, names in alike.items():
        uses = uses_of[numbers]
        message = f"{_number(uses)} mention {listed(names)}: {_named(uses)}."
        hint = "Let one account alone mention them; write the name without the @ in the others."
        yield _at(_latest(uses, whole.now), message, hint)


def _number(uses: Collection[Use]) -> str:
    accounts = {use.account: use.platform for use in uses}
    return f"{len(accounts)} accounts on {next(iter(accounts.values()))}"


def _named(uses: Collection[Use]) -> str:
    """Name every account, and where that is not one for all, a post of it."""
    posts: dict[str, dict[int, Post]] = defaultdict(dict)
    for use in sorted(uses, key=lambda use: use.number):
        posts[use.account][id(use.post)] = use.post
    if len({number for some in posts.values() for number in some}) == 1:
        return ", ".join(posts)
    return ", ".join(
        f"{account} ({_place(next(iter(some.values())))}{_more(len(some) - 1)})"
        for account, some in posts.items()
    )


def _place(post: Post) -> str:
    return f"{post.campaign}/{post.id}, {post.mark.file}:{post.mark.line}"


def _more(count: int) -> str:
    return f", and {count} more" if count else ""


def _latest(uses: Iterable[Use], now: datetime) -> Post:
    """Return the post to change: the last of them, as the others may be out by then."""
    coming = [use for use in uses if use.last >= now]
    return max(coming, key=lambda use: (use.first, use.number)).post


# --- One account, again ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Clash:
    alike: float
    earlier: Use
    later: Use


def repeated(whole: Whole) -> Iterator[Finding]:
    """Find posts that say almost what their account has just said; each with the nearest to it."""
    texts = whole.sayings.texts
    worst: dict[int, _Clash] = {}
    for alike, one, other in whole.sayings.pairs:
        for use in filter(_is_whole, texts[one].uses):
            _note(worst, alike, _just_before(texts[other], use), use)
        for use in filter(_is_whole, texts[other].uses if one != other else ()):
            _note(worst, alike, _just_before(texts[one], use), use)
    for clash in worst.values():
        if clash.later.last >= whole.now:
            yield _told(clash)
    yield from _again(whole, worst)


def _is_whole(use: Use) -> bool:
    return use.whole


def _just_before(said: Said, use: Use) -> Use | None:
    """Return the last use of a text by this one's account before it, if it is not long ago."""
    mine = said.by_account.get(use.account, [])
    index = bisect_left(mine, (use.first, use.number), key=lambda one: (one.first, one.number))
    earlier = mine[index - 1] if index else None
    return earlier if earlier and use.first - earlier.last < AGAIN else None


def _note(worst: dict[int, _Clash], alike: float, earlier: Use | None, later: Use) -> None:
    before = worst.get(id(later.post))
    if earlier and (before is None or before.alike < alike):
        worst[id(later.post)] = _Clash(alike, earlier, later)


def _told(clash: _Clash) -> Finding:
    earlier, later = clash.earlier, clash.later
    words = words_of(earlier.text), words_of(later.text)
    same = "the same" if words[0] == words[1] else "almost the same"
    mark = earlier.post.mark
    message = f"It says {same} as {earlier.post.id} ({mark.file}:{mark.line}), "
    message += f"less than {AGAIN.days} days after it on {later.account}."
    return _at(later.post, message, "Say it anew, or later.")


def _again(whole: Whole, told: Collection[int]) -> Iterator[Finding]:
    """Find recurrences that say one wording every time, on an account."""
    for campaign in whole.campaigns:
        for post in campaign.posts:
            when = post.when
            if isinstance(when, Every) and id(post) not in told:
                names = [name for name in post.accounts if len(hand(post, name)) == 1]
                days = _days_between(when, whole.now) if names else None
                if days is not None:
                    message = f"It comes again after {days} days, word for word, on "
                    message += f"{listed(names)}."
                    hint = "Give it wordings:, two or more for each account, to be said in turn."
                    yield _at(post, message, hint)


def _days_between(when: Every, now: datetime) -> int | None:
    """Return how soon it comes again, from its first days on; None where it takes a month.

    That is four weeks in a rule such as every first Monday.
    """
    start = datetime.combine(when.start, time(), UTC) if when.start else now
    dues = [moment.due for moment in when.occurrences(start, start + 2 * _MONTH)]
    least = min((later - due for due, later in pairwise(dues)), default=_MONTH)
    return max(1, round(least / timedelta(days=1))) if least < _MONTH else None


def _at(post: Post, message: str, hint: str) -> Finding:
    return Finding(message, hint, post.mark, post.mark)
