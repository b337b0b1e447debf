"""Finds links, mentions, hashtags, words and hidden characters in a text, and cuts texts.

Hidden characters show nothing, or change the order in which a text is read. This is the only list
of them. Some are needed at their places, and pass there: a joiner between emoji or between letters
of Persian and Hindi, the tags in the flag of Scotland, a mark of direction in Hebrew.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Protocol

from bot import xtext
from bot.xtext.links import MAY_HOLD_LINK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    EntityFinder = Callable[[str], Sequence[tuple[str, "Entity"]]]
    """Finds the entities of a text as a platform does; see ``TextRules.entities``."""

# --- Hidden characters ----------------------------------------------------------------------------

CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""Characters that control a terminal, except tabs and line feeds; for a pattern's brackets."""

BIDI_OVERRIDES = "\u202a-\u202e"
"""Characters that change the direction of everything after them; for a pattern's brackets."""

UNSENDABLE = re.compile(f"(?![\r\x85])[{CONTROLS}{BIDI_OVERRIDES}\ufeff\ufffe\uffff]")
"""Controls, non-characters and overrides of the direction, which no published text may have.

The overrides come along when telephone numbers are copied, and can disguise a text.
"""

SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which is not a character."""

# Unicode's default-ignorable characters and others that show nothing: annotations (U+FFF9), blanks
# that are not spaces (U+2800, Hangul fillers), line ends that few programs know (U+2028).
_HIDDEN = (
    "\x85\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)

_EMOJI = (
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_ONE_EMOJI = f"{_EMOJI}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?"
_FLAGS = (  # of England, Scotland and Wales, the only such flags that are emoji
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)"
    "\U000e007f"
)
_IDEOGRAPH = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
# Arabic and its relatives, N'Ko, the scripts of India, Burmese, Khmer, Mongolian, Adlam.
_JOINING = (
    "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc"
    "\U00011000-\U000114df\U0001e900-\U0001e95f]"
)
_WITHOUT_SPACES = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"  # Thai, Lao, Burmese, Khmer
_NEEDED_SEQUENCES = "|".join(
    [
        _FLAGS,
        f"{_ONE_EMOJI}(?:\u200d{_ONE_EMOJI})*",
        "[#*0-9]\ufe0f\u20e3",
        f"(?<={_IDEOGRAPH})[\ufe00-\ufe02\U000e0100-\U000e01ef]",
        "(?<=[\u1820-\u18aa])[\u180b-\u180f]",
        f"(?<={_JOINING})[\u200c\u200d]",
        f"(?<={_WITHOUT_SPACES})\u200b(?={_WITHOUT_SPACES})",
    ]
)
_DIRECTION_MARKS = "\u200e\u200f"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")

_ANY_HIDDEN = re.compile(f"[{_HIDDEN}]")
_HIDDEN_UNLESS_NEEDED = re.compile(f"{_NEEDED_SEQUENCES}|([{_HIDDEN}])")
_SHOWS_NOTHING = re.compile(f"[{_HIDDEN}{CONTROLS}\t\n\ud800-\udfff]")
"""Characters that show nothing or control a terminal, needed or not."""
_UNSAFE_UNLESS_NEEDED = re.compile(f"{_NEEDED_SEQUENCES}|([{_HIDDEN}{CONTROLS}\ud800-\udfff])")


def find_hidden(text: str) -> Iterator[re.Match[str]]:
    """Yield a match for each hidden character that is not needed at its place."""
    if text.isascii() or not _ANY_HIDDEN.search(text):
        return
    right_to_left = _RIGHT_TO_LEFT.search(text) is not None
    for match in _HIDDEN_UNLESS_NEEDED.finditer(text):
        if match[1] and not (right_to_left and match[1] in _DIRECTION_MARKS):
            yield match


def strip_hidden(text: str) -> str:
    """Return the text without hidden characters, including the needed ones."""
    return text if text.isascii() else _ANY_HIDDEN.sub("", text)


def escape_hidden(text: str) -> str:
    r"""Return the text with escapes such as ``\u200b`` for hidden and control characters.

    Line feeds and tabs stay. The escapes are those of JSON, in two halves beyond U+FFFF. JSON
    therefore keeps its meaning.
    """
    return _UNSAFE_UNLESS_NEEDED.sub(
        lambda match: _escape(match[1]) if match[1] else match[0], text
    )


def escape_to_line(text: str) -> str:
    """Return the text on one line, with escapes for everything that a terminal cannot print."""
    text = escape_hidden(text)
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def first_hidden(text: str) -> str | None:
    """Return the first invisible character of a text as ``U+200B``, or None."""
    match = _SHOWS_NOTHING.search(text)
    return f"U+{ord(match[0]):04X}" if match else None


# --- Combining marks ------------------------------------------------------------------------------

MAX_COMBINING_MARKS = 30
"""Most combining marks in a row, as in Unicode's Stream-Safe Text Format (UAX 15, 13)."""

_STACKED_MARKS = re.compile(rb"[^\0]{%d}" % (MAX_COMBINING_MARKS + 1))
_COMPOSED_MARKS = dict.fromkeys((0x0F73, 0x0F75, 0x0F81), "\u0301")
"""Marks that are composed of marks, but have no combining class themselves."""


def has_stacked_marks(text: str) -> bool:
    """Return whether normalizing a text would take time quadratic in its length."""
    if text.isascii():
        return False
    classes = bytes(map(unicodedata.combining, text.translate(_COMPOSED_MARKS)))
    return _STACKED_MARKS.search(classes) is not None


# --- Look-alikes ----------------------------------------------------------------------------------


def look_alike(text: str, other: str) -> bool:
    """Return whether two texts look the same as written, in lower case or in upper case."""
    pairs = zip(_skeletons(text), _skeletons(other), strict=True)
    return any(mine == theirs for mine, theirs in pairs)


@lru_cache(maxsize=1024)  # the loop compares the same few names again and again
def _skeletons(text: str) -> tuple[str, str, str]:
    return skeleton(text), skeleton(text.casefold()), skeleton(text.upper())


def skeleton(text: str) -> str:
    """Return the look of a text; only for comparing, not for showing."""
    visible = _SHOWS_NOTHING.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFD", visible.translate(prototypes()))


@cache
def prototypes() -> dict[int, str]:
    """Return the prototype of each character that looks like another, as Unicode's table has it.

    The library has each pair both ways round. Of two that look alike, the prototype is the one that
    still others look like.
    """
    from confusable_homoglyphs.utils import load

    near: dict[str, set[str]] = defaultdict(set)
    for text, others in load("confusables.json").items():
        for other in others:  # a mark of direction surrounds right-to-left letters
            near[text.strip("\u200e")].add(other["c"].strip("\u200e"))
    return {
        ord(text): other
        for text, [other, *more] in near.items()
        if len(text) == 1 and not more and (len(near[other]) > 1 or len(other) > 1 or other < text)
    }


# --- Cutting a text, and the entities in it -------------------------------------------------------


def truncate(text: str, limit: int) -> str:
    """Return the text, cut to at most ``limit`` characters; a cut text ends in "…"."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def quote_value(value: str, limit: int = 40) -> str:
    """Return a value in quotes for a message, short, on one line and safe for a terminal."""
    return escape_to_line(json.dumps(truncate(value, limit), ensure_ascii=False))


def truncate_line(text: str, limit: int) -> str:
    """Return the text on one line, each run of blanks as one space, cut like ``truncate``."""
    return truncate(" ".join(text.split()), limit)


def join_words(words: Sequence[str]) -> str:
    """Return ``A, B and C``, or "" without words."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def join_first(words: list[str], limit: int = 3) -> str:
    """Return the first few words in a row, and the number of the others."""
    more = len(words) - limit
    return ", ".join(words[:limit]) + (f" and {more} more" if more > 0 else "")


URL_PATTERN = re.compile(r"\bhttps?://[^\s<>\"“”«»]+", re.IGNORECASE)

# A link as platforms find it, such as example.org/report. The lookbehind keeps the search linear.
_BARE_LINK = re.compile(r"(?<![\w.-])(?:[\w-]+\.)+[^\W\d_]{2,}(?:/[^\s<>\"“”«»]*)?")
# In kana, CJK and Thai, which have no blanks between words, each sign counts as a word.
UNSPACED_CHARACTER = re.compile(
    "([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f])"
)

TRAILING_PUNCTUATION = ".,;:!?)]}'’”"
"""Signs that may follow an address in a sentence and are not part of it."""

Entity = xtext.Entity
"""A link, mention or tag that a platform finds in a text, with its places."""


class TextRules(Protocol):
    """How a platform reads a text; a platform's module has these functions."""

    MAKES_CARDS: bool
    """Whether it makes the card of a link by itself, from the page."""

    def mention(self, handle: str) -> str:
        """Return the mention of a name, which may have an @.

        Raise ValueError for a name that nobody can have there. The message continues a sentence
        that begins with the name.
        """
        ...

    def entities(self, text: str) -> Sequence[tuple[str, Entity]]:
        """Return the links, mentions and hashtags of a text, in their order, each with its kind.

        The kinds are ``link``, ``mention`` and ``hashtag``; a platform may have others. A mention
        may stand within a link if it notifies somebody nevertheless.
        """
        ...


find_as_x: EntityFinder = xtext.entities
"""Finds the entities of a text as X does; for texts without a known platform."""


def entity_finder(platforms: Mapping[str, TextRules], name: str) -> EntityFinder:
    """Return how a platform finds links, mentions and hashtags; X's way if it is unknown.

    The rules of texts and the comparison of posts read a text as its own platform does. The price
    of a post on X is another question, which ``xtext.has_link`` answers.
    """
    rules = platforms.get(name)
    return rules.entities if rules else find_as_x


def mentions(text: str, find: EntityFinder = find_as_x) -> list[str]:
    """Return the names that a platform would notify, without the @."""
    if "@" not in text and "\uff20" not in text:
        return []
    return [entity.text for kind, entity in _entities(text, find) if kind == "mention"]


def hashtags(text: str, find: EntityFinder = find_as_x) -> tuple[str, ...]:
    """Return the hashtags, without the sign."""
    return tuple(entity.text for kind, entity in _entities(text, find) if kind == "hashtag")


@lru_cache(maxsize=64)  # several rules ask about the same text in a row
def strip_entities(text: str, find: EntityFinder = find_as_x) -> str:
    """Return the text without links, mentions and hashtags."""
    words, done = "", 0
    for kind, entity in _entities(text, find):
        if kind != "cashtag":
            words += f"{text[done : entity.start]} "
            done = max(done, entity.end)
    words += text[done:]
    return URL_PATTERN.sub(" ", words) if "://" in words else words


@lru_cache(maxsize=64)  # the same reason
def _entities(text: str, find: EntityFinder) -> tuple[tuple[str, Entity], ...]:
    return tuple(find(text))


class _WordTranslation(dict[int, int | None]):
    """Keeps letters, marks and digits, drops apostrophes, maps everything else to a blank."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        kept = code if unicodedata.category(char)[0] in "LMN" else ord(" ")
        self[code] = None if char in "'’" else kept
        return self[code]


_WORD_TRANSLATION = _WordTranslation()


def normalized_words(text: str, find: EntityFinder = find_as_x) -> list[str]:
    """Return the words of a text, casefolded.

    Links, mentions, hashtags, emoji, punctuation and hidden characters are left out.
    """
    words = strip_entities(strip_hidden(text), find)
    if MAY_HOLD_LINK.search(words):
        words = _BARE_LINK.sub(" ", words)
    words = unicodedata.normalize("NFKC", words).casefold().translate(_WORD_TRANSLATION)
    return (words if words.isascii() else UNSPACED_CHARACTER.sub(r" \1 ", words)).split()


def end_sentence(text: str) -> str:
    """Return the text with a full stop, unless a person's words at its end have one."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def pluralize(number: int, noun: str) -> str:
    """Return ``1 post``, ``2 posts``, ``no posts``."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
