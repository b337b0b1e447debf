"""Texts that are the same, or almost: who says which of them, and when.

Two texts are near when of the words in either, seven in ten are in both (the Jaccard similarity of
the sets of their words). Links, mentions and hashtags do not count. One word changed in a text of
six is near, and so is a sentence added to three.

Up to ``FEW`` texts are compared all with all. To find each one's nearest among 100,000, every text
gets a signature: words of it, chosen such that two texts agree in a place of it with a chance that
is their similarity (MinHash; here from one hash a word, by "one permutation hashing" with rotation:
Li, Owen and Zhang, 2012; Shrivastava and Li, "Densifying One Permutation Hashing via Rotation for
Fast Near Neighbor Search", 2014). The texts are then sorted once by each of ``ORDERS`` parts of the
signature, and each is compared only with the ``REACH`` after it in every order: these agree with it
in the most leading places (an LSH forest: Bawa, Condie and Ganesan, 2005, walked as in the
sorted-neighbourhood method of Hernández and Stolfo, 1995). All of it once more with the words
left out that more than ``COMMON`` texts have: else a pair could be lost in a crowd of texts that
end with the same demand.

So there are at most ``2 * ORDERS * REACH`` comparisons a text, whatever the texts are. Hash tables
of bands, as ``datasketch`` has them, have no such bound: where thousands of texts share most of
their words, thousands fall into one bucket, and a bucket is compared all with all. For the same
reason a text may find another near one than its very nearest, and a few pairs are not found at all:
none of 850 among 7,000 texts of ordinary words, and 5 of 900 in crowds of 2,000 texts that have
half of their words in common. Of texts that are the same word for word, all are found.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from bot.schedules import At, EventRelative, Every
from bot.text.words import words_of
from bot.wordings import chosen, hand

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from bot.model import Account, Campaign, Post

NEAR = 0.7
"""Texts are near from this similarity on: 0 for no common word, 1 for all."""

FEW = 500
"""So many texts are compared all with all: none is missed, and it takes a quarter of a second."""

ORDERS, DEPTH, REACH = 6, 4, 4
"""Orders, places of the signature in each, and how many neighbours are compared in each."""

LEAST = 4
"""A part of a thread that has fewer words says nothing by itself."""

COMMON = 20
"""A word that more texts have tells little about any of them."""

SOON = timedelta(days=30)
"""What waits for a queue slot is taken to go out within this."""

_MIX = 0x9E3779B1  # 2**32 by the golden ratio: spreads what crc32 leaves in lines
_ALL = 1 << 32
_PLACES = tuple(place * _ALL // (ORDERS * DEPTH) for place in range(ORDERS * DEPTH))
_APART = 14  # bits: words whose hashes differ only in these are counted together at first
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def hashes(words: Sequence[str]) -> array[int]:
    """Return a 32-bit hash of each word, each once, in ascending order."""
    found = map(zlib.crc32, map(str.encode, words))
    return array("I", sorted({number * _MIX % _ALL for number in found}))


def similarity(one: set[int], other: Collection[int]) -> float:
    """Return the Jaccard similarity of two sets of words; the second has none twice."""
    both = len(one.intersection(other))
    return both / (len(one) + len(other) - both)


def signature(found: Sequence[int]) -> list[int]:
    """Return for each place the word that comes next after it, around the circle of hashes."""
    words = [*found]  # a list is searched in faster than an array
    circle = [*words, words[0]]
    return [circle[bisect_left(words, place)] for place in _PLACES]


class Neighbours:
    """Finds near texts among these sets of words; ``compared`` counts what was compared."""

    def __init__(self, sets: Sequence[array[int]]) -> None:
        self._sets = sets
        self.compared = 0

    def pairs(self) -> Iterator[tuple[float, int, int]]:
        """Yield near pairs, each at least once: their similarity, and their places in ``sets``."""
        if len(self._sets) <= FEW:
            numbers = [number for number, found in enumerate(self._sets) if found]
            for place, number in enumerate(numbers):
                yield from self._compare(number, numbers[place + 1 :])
            return
        common = _common(self._sets)
        yield from self._by(self._sets)
        yield from self._by([word for word in some if word not in common] for some in self._sets)

    def _by(self, telling: Iterable[Sequence[int]]) -> Iterator[tuple[float, int, int]]:
        for order in _orders(telling):
            order.sort()
            starts = [entry >> 96 for entry in order]  # the first two places of the signature
            for index, (start, after) in enumerate(pairwise(starts)):
                if start == after:
                    end = index + 1
                    while end < len(order) and end <= index + REACH and starts[end] == start:
                        end += 1
                    others = [entry % _ALL for entry in order[index + 1 : end]]
                    yield from self._compare(order[index] % _ALL, others)

    def _compare(self, number: int, others: Sequence[int]) -> Iterator[tuple[float, int, int]]:
        self.compared += len(others)
        mine = set(self._sets[number])
        for other in others:
            alike = similarity(mine, self._sets[other])
            if alike >= NEAR:
                yield alike, number, other


def _common(sets: Sequence[array[int]]) -> set[int]:
    """Return the words that more than ``COMMON`` texts have.

    Words are counted together whose hashes begin alike, and each by itself only where these are
    many: a count for each of 200,000 words would take more memory than all that is planned.
    """
    alike = [0] * (_ALL >> _APART)
    for word in chain.from_iterable(sets):
        alike[word >> _APART] += 1
    counts = Counter(word for word in chain.from_iterable(sets) if alike[word >> _APART] > COMMON)
    return {word for word, count in counts.items() if count > COMMON}


def _orders(telling: Iterable[Sequence[int]]) -> list[list[int]]:
    """Return the orders, not sorted yet.

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
class Use:
    """A text in a post from an account, between its first and its last instant.

    ``number`` tells uses of the same instant apart, in the order of the files. ``whole`` is False
    for one part of a thread, which people see as a post of its own.
    """

    first: datetime
    number: int
    last: datetime
    account: str
    platform: str
    post: Post
    text: str
    whole: bool


@dataclass
class Said:
    """All uses of one text, word for word, in order."""

    words: array[int]
    uses: list[Use] = field(default_factory=list)

    @cached_property
    def by_account(self) -> dict[str, list[Use]]:
        """The uses by account, of those where it is all that a post says."""
        found: dict[str, list[Use]] = {}
        for use in self.uses:
            if use.whole:
                found.setdefault(use.account, []).append(use)
        return found

    @cached_property
    def speakers(self) -> dict[str, set[str]]:
        """The accounts that say it, by platform."""
        found: dict[str, set[str]] = {}
        for use in self.uses:
            found.setdefault(use.platform, set()).add(use.account)
        return found


class Sayings:
    """Everything that is said by anybody, and which of it is near; found out once, when asked."""

    def __init__(
        self, campaigns: Sequence[Campaign], accounts: Mapping[str, Account], now: datetime
    ) -> None:
        self._campaigns, self._accounts, self._now = campaigns, accounts, now

    @cached_property
    def texts(self) -> list[Said]:
        """Every text once, as its words go."""
        found: dict[str, Said] = {}
        for use in sorted(self.uses(), key=lambda use: (use.first, use.number)):
            words = words_of(use.text)
            spelled = " ".join(words) or use.text  # what has no words is the same sign for sign
            if spelled not in found:
                found[spelled] = Said(hashes(words))
            found[spelled].uses.append(use)
        return list(found.values())

    @cached_property
    def pairs(self) -> list[tuple[float, int, int]]:
        """Near pairs by their places in ``texts``; first each with itself, if used repeatedly."""
        again = [(1.0, number, number) for number, said in enumerate(self.texts) if said.uses[1:]]
        return again + list(Neighbours([said.words for said in self.texts]).pairs())

    def uses(self) -> Iterator[Use]:
        """Yield each text with each account that says it, in the order of the files."""
        number = 0
        for campaign in self._campaigns:
            for post in campaign.posts:
                if span := _span(post, self._now):
                    for text, account, whole in _sayings(campaign, post):
                        known = self._accounts.get(account)
                        platform = known.platform if known else ""
                        number += 1
                        yield Use(span[0], number, span[1], account, platform, post, text, whole)


def _sayings(campaign: Campaign, post: Post) -> Iterator[tuple[str, str, bool]]:
    """Yield each text and its account; of a thread also each part that is no mere "Read on:"."""
    for account in post.accounts:
        if isinstance(post.when, Every):
            told = hand(post, account)
        else:
            label = post.when.event.id if isinstance(post.when, EventRelative) else ""
            told = (chosen(post, account, label, campaign.partners),)
        for wording in told:
            parts = [part.text for part in wording.content.parts]
            yield wording.content.text, account, True
            yield from ((part, account, False) for part in parts if parts[1:] and _says(part))


def _says(part: str) -> bool:
    return len(words_of(part)) >= LEAST


def _span(post: Post, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the first and the last instant at which it may be said; None for never."""
    when = post.when
    if isinstance(when, EventRelative) and when.event.cancelled:
        return None
    if isinstance(when, At | EventRelative):
        return (when.due,) * 2
    if isinstance(when, Every):
        return _day(when.start, _EVER[0]), _day(when.until, _EVER[1])
    return now, now + SOON


def _day(day: date | None, otherwise: datetime) -> datetime:
    return datetime.combine(day, time(), UTC) if day else otherwise
