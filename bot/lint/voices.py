"""Who says the same as whom: one account again, or several accounts as if they were many voices.

Platforms forbid that several of one's accounts say the same, or mention the same stranger, and it
would deceive people. So it is an error that no comment can allow, whatever the length of the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.lint.rule import Finding
from bot.lint.style import is_own_handle
from bot.planning.occurrences import account_wordings
from bot.schedules import Every
from bot.text import join_first, mentions, normalized_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from bot.lint.near_duplicates import TextUse, TextUses
    from bot.lint.rule import PlanContext
    from bot.model import Post

REPEAT_SPAN = timedelta(days=30)
"""For so long an account does not say almost the same again."""

_MONTH = timedelta(days=28)


# --- Several accounts -----------------------------------------------------------------------------


def coordinated_text(context: PlanContext) -> Iterator[Finding]:
    """Find texts that several accounts of a platform say, or almost; one finding per cluster."""
    names = {
        name for campaign in context.campaigns for post in campaign.posts for name in post.accounts
    }
    posting = [account for name in names if (account := context.accounts.get(name))]
    platforms = {account.platform for account in posting}
    if len(posting) == len(platforms):
        return  # one account on each platform: nothing to compare
    texts = context.text_index.texts
    clusters = _TextClusters()
    for _, number, other in context.text_index.pairs:
        for platform in platforms:
            speakers = (texts[text].speakers.get(platform, set()) for text in (number, other))
            if len(set().union(*speakers)) > 1:
                clusters.join((platform, number), (platform, other))
    reported: set[frozenset[tuple[str, int]]] = set()
    for cluster in sorted(clusters.all(), key=len):  # identical texts first; each post once
        uses = [
            use
            for platform, number in cluster
            for use in texts[number].uses
            if use.platform == platform
        ]
        posts = frozenset((use.account, id(use.post)) for use in uses)
        if posts not in reported and any(use.last >= context.now for use in uses):
            reported.add(posts)
            same = "the same" if len(cluster) == 1 else "almost the same"
            message = f"{_count_accounts(uses)} say {same}: {_name_accounts(uses)}."
            hint = "Let each say it in its own words, or one account alone."
            if len({id(use.post) for use in uses}) == 1:
                hint = "Give it wordings:, one or more for each account, "
                hint += "or let one account alone say it."
            yield _finding_at(_post_to_change(uses, context.now), message, hint)


class _TextClusters:
    """Texts connected by near pairs: a union-find structure."""

    def __init__(self) -> None:
        self._parent: dict[tuple[str, int], tuple[str, int]] = {}

    def join(self, text: tuple[str, int], other: tuple[str, int]) -> None:
        self._parent[self._root(other)] = self._root(text)

    def all(self) -> Iterable[list[tuple[str, int]]]:
        clusters = defaultdict(list)
        for text in list(self._parent):
            clusters[self._root(text)].append(text)
        return clusters.values()

    def _root(self, text: tuple[str, int]) -> tuple[str, int]:
        while (parent := self._parent.setdefault(text, text)) != text:
            self._parent[text] = self._parent[parent]  # halves the path for the next time
            text = parent
        return text


def coordinated_mention(context: PlanContext) -> Iterator[Finding]:
    """Find strangers that several accounts of a platform mention."""
    campaigns = {campaign.id: campaign for campaign in context.campaigns}
    uses_by_name: dict[tuple[str, str], list[TextUse]] = defaultdict(list)
    for use in context.text_index.uses():
        for name in dict.fromkeys(mentions(use.text)) if use.whole else ():
            if not is_own_handle(name, context.accounts, campaigns[use.post.campaign], use.post):
                uses_by_name[use.platform, name.casefold()].append(use)
    # Strangers who are mentioned in exactly the same posts make one finding.
    names_by_uses: dict[tuple[int, ...], list[str]] = defaultdict(list)
    uses_of: dict[tuple[int, ...], list[TextUse]] = {}
    for (_, name), uses in uses_by_name.items():
        several = len({use.account for use in uses}) > 1
        if several and any(use.last >= context.now for use in uses):
            numbers = tuple(use.number for use in uses)
            names_by_uses[numbers].append(f"@{name}")
            uses_of[numbers] = uses
    for numbers, names in names_by_uses.items():
        uses = uses_of[numbers]
        message = f"{_count_accounts(uses)} mention {join_first(names)}: {_name_accounts(uses)}."
        hint = "Let one account alone mention them; write the name without the @ in the others."
        yield _finding_at(_post_to_change(uses, context.now), message, hint)


def _count_accounts(uses: Collection[TextUse]) -> str:
    accounts = {use.account: use.platform for use in uses}
    return f"{len(accounts)} accounts on {next(iter(accounts.values()))}"


def _name_accounts(uses: Collection[TextUse]) -> str:
    """Name every account and a post of it, or the accounts alone where they share one post."""
    posts: dict[str, dict[int, Post]] = defaultdict(dict)
    for use in sorted(uses, key=lambda use: use.number):
        posts[use.account][id(use.post)] = use.post
    if len({number for own in posts.values() for number in own}) == 1:
        return ", ".join(posts)
    names = []
    for account, own in posts.items():
        post = next(iter(own.values()))
        more = f", and {len(own) - 1} more" if len(own) > 1 else ""
        place = f"{post.mark.file}:{post.mark.line}"
        names.append(f"{account} ({post.campaign}/{post.id}, {place}{more})")
    return ", ".join(names)


def _post_to_change(uses: Iterable[TextUse], now: datetime) -> Post:
    """Return the post to change: the last of them, as the others may be published by then."""
    coming = [use for use in uses if use.last >= now]
    return max(coming, key=lambda use: (use.first, use.number)).post


# --- One account, again ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Repeat:
    similarity: float
    earlier: TextUse
    later: TextUse


def repeated_text(context: PlanContext) -> Iterator[Finding]:
    """Find posts that say almost what their account said just before; each with the nearest."""
    texts = context.text_index.texts
    nearest: dict[int, _Repeat] = {}
    for similarity, number, other in context.text_index.pairs:
        pairs = [(texts[number], texts[other])]
        pairs += [(texts[other], texts[number])] if number != other else []
        for text, before in pairs:
            for use in text.uses:
                previous = _just_before(before, use) if use.whole else None
                known = nearest.get(id(use.post))
                if previous and (known is None or known.similarity < similarity):
                    nearest[id(use.post)] = _Repeat(similarity, previous, use)
    for repeat in nearest.values():
        earlier, later = repeat.earlier, repeat.later
        if later.last < context.now:
            continue
        identical = normalized_words(earlier.text) == normalized_words(later.text)
        mark = earlier.post.mark
        message = f"It says {'' if identical else 'almost '}the same as {earlier.post.id} "
        message += f"({mark.file}:{mark.line}), less than {REPEAT_SPAN.days} days after it "
        message += f"on {later.account}."
        yield _finding_at(later.post, message, "Say it anew, or later.")
    yield from _unvaried_recurrences(context, nearest)


def _just_before(text: TextUses, use: TextUse) -> TextUse | None:
    """Return the last use of a text by this use's account before it, if it is not long ago."""
    own = text.by_account.get(use.account, [])
    index = bisect_left(own, (use.first, use.number), key=lambda other: (other.first, other.number))
    earlier = own[index - 1] if index else None
    return earlier if earlier and use.first - earlier.last < REPEAT_SPAN else None


def _unvaried_recurrences(context: PlanContext, reported: Collection[int]) -> Iterator[Finding]:
    """Find recurrences that use one wording every time on an account."""
    for campaign in context.campaigns:
        for post in campaign.posts:
            when = post.when
            if isinstance(when, Every) and id(post) not in reported:
                names = [name for name in post.accounts if len(account_wordings(post, name)) == 1]
                days = _days_between(when, context.now) if names else None
                if days is not None:
                    message = f"It comes again after {days} days, word for word, on "
                    message += f"{join_first(names)}."
                    hint = "Give it wordings:, two or more for each account, to be said in turn."
                    yield _finding_at(post, message, hint)


def _days_between(when: Every, now: datetime) -> int | None:
    """Return the fewest days between two times, near its beginning; None for a month or more.

    A month is four weeks here, as in a rule such as every first Monday.
    """
    start = datetime.combine(when.start, time(), UTC) if when.start else now
    dues = [moment.due for moment in when.occurrences(start, start + 2 * _MONTH)]
    shortest = min((later - due for due, later in pairwise(dues)), default=_MONTH)
    return max(1, round(shortest / timedelta(days=1))) if shortest < _MONTH else None


def _finding_at(post: Post, message: str, hint: str) -> Finding:
    return Finding(message, hint, post.mark, post.mark)
