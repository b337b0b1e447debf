"""The one rule that decides whether two posts say the same, and make two accounts one voice.

Two texts are near if both have seven in ten of the words that either has (the Jaccard similarity of
the sets of their words), or if one word of four or more was exchanged for another. Two posts say
the same if

- their words are near, or equal once all blanks are left out;
- their common or near sentences have ``MIN_SHARED_WORDS`` words together, or are half of the text
  of either. Each may stand in a text, a warning, an alt text, an option of a poll or a link card,
  or be cut over several of these. Filler therefore does not help. A short call such as "Sign the
  petition today." at the end of two long posts does not matter. Neither do the date, the place and
  the name of an event, nor a source;
- they ask the same poll, or show the same picture with the same alt text, or with hardly a word;
- they have no words, and the same hashtags, emoji, links or signs.

``index_keys`` returns the keys under which an index finds every post that may say the same (prefix
filtering: Chaudhuri, Ganti and Kaushik, 2006; Bayardo, Ma and Srikant, 2007). A near text may lack
three in ten of the words. The keys are that many words and ``SHARED_KEYS`` more, in an order that
is the same for all texts. Near texts therefore share at least ``SHARED_KEYS`` keys.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.voice.said import MIN_SENTENCE_WORDS, MIN_SHARED_WORDS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from bot.voice.said import Picture, Said

SHARED_KEYS = 2
"""Units that share fewer of their index keys are not near."""

MAX_LOOK_DISTANCE = 7
"""Most bits of 128 by which two hashes of one picture differ after it is saved again."""

_LOOK_BANDS = MAX_LOOK_DISTANCE + 1
"""Two such hashes, cut into this many bands, have at least one band in common."""


class Likeness(NamedTuple):
    """The likeness of two posts that say the same."""

    what: str
    """The common part, such as ``the same words`` or ``the same sentence, “…”``."""
    exact: bool = False
    """Whether the words are the same, and not only almost the same."""
    verb: str = "say"
    """The verb for it: ``say``, ``ask``, ``show`` or ``give``."""

    @property
    def done(self) -> str:
        """The likeness with its verb in the past, as ``said the same words``."""
        return f"{_DONE[self.verb]} {self.what}"


_DONE = {"say": "said", "ask": "asked", "show": "shown", "give": "given"}
_PLACES = {
    "text": ("say", "sentence"),
    "warning": ("give", "warning"),
    "alt text": ("give", "alt text"),
    "poll": ("give", "option of a poll"),
    "link card": ("show", "link card"),
}
"""The verb and the noun for a sentence by its place."""


def likeness(one: Said, other: Said) -> Likeness | None:
    """Return the likeness of two posts that say the same, or None if they do not."""
    return (
        _common_words(one, other)
        or _common_poll(one, other)
        or _common_picture(one, other)
        or _common_sentences(one, other)
    )


def _common_words(one: Said, other: Said) -> Likeness | None:
    if not one.glued.isdisjoint(other.glued) or not set(one.wordings).isdisjoint(other.wordings):
        return Likeness("the same words", exact=True)
    if any(near(*pair) for pair in product(one.wordings, other.wordings)):
        return Likeness("almost the same words")
    if one.signs and one.signs == other.signs:
        return Likeness("the same emoji or links", exact=True)
    return None


def _common_poll(one: Said, other: Said) -> Likeness | None:
    if any(near(*pair) for pair in product(one.polls, other.polls)):
        return Likeness("the same poll", verb="ask")
    return None


def _common_picture(one: Said, other: Said) -> Likeness | None:
    few_words = min(text_length(one), text_length(other)) < MIN_SENTENCE_WORDS
    for mine, theirs in product(one.pictures, other.pictures):
        if same_picture(mine, theirs):
            if mine.alt == theirs.alt or near(mine.alt, theirs.alt):
                return Likeness("the same picture with the same alt text", verb="show")
            if few_words:
                return Likeness("the same picture", verb="show")
    return None


def near(words: AbstractSet[Any], others: AbstractSet[Any]) -> bool:
    """Return whether two texts are near, by the sets of their words or of the words' hashes."""
    both = len(words & others)
    if 10 * both >= 7 * (len(words) + len(others) - both):
        return both > 0
    longer = max(len(words), len(others))
    return min(len(words), len(others)) >= MIN_SENTENCE_WORDS and both >= longer - 1


def same_picture(one: Picture, other: Picture) -> bool:
    """Return whether two files have the same bytes, or look almost the same."""
    if one.sha256 == other.sha256:
        return True
    if not one.look or not other.look:
        return False
    return (int(one.look, 16) ^ int(other.look, 16)).bit_count() <= MAX_LOOK_DISTANCE


def text_length(post: Said) -> int:
    """Return the number of different words in a post's text."""
    return len(post.wordings[-1]) if post.wordings else 0


def enough_words(length: int, other: int) -> float:
    """Return the words that common sentences must have, by the lengths of both texts."""
    return min(MIN_SHARED_WORDS, length / 2, other / 2)


def _common_sentences(one: Said, other: Said) -> Likeness | None:
    shared: set[str] = set()
    clearest = None
    most = (0, 0)
    for mine, theirs in product(one.sentences, other.sentences):
        if near(mine.words, theirs.words):
            alike = (mine.words & theirs.words) - (mine.details & theirs.details)
            shared |= alike
            # Of two sentences with the same common words, the shorter one is quoted.
            if alike and (len(alike), -len(mine.words)) > most:
                clearest, most = mine, (len(alike), -len(mine.words))
    if clearest is None:
        return None
    if len(shared) < enough_words(text_length(one), text_length(other)):
        return None
    verb, noun = _PLACES[clearest.place]
    return Likeness(f"the same {noun}, “{clearest.quote}”", verb=verb)


# --- For an index ---------------------------------------------------------------------------------


class IndexKeys(NamedTuple):
    """The keys of a post in an index; see the module."""

    units: tuple[tuple[str, ...], ...]
    """The rarest words of each unit. Posts with a near unit share ``SHARED_KEYS`` of them."""
    whole: frozenset[str]
    """Keys of which one in common is enough for two posts to be compared."""


def units(post: Said) -> set[frozenset[str]]:
    """Return the sets of words of a post. Posts that say the same in words have a near pair."""
    return {
        *(words for words in post.wordings if len(words) > SHARED_KEYS),
        *(sentence.words for sentence in post.sentences),
        *post.polls,
    }


def index_keys(post: Said) -> IndexKeys:
    """Return the keys that a post shares with every post that may say the same."""
    return IndexKeys(tuple(map(rarest, units(post))), whole_keys(post))


def whole_keys(post: Said) -> frozenset[str]:
    """Return the keys of which one in common is enough for two posts to be compared."""
    few = [words for words in post.wordings if len(words) <= SHARED_KEYS]
    whole = {f"={glued}" for glued in post.glued}
    whole |= {f"~{' '.join(sorted(words))}" for words in (*few, post.signs) if words}
    for picture in post.pictures:
        whole.add(f"!{picture.sha256}")
        size = -(-len(picture.look) // _LOOK_BANDS)
        bands = (picture.look[n * size : (n + 1) * size] for n in range(_LOOK_BANDS))
        whole |= {f"!{n} {band}" for n, band in enumerate(bands) if band}
    return frozenset(whole)


def rarest(words: frozenset[str]) -> tuple[str, ...]:
    """Return the rarest words of a unit. A near unit shares ``SHARED_KEYS`` of them.

    Long words are taken to be rarer than short ones.
    """
    count = len(words) + 7 * len(words) // -10 + SHARED_KEYS
    return tuple(sorted(words, key=lambda word: (-len(word), word))[:count])
