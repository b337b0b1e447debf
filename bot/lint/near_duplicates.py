"""Posts that say the same or almost the same: who says which of them, and when.

Near texts, as ``bot.voice.sameness`` defines them, are found by an index over their rarest words
(prefix filtering: Chaudhuri, Ganti and Kaushik, 2006; Bayardo, Ma and Srikant, 2007). A near text
may lack three in ten of a text's words. The index has that many of each text's rarest words, and
``SHARED_KEYS`` more. Near texts therefore share at least ``SHARED_KEYS`` of them, and only such
texts are compared. Ordinary texts need one to three comparisons each.

If thousands of texts share most of their words, nearly all of them share rare ones too. From
``EXACT_BELOW`` texts on, each text is therefore compared with at most ``MAX_COMPARED`` others:
those that share most of its rare words. The nearest texts are found, but not every pair in such a
crowd. The time is linear in the number of texts. The claim compares each post again, exactly.
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

    from bot.model import Account, Campaign, Content, Post
    from bot.text import EntityFinder
    from bot.voice.said import Said

MIN_SIMILARITY = 0.7
"""Texts are near from this similarity on: 0 for no common word, 1 for all."""

EXACT_BELOW = 500
"""Among fewer texts, every near pair is found, however alike they are."""

MAX_COMPARED = 40
"""Most texts that a text is compared with, from ``EXACT_BELOW`` texts on."""

_MAX_LISTED = 400
"""Most texts that are considered for each rare word, from ``EXACT_BELOW`` texts on."""

SLOT_WAIT = timedelta(days=30)
"""A post that waits for a queue slot is assumed to be published within this time."""

_MIX = 0x9E3779B1  # 2**32 by the golden ratio, which spreads the hashes of similar words
_ALL = 1 << 32
_BUCKET_BITS = 14  # words whose hashes differ only in these bits are counted together
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def word_hashes(words: Iterable[str]) -> array[int]:
    """Return the 32-bit hashes of the words in ascending order, each once."""
    hashes = map(zlib.crc32, map(str.encode, words))
    return array("I", sorted({number * _MIX % _ALL for number in hashes}))


def similarity(words: set[int], others: Collection[int]) -> float:
    """Return the Jaccard similarity of two sets of words; ``others`` has no word twice."""
    both = len(words.intersection(others))
    return both / (len(words) + len(others) - both)


def near_pairs(sets: Sequence[array[int]]) -> Iterator[tuple[float, int, int]]:
    """Yield the similarity of each pair of near texts, and the indices of both in ``sets``."""
    for number, others in near_candidates(sets):
        words = set(sets[number])
        for other in others:
            if (alike := similarity(words, sets[other])) >= MIN_SIMILARITY:
                yield alike, other, number


def near_candidates(sets: Sequence[array[int]]) -> Iterator[tuple[int, list[int]]]:
    """Yield the index of each text, and of the texts before it that it is compared with."""
    exact = len(sets) < EXACT_BELOW
    listed, most = (len(sets), None) if exact else (_MAX_LISTED, MAX_COMPARED)
    # Words whose hashes begin alike are counted together, because a count for each of 200,000 words
    # would take more memory than the whole plan.
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
    """One content that an account says in a post."""

    first: datetime
    """The first instant at which the account says it."""
    number: int
    """Orders uses with the same first instant as the files do."""
    last: datetime
    """The last instant at which the account says it."""
    account: str
    platform: str
    post: Post
    content: Content


def post_uses(
    campaigns: Iterable[Campaign], accounts: Mapping[str, Account], now: datetime
) -> Iterator[PostUse]:
    """Yield each content with each account that says it, in the order of the files."""
    number = 0
    for campaign in campaigns:
        for post in campaign.posts:
            when = post.when
            if isinstance(when, EventRelative) and when.event.cancelled:
                continue
            first, last = now, now + SLOT_WAIT
            if when.due:
                first = last = when.due
            elif isinstance(when, Every):
                first = datetime.combine(when.start, time(), UTC) if when.start else _FIRST
                last = datetime.combine(when.until, time(), UTC) if when.until else _LAST
            for content, name in _contents_by_account(post):
                account = accounts.get(name)
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
    """A content on a platform, and the accounts that say it."""

    said: Callable[[], Said]
    """Returns what the content says. It is made anew at each call to save memory."""
    uses: list[PostUse]
    """Its uses, the earliest first."""
    words: array[int]
    """Hashes of the words of its text."""
    units: list[array[int]]
    """Hashes of the words of each unit (``sameness.units``); posts that share one are compared."""
    whole: tuple[int, ...]
    """Hashes of its whole keys (``sameness.whole_keys``); posts that share one are compared."""
    length: int
    """The number of words in its text."""

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts that say it."""
        return frozenset(use.account for use in self.uses)


def sayings(uses: Iterable[PostUse], finder: Callable[[str], EntityFinder]) -> list[Saying]:
    """Return each content on each platform, in the order of their first uses.

    ``finder`` returns how a platform finds links, mentions and hashtags. If one account speaks
    alone on a platform, its sayings have no units and no whole keys.
    """
    by_content: dict[tuple[str, Content], list[PostUse]] = defaultdict(list)
    names: dict[str, set[str]] = defaultdict(set)
    for use in sorted(uses):
        by_content[use.platform, use.content].append(use)
        names[use.platform].add(use.account)
    found = []
    for (platform, content), of_content in by_content.items():
        make = partial(said, content, finder(platform))
        says = make()
        words = word_hashes(says.wordings[-1] if says.wordings else ())
        compared = len(names[platform]) > 1
        of_units = [word_hashes(unit) for unit in units(says)] if compared else []
        whole = tuple(map(hash, whole_keys(says))) if compared else ()
        found.append(Saying(make, of_content, words, of_units, whole, text_length(says)))
    return found


def near_texts(found: Iterable[Saying]) -> tuple[list[list[PostUse]], list[tuple[float, int, int]]]:
    """Return the uses of each text, and the pairs of near texts.

    A pair is a similarity and two indices in the list of texts. A text that is used repeatedly is
    near itself; these pairs come first.
    """
    texts: dict[object, list[PostUse]] = {}
    sets: list[array[int]] = []
    for saying in found:
        # Texts without words are the same only if their signs are the same.
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
    """Yield the sayings of a platform that make several accounts one voice, by their indices.

    A saying of several accounts is paired with itself; these pairs come first.
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
    """Return the pairs of sayings of several accounts that share enough to be compared."""
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
    """Yield pairs of near units, each unit also with itself: words in both, sayers of each."""
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
    """Yield the pairs of two sayings that several accounts say.

    If there are too many pairs, each saying is paired only with the first of the others and with
    the first of another account.
    """
    if len(numbers) * len(others) > MAX_COMPARED**2:
        first = others[0]
        another = (number for number in others if accounts[number] != accounts[first])
        others = [first, *islice(another, 1)]
    for one, other in product(numbers, others):
        if one != other and len(accounts[one] | accounts[other]) > 1:
            yield min(one, other), max(one, other)
