"""Posts that are the same, or almost: who says which of them, and when.

Near texts, as ``bot.voice.sameness`` has them, are found by an index over their rarest words
(prefix filtering: Chaudhuri, Ganti and Kaushik, 2006; Bayardo, Ma and Srikant, 2007). Three in ten
of a text's words may be missing from another one near it; so of that many and ``SHARED_KEYS`` more,
``SHARED_KEYS`` are in both, and only such texts are compared. That misses nothing. As the words
taken are the rarest, it leaves one to three comparisons a text where the texts are ordinary ones.

Where thousands of texts share most of their words, nearly all of them share rare ones. So from
``EXACT_BELOW`` texts on, a text is compared with ``MAX_COMPARED`` others at most, those that share
most of its rare words: its nearest ones are found, but not every pair in such a crowd. That is
linear in the number of texts, whatever they say. The claim compares each post again, exactly.
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import chain, islice, product
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from bot.planning.occurrences import account_wordings, choose_wording
from bot.schedules import EventRelative, Every
from bot.voice.said import said
from bot.voice.sameness import (
    SHARED_KEYS,
    Likeness,
    enough_words,
    likeness,
    near,
    text_length,
    units,
    whole_keys,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from bot.lint.engine import PlanContext
    from bot.model import Content, Post
    from bot.voice.said import Said

MIN_SIMILARITY = 0.7
"""Texts are near from this similarity on: 0 for no common word, 1 for all."""

EXACT_BELOW = 500
"""Among fewer texts, every near pair is found, however alike they are."""

MAX_COMPARED = 40
"""With so many others, at most, a text is compared where there are many."""

_MAX_LISTED = 400
"""So many of the texts that share a rare word are considered where there are many."""

SLOT_WAIT = timedelta(days=30)
"""What waits for a queue slot is assumed to go out within this."""

_MIX = 0x9E3779B1  # 2**32 by the golden ratio: spreads what crc32 leaves in lines
_ALL = 1 << 32
_BUCKET_BITS = 14  # words whose hashes differ only in these bits are counted together
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def word_hashes(words: Iterable[str]) -> array[int]:
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
        rare_count = len(words) - ceil(MIN_SIMILARITY * len(words)) + SHARED_KEYS
        listings = [texts_by_word.setdefault(word, []) for word in by_rarity[:rare_count]]
        shared = Counter(chain.from_iterable(listing[-listed:] for listing in listings))
        # A text of one word can only be near another one of that word.
        enough = min(SHARED_KEYS, len(words))
        others = [other for other, count in shared.items() if count >= enough]
        others.sort(key=shared.__getitem__, reverse=True)
        yield number, others[:most]
        for listing in listings:
            listing.append(number)


# --- Who says it, and when ------------------------------------------------------------------------


class PostUse(NamedTuple):
    """What an account says in a post, from its first to its last instant.

    ``number`` orders uses at the same instant as the files do.
    """

    first: datetime
    number: int
    last: datetime
    account: str
    platform: str
    post: Post
    content: Content


def post_uses(context: PlanContext) -> Iterator[PostUse]:
    """Yield each content with each account that says it, in the order of the files."""
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
            for content, name in _contents_by_account(post):
                account = context.accounts.get(name)
                platform = account.platform if account else ""
                number += 1
                yield PostUse(first, number, last, name, platform, post, content)


def _contents_by_account(post: Post) -> Iterator[tuple[Content, str]]:
    for account in post.accounts:
        if isinstance(post.when, Every):
            wordings = account_wordings(post, account)
        else:
            label = post.when.event.id if isinstance(post.when, EventRelative) else ""
            wordings = (choose_wording(post, account, label),)
        for wording in wordings:
            yield wording.content, account


class Saying(NamedTuple):
    """What is said on a platform, and by whom."""

    said: Callable[[], Said]
    """Returns all that it says: it is made anew, as that of very many posts takes much memory."""
    uses: list[PostUse]
    words: array[int]
    """Hashes of the words of its text."""
    units: list[array[int]]
    """Hashes of its units, of which another saying may have one; see ``sameness.units``."""
    whole: tuple[int, ...]
    """Hashes of the keys of which one in common is enough; see ``sameness.IndexKeys``."""
    length: int
    """How many words its text has."""

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts that say it."""
        return frozenset(use.account for use in self.uses)


def sayings(context: PlanContext) -> list[Saying]:
    """Return all that is said, in the order in which it is said first.

    Its units are left out on a platform on which one account speaks alone.
    """
    uses: dict[tuple[str, Content], list[PostUse]] = defaultdict(list)
    names: dict[str, set[str]] = defaultdict(set)
    for use in sorted(post_uses(context)):
        uses[use.platform, use.content].append(use)
        names[use.platform].add(use.account)
    found = []
    for (platform, content), of_content in uses.items():
        make = partial(said, content, context.finder(platform))
        says = make()
        words = word_hashes(says.wordings[-1] if says.wordings else ())
        compared = len(names[platform]) > 1
        of_units = [word_hashes(unit) for unit in units(says)] if compared else []
        whole = tuple(map(hash, whole_keys(says))) if compared else ()
        found.append(Saying(make, of_content, words, of_units, whole, text_length(says)))
    return found


def near_texts(
    context: PlanContext,
) -> tuple[list[list[PostUse]], list[tuple[float, int, int]]]:
    """Return the uses of each text, in order, and which texts are near.

    Those are pairs of places in the list of texts, each with its similarity: first each text with
    itself, if it is used repeatedly.
    """
    texts: dict[object, list[PostUse]] = {}
    sets: list[array[int]] = []
    for saying in context.sayings:
        # Without words, only the same signs are the same.
        same = saying.words.tobytes() or saying.uses[0].content.text
        if same not in texts:
            texts[same] = []
            sets.append(saying.words)
        texts[same] += saying.uses
    uses = [sorted(same) for same in texts.values()]
    again = [(1.0, number, number) for number, same in enumerate(uses) if same[1:]]
    return uses, again + list(near_pairs(sets))


# --- Several accounts -----------------------------------------------------------------------------


def one_voice(found: Sequence[Saying]) -> Iterator[tuple[Likeness, int, int]]:
    """Yield which sayings of a platform make several accounts one voice, by their places.

    First each with itself, if several accounts say it; then pairs of several accounts.
    """
    accounts = [saying.accounts for saying in found]
    for number, names in enumerate(accounts):
        if len(names) > 1:
            yield Likeness("the same words", exact=True), number, number
    for one, other in sorted(_candidates(found, accounts)):
        if alike := likeness(found[one].said(), found[other].said()):
            yield alike, one, other


def _candidates(
    found: Sequence[Saying], accounts: Sequence[frozenset[str]]
) -> set[tuple[int, int]]:
    """Return the pairs of several accounts that have enough in common to be compared."""
    by_key: dict[int, list[int]] = defaultdict(list)
    by_unit: dict[bytes, list[int]] = defaultdict(list)
    for number, saying in enumerate(found):
        for key in saying.whole:
            by_key[key].append(number)
        for unit in saying.units:
            by_unit[unit.tobytes()].append(number)
    pairs = {pair for same in by_key.values() for pair in _several(same, same, accounts)}
    shared: Counter[tuple[int, int]] = Counter()
    for count, unit_sayers, other_sayers in _near_units(by_unit):
        for pair in _several(unit_sayers, other_sayers, accounts):
            shared[pair] += count
    for (one, other), count in shared.items():
        if count >= enough_words(found[one].length, found[other].length):
            pairs.add((one, other))
    return pairs


def _near_units(by_unit: Mapping[bytes, list[int]]) -> Iterator[tuple[int, list[int], list[int]]]:
    """Yield near units, each also with itself: how many words are in both, and who says each."""
    sets = [array("I", unit) for unit in by_unit]
    sayers = list(by_unit.values())
    for number, others in near_candidates(sets):
        words = set(sets[number])
        yield len(words), sayers[number], sayers[number]
        for other in others:
            if near(words, theirs := set(sets[other])):
                yield len(words & theirs), sayers[number], sayers[other]


def _several(
    numbers: Sequence[int], others: Sequence[int], accounts: Sequence[frozenset[str]]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of these and those that are of several accounts.

    Of very many, each is paired with the first of the others, and the first of another account.
    """
    if len(numbers) * len(others) > MAX_COMPARED**2:
        first = others[0]
        another = (number for number in others if accounts[number] != accounts[first])
        others = [first, *islice(another, 1)]
    for one, other in product(numbers, others):
        if one != other and len(accounts[one] | accounts[other]) > 1:
            yield min(one, other), max(one, other)
