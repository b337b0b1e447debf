"""Texts that are almost the same: on two X accounts, or again on one account within 30 days.

Two texts are near when of the pairs of neighbouring words in either, seven in ten are in both (the
Jaccard similarity of their 2-word shingles: Broder, "On the resemblance and containment of
documents", 1997). Links, mentions and hashtags do not count. One word changed in a text of fifteen
is near, and so is a sentence added to three.

To find each text's nearest among 100,000 without comparing all with all, every text gets a
signature: shingles of it, chosen such that two texts agree in a place of it with a chance that is
their similarity (MinHash; here from one hash a shingle, by "one permutation hashing" with rotation:
Li, Owen and Zhang, 2012; Shrivastava and Li, "Densifying One Permutation Hashing via Rotation for
Fast Near Neighbor Search", 2014). The texts are then sorted once by each of ``ORDERS`` parts of the
signature, and each is compared only with the ``REACH`` after it in every order: these agree with it
in the most leading places (an LSH forest: Bawa, Condie and Ganesan, 2005, walked as in the
sorted-neighbourhood method of Hernández and Stolfo, 1995). All of it once more with the shingles
left out that more than ``COMMON`` texts have: else a pair could be lost in a crowd of texts that
end with the same demand.

So there are at most ``2 * ORDERS * REACH`` comparisons a text, whatever the texts are. Hash tables
of bands, as ``datasketch`` has them, have no such bound: where thousands of texts share most of
their words, thousands fall into one bucket, and a bucket is compared all with all. For the same
reason a text may find another near one than its very nearest, and a few pairs are not found at all:
1 of 1,540 among 23,000 texts of ordinary words, and 6 of 500 in a crowd of 5,000 texts that have
two thirds of their words in common. Of texts that are the same word for word, all are found.

The loop never asks this: it looks for errors, and this is a warning. So nothing is kept from one
check to the next.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from bot.lint.rule import Finding
from bot.schedules import At, EventRelative, Every
from bot.text.words import plain
from bot.wordings import chosen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date

    from bot.lint.rule import Whole
    from bot.model import Campaign, Post

NEAR = 0.7
"""Texts are near from this similarity on: 0 for no common shingle, 1 for all."""

AGAIN = timedelta(days=30)
"""So long an account does not say almost the same again."""

_MONTH = timedelta(days=28)

ORDERS, DEPTH, REACH = 6, 4, 4
"""Orders, places of the signature in each, and how many neighbours are compared in each."""

COMMON = 20
"""A shingle that more texts have tells little about any of them."""

_LEAST = 2
"""Texts of no more pairs of words ("Thank you all!") are alike by chance: only the same counts."""

# Of writing without blanks between words, each sign counts as a word: kana, CJK, Hangul, Thai.
_WORD = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]|[^\\W_]+(?:['\u2019][^\\W_]+)*"
)
_MIX = 0x9E3779B1  # 2**32 by the golden ratio: spreads what crc32 leaves in lines
_ALL = 1 << 32
_PLACES = tuple(place * _ALL // (ORDERS * DEPTH) for place in range(ORDERS * DEPTH))
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def words_of(text: str) -> list[str]:
    """Give the words that count, in one spelling of each."""
    return _WORD.findall(unicodedata.normalize("NFKC", plain(text)).casefold())


def shingles(words: Sequence[str]) -> array[int]:
    """Give a 32-bit hash of each pair of neighbouring words, each once, in ascending order."""
    pairs = {f"{one} {other}" for one, other in pairwise(words)} or {" ".join(words)}
    return array("I", sorted({zlib.crc32(pair.encode()) * _MIX % _ALL for pair in pairs}))


def similarity(one: Collection[int], other: Collection[int]) -> float:
    """Give the Jaccard similarity of two sets of shingles, each without doubles."""
    both = len(set(one).intersection(other))
    return both / (len(one) + len(other) - both)


def signature(found: Sequence[int]) -> list[int]:
    """Give for each place the shingle that comes next after it, around the circle of hashes."""
    count = len(found)
    return [found[bisect_left(found, place) % count] for place in _PLACES]


class Neighbours:
    """Finds near texts among these sets of shingles; ``compared`` counts what was compared."""

    def __init__(self, sets: Sequence[array[int]]) -> None:
        self._sets = sets
        self.compared = 0

    def pairs(self) -> Iterator[tuple[float, int, int]]:
        """Yield near pairs, each at least once: their similarity, and their places in ``sets``."""
        counts = Counter(chain.from_iterable(self._sets))
        common = {shingle for shingle, count in counts.items() if count > COMMON}
        del counts
        yield from self._by(self._sets)
        yield from self._by([[one for one in some if one not in common] for some in self._sets])

    def _by(self, telling: Sequence[Sequence[int]]) -> Iterator[tuple[float, int, int]]:
        for order in _orders(telling):
            order.sort()
            starts = [entry >> 96 for entry in order]  # the first two places of the signature
            for index, (start, after) in enumerate(pairwise(starts)):
                if start == after:
                    end = index + 1
                    while end < len(order) and end <= index + REACH and starts[end] == start:
                        end += 1
                    yield from self._compare(order[index], order[index + 1 : end])

    def _compare(self, entry: int, others: Sequence[int]) -> Iterator[tuple[float, int, int]]:
        number = entry % _ALL
        self.compared += len(others)
        for other in others:
            alike = similarity(self._sets[number], self._sets[other % _ALL])
            if alike >= NEAR:
                yield alike, number, other % _ALL


def _orders(telling: Sequence[Sequence[int]]) -> list[list[int]]:
    """Give the orders, not sorted yet.

    An entry is one whole number: places of the signature, and below them the text's own number.
    """
    orders: list[list[int]] = [[] for _ in range(ORDERS)]
    for number, found in enumerate(telling):
        if found:
            places = signature(found)
            for index, order in enumerate(orders):
                one, two, three, four = places[index * DEPTH : index * DEPTH + DEPTH]
                order.append(one << 128 | two << 96 | three << 64 | four << 32 | number)
    return orders


# --- Who says it, and when ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Use:
    """A text in a post from an account, between its first and its last instant."""

    first: datetime
    number: int
    last: datetime
    account: str
    on_x: bool
    post: Post

    def before(self, other: _Use) -> bool:
        return (self.first, self.number) < (other.first, other.number)


@dataclass(slots=True)
class _Said:
    """All uses of one text, word for word, in order."""

    shingles: array[int]
    uses: list[_Use] = field(default_factory=list)
    by_account: dict[str, list[_Use]] = field(default_factory=dict)
    first_on_x: list[_Use] = field(default_factory=list)

    def sort(self) -> None:
        """Put the uses in order, and by account."""
        self.uses.sort(key=lambda use: (use.first, use.number))
        for use in self.uses:
            if use.on_x and use.account not in self.by_account and len(self.first_on_x) < 2:  # noqa: PLR2004 - one of two is another account's
                self.first_on_x.append(use)
            self.by_account.setdefault(use.account, []).append(use)

    def clashes_with(self, use: _Use) -> _Use | None:
        """Give an earlier use that this one should not follow, or None."""
        for other in self.first_on_x if use.on_x else ():
            if other.account != use.account and other.before(use):
                return other
        mine = self.by_account.get(use.account, [])
        index = bisect_left(mine, (use.first, use.number), key=lambda one: (one.first, one.number))
        earlier = mine[index - 1] if index else None
        return earlier if earlier and use.first - earlier.last < AGAIN else None


@dataclass(frozen=True, slots=True)
class _Clash:
    alike: float
    earlier: _Use
    later: _Use


def repeated(whole: Whole) -> Iterator[Finding]:
    """Find posts that say almost what another one says; each with the one that is nearest to it."""
    texts = list(_texts(whole))
    for said in texts:
        said.sort()
    worst: dict[int, _Clash] = {}
    for alike, one, other in _pairs(texts):
        for use in texts[one].uses:
            _note(worst, alike, texts[other].clashes_with(use), use)
        for use in texts[other].uses if one != other else ():
            _note(worst, alike, texts[one].clashes_with(use), use)
    for clash in worst.values():
        if clash.later.last >= whole.now:
            yield _told(clash)
    yield from _again(whole, worst)


def _again(whole: Whole, told: Collection[int]) -> Iterator[Finding]:
    """Find recurrences that have one wording for all their days; one with several takes turns."""
    for campaign in whole.campaigns:
        for post in campaign.posts:
            when = post.when
            if isinstance(when, Every) and len(post.wordings) == 1 and id(post) not in told:
                days = _days_between(when, whole.now)
                if days is not None:
                    message = f"It comes again after {days} days, word for word."
                    yield _at(post, message, "Give it wordings:, of which each time takes one.")


def _days_between(when: Every, now: datetime) -> int | None:
    """Give how soon it comes again, from its first days on; None where it takes a month.

    That is four weeks in a rule such as every first Monday.
    """
    start = _day(when.start, now)
    dues = [moment.due for moment in when.occurrences(start, start + 2 * _MONTH)]
    least = min((later - due for due, later in pairwise(dues)), default=_MONTH)
    return max(1, round(least / timedelta(days=1))) if least < _MONTH else None


def _pairs(texts: Sequence[_Said]) -> Iterator[tuple[float, int, int]]:
    """Yield near pairs of texts; first each with itself, where it is used more than once."""
    yield from ((1.0, number, number) for number, said in enumerate(texts) if len(said.uses) > 1)
    few = array("I")
    sets = [said.shingles if len(said.shingles) > _LEAST else few for said in texts]
    yield from Neighbours(sets).pairs()


def _note(worst: dict[int, _Clash], alike: float, earlier: _Use | None, later: _Use) -> None:
    before = worst.get(id(later.post))
    if earlier and (before is None or before.alike < alike):
        worst[id(later.post)] = _Clash(alike, earlier, later)


def _texts(whole: Whole) -> Iterable[_Said]:
    texts: dict[str, _Said] = {}
    number = 0
    for campaign in whole.campaigns:
        for post in campaign.posts:
            span = _span(post, whole.now)
            if span is None:
                continue
            for text, account in _sayings(campaign, post):
                words = words_of(text)
                said = texts.get(" ".join(words))
                if said is None:
                    said = texts[" ".join(words)] = _Said(shingles(words))
                known = whole.accounts.get(account)
                on_x = known is not None and known.platform == "x"
                number += 1
                said.uses.append(_Use(span[0], number, span[1], account, on_x, post))
    return texts.values()


def _sayings(campaign: Campaign, post: Post) -> Iterator[tuple[str, str]]:
    """Yield each text with each account that says it."""
    for account in post.accounts:
        if len(post.wordings) == 1 or isinstance(post.when, Every):
            told = post.wordings
        else:
            label = post.when.event.id if isinstance(post.when, EventRelative) else "once"
            told = (chosen(post, account, label, campaign.partners),)
        for wording in told:
            yield wording.content.text, account


def _span(post: Post, now: datetime) -> tuple[datetime, datetime] | None:
    """Give the first and the last instant at which it may be said; None for never."""
    when = post.when
    if isinstance(when, At):
        return when.due, when.due
    if isinstance(when, EventRelative):
        return None if when.event.cancelled else (when.due, when.due)
    if isinstance(when, Every):
        return _day(when.start, _EVER[0]), _day(when.until, _EVER[1])
    return now, now + AGAIN  # a queue slot: soon


def _day(day: date | None, otherwise: datetime) -> datetime:
    return datetime.combine(day, time(), UTC) if day else otherwise


def _told(clash: _Clash) -> Finding:
    earlier, later = clash.earlier, clash.later
    same = "the same" if clash.alike == 1 else "almost the same"
    if earlier.post is later.post:
        message = f"It says {same} on {earlier.account} and on {later.account}."
        return _at(later.post, message, "Give it wordings:, one for each account.")
    mark = earlier.post.mark
    message = f"It says {same} as {earlier.post.id} ({mark.file}:{mark.line})"
    if earlier.account == later.account:
        message += f", less than {AGAIN.days} days after it on {later.account}."
        return _at(later.post, message, "Say it anew, or later.")
    message += f", on {earlier.account} and on {later.account}."
    return _at(later.post, message, "Let each account say it in its own words.")


def _at(post: Post, message: str, hint: str) -> Finding:
    return Finding(message, hint, post.mark, post.mark)
