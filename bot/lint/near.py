"""Texts that are almost the same: on two X accounts, or again on one account within 30 days.

Two texts are near when of the pairs of neighbouring words in either, seven in ten are in both (the
Jaccard similarity of their 2-word shingles: Broder, "On the resemblance and containment of
documents", 1997). Links, mentions and hashtags do not count. One word changed in a text of fifteen
is near, and so is a sentence added to three.

To find each text's nearest among 100,000 without comparing all with all, every text gets a
signature of ``TREES * DEPTH`` of its shingles, such that two texts agree in a place of it with a
chance that is their similarity (MinHash; here from one hash a shingle, by "one permutation hashing"
with rotation: Li, Owen and Zhang, 2012; Shrivastava and Li, "Densifying One Permutation Hashing via
Rotation for Fast Near Neighbor Search", 2014). The texts are then sorted once by each of ``TREES``
parts of the signature, and each is compared only with the ``REACH`` after it in every order: these
agree with it in the most leading places (an LSH forest: Bawa, Condie and Ganesan, 2005, walked as
in the sorted-neighbourhood method of Hernández and Stolfo, 1995).

So there are at most ``TREES * REACH`` comparisons a text, whatever the texts are. Hash tables of
bands, as ``datasketch`` has them, have no such bound: where thousands of texts share most of their
words, thousands fall into one bucket, and the buckets are compared all with all. For the same
reason a text may find another near one than its very nearest; that it finds none where there is one
happens to 4 in 100 pairs just at the threshold, and to 1 in 1,000 at nine pairs of words in ten. Of
texts that are the same word for word, all are found.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.lint.words import plain
from bot.schedules import At, EventRelative, Every

if TYPE_CHECKING:
    from bot.lint.rule import Finding, Whole
    from bot.model import Campaign, Mark, Post

NEAR = 0.7
"""Texts are near from this similarity on: 0 for no common shingle, 1 for all."""

AGAIN = timedelta(days=30)
"""So long an account does not say almost the same again."""

TREES, DEPTH, REACH = 8, 4, 4
"""Orders, places of the signature in each, and how many neighbours are compared in each."""

_LEAST_WORDS = 4
"""Shorter texts ("Thank you all!") are alike by chance; they count only where they are the same."""

# Of writing without blanks between words, each sign counts as a word: kana, CJK, Hangul, Thai.
_WORD = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]|[^\\W_]+(?:['\u2019][^\\W_]+)*"
)
_MIX = 0x9E3779B1  # 2**32 by the golden ratio: spreads what crc32 leaves in lines
_ALL = 1 << 32
_PLACES = tuple(place * _ALL // (TREES * DEPTH) for place in range(TREES * DEPTH))
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def words_of(text: str) -> list[str]:
    """Give the words that count, in one spelling of each."""
    return _WORD.findall(unicodedata.normalize("NFKC", plain(text)).casefold())


def shingles(words: Sequence[str]) -> array[int]:
    """Give a 32-bit hash of each pair of neighbouring words, each once, in ascending order."""
    pairs = {" ".join(pair) for pair in pairwise(words)} or {" ".join(words)}
    return array("L", sorted({zlib.crc32(pair.encode()) * _MIX % _ALL for pair in pairs}))


def similarity(one: Sequence[int], other: Sequence[int]) -> float:
    """Give the Jaccard similarity of two sets of shingles."""
    mine = set(one)
    both = len(mine.intersection(other))
    return both / (len(mine) + len(other) - both)


def signature(found: Sequence[int]) -> tuple[int, ...]:
    """Give for each place the shingle that comes next after it, around the circle of hashes."""
    count = len(found)
    return tuple(found[bisect_left(found, place) % count] for place in _PLACES)


@dataclass(slots=True)
class Index:
    """Texts by number, in ``TREES`` orders; ``compared`` counts the comparisons that were made."""

    _sets: dict[int, array[int]] = field(default_factory=dict)
    _trees: list[list[tuple[tuple[int, ...], int]]] = field(
        default_factory=lambda: [[] for _ in range(TREES)]
    )
    compared: int = 0
    _sorted: bool = True

    def add(self, texts: Iterable[tuple[int, array[int]]]) -> None:
        """Add texts, each as its number and shingles."""
        self._sorted = False
        for number, found in texts:
            self._sets[number] = found
            whole = signature(found)
            for tree, entries in enumerate(self._trees):
                entries.append((whole[tree * DEPTH : (tree + 1) * DEPTH], number))

    def remove(self, numbers: Iterable[int]) -> None:
        """Take texts out again."""
        for number in numbers:
            del self._sets[number]
        self._trees = [
            [entry for entry in entries if entry[1] in self._sets] for entries in self._trees
        ]

    def pairs(self) -> Iterator[tuple[float, int, int]]:
        """Yield near pairs, each at least once, with their similarity."""
        if not self._sorted:
            for entries in self._trees:
                entries.sort()  # after an addition to a sorted list, nearly a merge
            self._sorted = True
        for entries in self._trees:
            yield from self._in_order(entries)

    def _in_order(
        self, entries: Sequence[tuple[tuple[int, ...], int]]
    ) -> Iterator[tuple[float, int, int]]:
        sets = self._sets
        for index, (label, number) in enumerate(entries):
            mine = None
            for other_label, other in entries[index + 1 : index + 1 + REACH]:
                if other_label[:2] != label[:2]:
                    break  # in this order, none of those that follow agrees in more
                mine = mine or set(sets[number])
                self.compared += 1
                both = len(mine.intersection(sets[other]))
                alike = both / (len(mine) + len(sets[other]) - both)
                if alike >= NEAR:
                    yield alike, number, other
