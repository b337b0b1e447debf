"""Collects what a post says: its words and sentences, polls, link cards, warnings and pictures.

Sentences form a set. Their order does not matter, and neither do the cuts of a thread. A sentence
counts the same in the text, the warning, an alt text, an option of a poll or a link card.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from bot.link_marks import without_marks
from bot.text import URL_PATTERN, strip_hidden, truncate_line
from bot.voice.words import canonical_words, details, sentences
from bot.xtext.links import MAY_HOLD_LINK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.model import Content, Part
    from bot.text import EntityFinder

MIN_SENTENCE_WORDS = 4
"""A sentence or a clause with fewer words is not compared by itself."""

MIN_SHARED_WORDS = 8
"""Posts whose common sentences have this many words say the same, however long they are."""

MOST_JOINED = 9
"""Most pieces that are joined: ``MIN_SHARED_WORDS`` pieces of one word, and a repeated one."""

MAX_SENTENCES = 500
"""Most sentences of a post that are compared, far more than any platform takes."""

QUOTE_LENGTH = 80
"""Most characters of a sentence that a message quotes."""

_JOINT = re.compile(r"(?<=[^\W\d_])[-‐‑.·*+~|/](?=[^\W\d_])")
"""A sign that may cut a word, as in *con-tracts*, or join two, as in *join-us*.

The text is compared with it and without it.
"""

MIN_POLL_WORDS = 3
"""A poll with fewer words that are not in ``_ANSWERS`` cannot be recognised by its options."""

_ANSWERS = frozenset(
    canonical_words(
        "yes no not maybe sure unsure agree disagree other I do don't know none of the above "
        "1 2 3 4 5 6 7 8 9 10 monday tuesday wednesday thursday friday saturday sunday sí oui"
    )
)
"""Words in the options of many polls, whatever these ask."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or a clause."""

    place: str
    """Its place: ``text``, ``warning``, ``alt text``, ``poll`` or ``link card``."""
    words: frozenset[str]
    """Its words, in canonical spelling."""
    quote: str
    """The sentence as it is written, cut to a line."""
    details: frozenset[str] = frozenset()
    """The words of it that are a date, a place or a name; see ``words.details``."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture or video that a post shows."""

    sha256: str
    """The digest of its bytes, in hex."""
    look: str
    """Its perceptual hash, in hex; "" if it has none."""
    alt: frozenset[str]
    """The words of its alt text."""


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that a post says, in a form for comparing."""

    wordings: tuple[frozenset[str], ...]
    """The words of its text without hyphens, with hashtags as words, and, last, as it is."""
    glued: frozenset[str]
    """The same words in their order without blanks, because the places of blanks do not matter."""
    sentences: tuple[Sentence, ...]
    """Every sentence and clause of ``MIN_SENTENCE_WORDS`` or more, wherever it stands."""
    polls: tuple[frozenset[str], ...]
    """The words of all options of each poll."""
    pictures: tuple[Picture, ...]
    signs: frozenset[str]
    """The emoji, or else the links, or else all signs of a text without words and hashtags."""


def said(content: Content, find: EntityFinder) -> Said:
    """Return what a post says; ``find`` finds links, mentions and hashtags as its platform does."""
    spoken = [_spoken(part.text, find) for part in content.parts]
    texts = list(dict.fromkeys(["\n\n".join(pieces) for pieces in zip(*spoken, strict=True)]))
    with_tags = texts[0] if texts else ""
    texts = [*_without_joints(texts), *texts]
    found: dict[frozenset[str], Sentence] = {}
    _collect_cut(content, with_tags, found)
    for place, beside in _beside_text(content):
        for text in (*_without_joints([beside]), beside):
            _collect(place, text, found)
    orders = [words for text in texts if (words := _collect("text", text, found))]
    signs: frozenset[str] = frozenset()
    tags = [tag for part in content.parts for tag in _hashtags(part.text, find)]
    fewest = min(orders, key=len, default=[])
    if len(tags) > len(fewest):  # the hashtags say more than the text
        orders.append(fewest + canonical_words(" ".join(tags)))
    if not any(orders):
        orders, signs = [], _signs(content.parts, find)
    polls = [
        frozenset(canonical_words(" ".join(part.poll.options)))
        for part in content.parts
        if part.poll
    ]
    return Said(
        wordings=tuple(dict.fromkeys(map(frozenset, orders))),
        glued=frozenset(map("".join, orders)),
        sentences=tuple(found.values())[-MAX_SENTENCES:],
        polls=tuple(words for words in polls if len(words - _ANSWERS) >= MIN_POLL_WORDS),
        pictures=tuple(
            Picture(media.sha256, media.look, frozenset(canonical_words(media.alt)))
            for part in content.parts
            for media in part.attached
        ),
        signs=signs,
    )


def _without_joints(texts: Sequence[str]) -> list[str]:
    """Return each text that has hyphens or dots within words, without them."""
    return [bare for text in texts if (bare := _JOINT.sub("", text)) != text]


def _beside_text(content: Content) -> Iterator[tuple[str, str]]:
    """Yield every other text that people see or hear, with its place."""
    for part in content.parts:
        for media in part.attached:
            yield "alt text", media.alt
        for option in part.poll.options if part.poll else ():
            yield "poll", option
        for text in part.card.texts if part.card else ():
            yield "link card", text
    if content.warning:
        yield "warning", content.warning


@lru_cache(maxsize=32)  # those of one post, each read twice
def _sentences(text: str) -> list[tuple[list[tuple[str, list[str]]], frozenset[str]]]:
    return [(clauses, details(clauses)) for clauses in sentences(text)]


def _collect(place: str, text: str, found: dict[frozenset[str], Sentence]) -> list[str]:
    """Add the sentences and clauses of a text to ``found``; return its words in order."""
    in_order: list[str] = []
    for clauses, of_sentence in _sentences(text):
        words = [word for _, of_clause in clauses for word in of_clause]
        in_order += words
        if len(words) < MIN_SENTENCE_WORDS:
            continue
        whole = (", ".join(clause.strip() for clause, _ in clauses), words)
        for quote, spelled in [whole, *(clauses if len(clauses) > 1 else ())]:
            unique = frozenset(spelled)
            if len(unique) >= MIN_SENTENCE_WORDS:
                line = truncate_line(quote, QUOTE_LENGTH)
                found[unique] = Sentence(place, unique, line, of_sentence & unique)
    return in_order


def _collect_cut(content: Content, text: str, found: dict[frozenset[str], Sentence]) -> None:
    """Add sentences that stops, blank lines, poll options or alt texts cut into short pieces.

    The last clause of each sentence is joined with the following pieces until they have enough
    words together. A clause with enough words is joined only if the next piece begins in small
    letters. If one piece has most of the words, the joined sentence is left out, because that piece
    is near to everything that the joined sentence is near to.
    """
    places = [("text", text), *_beside_text(content)]
    if content.warning:
        places.insert(0, places.pop())
    pieces = [
        (place, clause, number == len(clauses), of_sentence)
        for place, of_place in places
        for clauses, of_sentence in _sentences(of_place)
        for number, clause in enumerate(clauses, 1)
    ]
    goes_on = [text.lstrip()[:1].islower() for _, (text, _), _, _ in pieces[1:]]
    for start, (place, first, is_last, of_first) in enumerate(pieces[:-1]):
        is_whole = len(set(first[1])) >= MIN_SHARED_WORDS and not goes_on[start]
        if is_whole or not is_last:
            continue
        joined, known = [first], of_first
        for _, clause, _, of_clause in islice(pieces, start + 1, start + MOST_JOINED):
            joined.append(clause)
            known |= of_clause
            unique = frozenset(word for _, words in joined for word in words)
            if len(unique) < MIN_SHARED_WORDS:
                continue
            if 10 * max(len(set(words)) for _, words in joined) < 7 * len(unique):
                quote = truncate_line(" ".join(text.strip() for text, _ in joined), QUOTE_LENGTH)
                found[unique] = Sentence(place, unique, quote, (known | details(joined)) & unique)
            break


# --- Links, mentions, hashtags, emoji -------------------------------------------------------------


def _spoken(text: str, find: EntityFinder) -> tuple[str, str]:
    """Return the text without links and mentions, first with hashtags as words, then without them.

    A hashtag is a word only if other words follow it on its line. Campaigns add hashtags to the
    ends of lines.
    """
    text = strip_hidden(text)
    if not (any(sign in text for sign in "#@\uff03\uff20") or MAY_HOLD_LINK.search(text)):
        return text, text
    pieces: list[str] = []
    bare: list[str] = []
    end = len(text)
    followed = False
    for kind, entity in reversed(find(text)):
        if kind == "cashtag":
            continue
        after = text[entity.end : end]
        line = after.partition("\n")
        followed = any(map(str.isalnum, line[0])) or (followed and not line[1])
        as_word = f" {entity.text} " if kind == "hashtag" and followed else " "
        pieces += [after, as_word]
        bare += [after, " "]
        end = entity.start
    with_tags, without = ("".join([text[:end], *reversed(some)]) for some in (pieces, bare))
    return URL_PATTERN.sub(" ", with_tags), URL_PATTERN.sub(" ", without)


def _hashtags(text: str, find: EntityFinder) -> list[str]:
    if "#" not in text and "\uff03" not in text:
        return []
    return [entity.text for kind, entity in find(strip_hidden(text)) if kind == "hashtag"]


def _signs(parts: Sequence[Part], find: EntityFinder) -> frozenset[str]:
    """Return the emoji of a text without words, or else its links, or else all of its signs."""
    text = strip_hidden("".join(part.text for part in parts))
    if emoji := frozenset(char for char in text if unicodedata.category(char) == "So"):
        return emoji
    links = [entity.text for kind, entity in find(text) if kind == "link"]
    if not links and not any(part.attached or part.poll or part.card for part in parts):
        return frozenset(text.casefold().split())
    plain = (without_marks(link).casefold() for link in links)
    return frozenset(link.partition("://")[2].rstrip("/") or link for link in plain)
