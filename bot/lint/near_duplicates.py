"""Texts that are the same, or almost: who says which of them, and when.

Two texts are near when seven in ten of the words in either are in both (the Jaccard similarity of
the sets of their words). Links, mentions and hashtags do not count. A text of six words with one of
them changed is near, and so is one of three sentences with a fourth added.

Near texts are found by an index over their rarest words (prefix filtering: Chaudhuri, Ganti and
Kaushik, 2006; Bayardo, Ma and Srikant, 2007). Three in ten of a text's words may be missing from
another one near it; so of that many and ``SHARED_WORDS`` more, ``SHARED_WORDS`` are in both, and
only such texts are compared. That misses nothing. As the words taken are the rarest, it leaves one
to three comparisons a text where the texts are ordinary ones.

Where thousands of texts share most of their words, nearly all of them share rare ones. So from
``EXACT_BELOW`` texts on, a text is compared with ``MAX_COMPARED`` others at most, those that share
most of its rare words: its nearest ones are found, but not every pair in such a crowd. That is
linear in the number of texts, whatever they say.
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from bot.planning.occurrences import account_wordings, choose_wording
from bot.schedules import EventRelative, Every
from bot.text import normalized_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.lint.engine import PlanContext
    from bot.model import Post

MIN_SIMILARITY = 0.7
"""Texts are near from this similarity on: 0 for no common word, 1 for all."""

SHARED_WORDS = 2
"""Texts that share fewer of their rarest words are not compared."""

EXACT_BELOW = 500
"""Among fewer texts, every near pair is found, however alike they are."""

MAX_COMPARED = 40
"""With so many others, at most, a text is compared where there are many."""

_MAX_LISTED = 400
"""So many of the texts that share a rare word are considered where there are many."""

MIN_PART_WORDS = 4
"""A part of a thread that has fewer words says nothing by itself."""

SLOT_WAIT = timedelta(days=30)
"""What waits for a queue slot is assumed to go out within this."""

_MIX = 0x9E3779B1  # 2**32 by the golden ratio: spreads what crc32 leaves in lines
_ALL = 1 << 32
_BUCKET_BITS = 14  # words whose hashes differ only in these bits are counted together
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def word_hashes(words: Sequence[str]) -> array[int]:
    """Return a 32-bit hash of each word, each once, in ascending order."""
    hashes = map(zlib.crc32, map(str.encode, words))
    return array("I", sorted({number * _MIX % _ALL for number in hashes}))


def similarity(words: set[int], others: Collection[int]) -> float:
    """Return the Jaccard similarity of two sets of words; the second has none twice."""
    both = len(words.intersection(others))
    return both / (len(words) + len(others) - both)


def near_pairs(sets: Sequence[array[int]]) -> Iterator[tuple[float, int, int]]:
    """Yield each pair of near texts once: the similarity, and the places of both in ``sets``."""
    for number, others in near_candidates(sets):
        words = set(sets[number])
        for other in others:
            if (alike := similarity(words, sets[other])) >= MIN_SIMILARITY:
                yield alike, other, number


def near_candidates(sets: Sequence[array[int]]) -> Iterator[tuple[int, list[int]]]:
    """Yield each text with those before it that have to be compared with it, by their places."""
    exact = len(sets) < EXACT_BELOW
    listed, most = (len(sets), None) if exact else (_MAX_LISTED, MAX_COMPARED)
    # How often words occur, those together whose hashes begin alike: a count for each of 200,000
    # words would take more memory than all that is planned.
    counts = [0] * (_ALL >> _BUCKET_BITS)
    for word in chain.from_iterable(sets):
        counts[word >> _BUCKET_BITS] += 1
    texts_by_word: dict[int, list[int]] = {}
    for number, words in enumerate(sets):
        by_rarity = sorted(words, key=lambda word: (counts[word >> _BUCKET_BITS], word))
        rare_count = len(words) - ceil(MIN_SIMILARITY * len(words)) + SHARED_WORDS
        listings = [texts_by_word.setdefault(word, []) for word in by_rarity[:rare_count]]
        shared = Counter(chain.from_iterable(listing[-listed:] for listing in listings))
        # A text of one word can only be near another one of that word.
        enough = min(SHARED_WORDS, len(words))
        others = [other for other, count in shared.items() if count >= enough]
        others.sort(key=shared.__getitem__, reverse=True)
        yield number, others[:most]
        for listing in listings:
            listing.append(number)


# --- Who says it, and when ------------------------------------------------------------------------


class TextUse(NamedTuple):
    """A text in a post from an account, from its first to its last instant.

    ``number`` orders uses at the same instant as the files do. ``whole`` is False for one part of a
    thread, which people see as a post of its own.
    """

    first: datetime
    number: int
    last: datetime
    account: str
    platform: str
    post: Post
    text: str
    whole: bool


def near_texts(
    context: PlanContext,
) -> tuple[list[list[TextUse]], list[tuple[float, int, int]]]:
    """Return the uses of each text, word for word, in order; and which texts are near.

    Those are pairs of places in the list of texts, each with its similarity: first each text with
    itself, if it is used repeatedly.
    """
    texts: dict[str, list[TextUse]] = {}
    sets: list[array[int]] = []
    for use in sorted(text_uses(context)):
        words = normalized_words(use.text, context.finder(use.platform))
        spelled = " ".join(words) or use.text  # without words, only the same signs are the same
        if spelled not in texts:
            texts[spelled] = []
            sets.append(word_hashes(words))
        texts[spelled].append(use)
    uses = list(texts.values())
    again = [(1.0, number, number) for number, same in enumerate(uses) if same[1:]]
    return uses, again + list(near_pairs(sets))


def text_uses(context: PlanContext) -> Iterator[TextUse]:
    """Yield each text with each account that says it, in the order of the files."""
    number = 0
    for campaign in context.campaigns:
        for post in campaign.posts:
            when = post.when
            if isinstance(when, EventRelative) and when.event.cancelled:
                continue
            first, last = context.now, context.now + SLOT_WAIT
            if when.due:
                first = last = when.due
            elif isinstance(when, Every):
                first = datetime.combine(when.start, time(), UTC) if when.start else _FIRST
                last = datetime.combine(when.until, time(), UTC) if when.until else _LAST
            for text, name, whole in _texts_by_account(post):
                account = context.accounts.get(name)
                platform = account.platform if account else ""
                number += 1
                yield TextUse(first, number, last, name, platform, post, text, whole)


def _texts_by_account(post: Post) -> Iterator[tuple[str, str, bool]]:
    """Yield each text, its account, and whether it is all of the post.

    Of a thread that is also each part, except one that is merely "Read on:".
    """
    for account in post.accounts:
        if isinstance(post.when, Every):
            wordings = account_wordings(post, account)
        else:
            label = post.when.event.id if isinstance(post.when, EventRelative) else ""
            wordings = (choose_wording(post, account, label),)
        for wording in wordings:
            yield wording.content.text, account, True
            parts = [part.text for part in wording.content.parts]
            for part in parts if len(parts) > 1 else ():
                if len(normalized_words(part)) >= MIN_PART_WORDS:
                    yield part, account, False
