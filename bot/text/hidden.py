"""Hidden characters: what stands in a text unseen, or changes the order in which it is read.

This is the one list of them. Some are needed where they are: a joiner between emoji or letters of
Persian and Hindi, the tags in the flag of Scotland, a mark of direction in Hebrew. There they pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""What a terminal obeys, all but tabs and line feeds; as within the brackets of a pattern."""

OVERRIDES = "\u202a-\u202e"
"""What writes all that follows in another direction; as within brackets."""

BIDI = f"\u061c\u200e\u200f{OVERRIDES}\u2066-\u2069"
"""Whatever changes the order in which a text is read; as within brackets."""

# What Unicode calls default-ignorable, and what else leaves no mark: annotations (U+FFF9), blanks
# that are no spaces (U+2800, Hangul fillers), ends of lines that few programs know (U+2028).
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
_FLAGS = (  # of England, Scotland and Wales: no others are emoji
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
_NEEDED = "|".join(
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
_MARKS = "\u200e\u200f"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")

_ANY = re.compile(f"[{_HIDDEN}]")
_FOUND = re.compile(f"{_NEEDED}|([{_HIDDEN}])")
_UNSEEN = re.compile(f"[{_HIDDEN}{CONTROLS}\t\n\ud800-\udfff]")
_UNSAFE = re.compile(f"{_NEEDED}|([{_HIDDEN}{CONTROLS}\ud800-\udfff])")


def hidden(text: str) -> Iterator[re.Match[str]]:
    """Yield a match for each hidden character that is not needed where it stands."""
    if text.isascii() or not _ANY.search(text):
        return
    turned = _RIGHT_TO_LEFT.search(text) is not None
    for match in _FOUND.finditer(text):
        if match[1] and not (turned and match[1] in _MARKS):
            yield match


def without_hidden(text: str) -> str:
    """Return the text without hidden characters, needed or not."""
    return text if text.isascii() else _ANY.sub("", text)


def visible(text: str) -> str:
    r"""Return it as it can be shown: what is hidden or steers a terminal as an escape, ``\u200b``.

    Line feeds and tabs stay as they are. That is also how JSON writes it, beyond U+FFFF in two
    halves: JSON stays JSON, of the same meaning.
    """
    return _UNSAFE.sub(lambda match: _escape(match[1]) if match[1] else match[0], text)


def printable(text: str) -> str:
    """Return it on one line, with all that ``visible`` shows and what else no terminal prints."""
    seen = visible(text)
    return seen if seen.isprintable() else "".join(map(_printable, seen))


def _printable(char: str) -> str:
    return char if char.isprintable() else _escape(char)


def is_hidden(character: str) -> bool:
    """Return whether a character shows nothing or steers a terminal, needed somewhere or not."""
    return bool(_UNSEEN.match(character))


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
