"""Finds the links that X makes of a text, with or without a scheme; has the sets of characters."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


SPACES = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
JAVASCRIPT_SPACES = "\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""Blanks by JavaScript's rules."""
PUNCTUATION = r"!'#%&()*+,\\/:;<=>?@\[\]^{|}~$"
"""Signs that end a domain. A hyphen, an underscore and a dot do not."""
NONCHARACTERS = "\ufffe\ufeff\uffff"
BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that change the order in which a text is read."""
LATIN = (
    "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
"""Latin letters with accents, and accents."""
ACCENTED = (
    f"{LATIN}\u0260\u0269\u0275\u0280\u0283\u0288\u028a\u028c\u0292\u0399\u03b9\u1fbe"
    "\u2c65\u2c66\u2c7e\u2c7f"
)
"""The same if case is ignored, with the letters whose capital is one of them."""
CYRILLIC = "\u0400-\u04ff\u1c80-\u1c87"
"""Cyrillic letters if case is ignored."""

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def to_utf16(text: str) -> str:
    """Return the text with each character beyond U+FFFF as its two surrogates."""
    return text if text.isascii() else _ASTRAL.sub(_to_surrogates, text)


def from_utf16(units: str) -> str:
    """Return the text of these code units."""
    encoded = units.encode("utf-16-be", "surrogatepass")
    return encoded.decode("utf-16-be", "surrogatepass")


def _to_surrogates(found: re.Match[str]) -> str:
    high, low = divmod(ord(found[0]) - 0x10000, 0x400)
    return chr(0xD800 + high) + chr(0xDC00 + low)


# --- Domains --------------------------------------------------------------------------------------

_TLD_FILE = Path(__file__).with_name("tlds.txt")
_TLD_LETTERS = re.compile("[A-Za-z\x80-\uffff]{2,18}")
"""The letters of a top-level domain, none of which is longer."""
_PUNYCODE_TLD = re.compile("[Xx][Nn]--[-0-9A-Za-z]+")
_TLD_ENDS = re.compile("(?![0-9A-Za-z@+-])")
_LATIN_LABEL = f"[-0-9A-Za-z{ACCENTED}]+"
_LATIN_LABELS = re.compile(rf"{_LATIN_LABEL}(?:\.{_LATIN_LABEL})*\.?")
_FULL_STOPS = re.compile("[\u3002\uff0e\uff61]")
_MAX_LABEL_LENGTH = 63


def end_of_tld(text: str, start: int) -> int:
    """Return the end of the top-level domain that begins here, or 0 if there is none."""
    letters = _TLD_LETTERS.match(text, start)
    head = _upper_as_javascript(letters[0]) if letters else ""
    for length in range(len(head), 0, -1):
        if head[:length] in _top_level_domains() and _TLD_ENDS.match(text, start + length):
            return start + length
    coded = _PUNYCODE_TLD.match(text, start)
    return coded.end() if coded else 0


def ascii_domains(domain: str) -> Iterator[str]:
    """Yield the parts of a domain that are domains in Latin letters, the longest of each."""
    for labels in _LATIN_LABELS.finditer(domain):
        start, dot = labels.start(), labels.end()
        while (dot := domain.rfind(".", start, dot)) >= 0:
            if end := end_of_tld(domain, dot + 1):
                yield domain[start:end]
                break


def are_valid_labels(domain: str) -> bool:
    """Return whether DNS could hold the labels of a domain."""
    if domain.startswith("xn--") and not any(ascii_domains(domain)):
        return False
    for label in domain.split("."):
        parts = _FULL_STOPS.split(from_utf16(label))
        length = len(parts) - 1  # in punycode
        for part in parts:
            if part.isascii() or len(part) > _MAX_LABEL_LENGTH:
                length += len(part)
            else:
                length += len("xn--") + len(part.encode("punycode"))
        if not 1 <= length <= _MAX_LABEL_LENGTH:
            return False
    return True


@cache
def _top_level_domains() -> frozenset[str]:
    lines = _TLD_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(_upper_as_javascript(line) for line in lines if not line.startswith("#"))


def _upper_as_javascript(text: str) -> str:
    """Return the text in capitals, character by character, as JavaScript ignores case."""
    if text.isascii():
        return text.upper()
    pairs = ((char, char.upper()) for char in text)
    return "".join(
        upper if len(upper) == 1 and upper.isascii() == char.isascii() else char
        for char, upper in pairs
    )


# --- Links ----------------------------------------------------------------------------------------

MAY_HOLD_LINK = re.compile(r"\.[^\W\d_]")
"""A dot and a letter, which every link has, and which are found fast."""

_RUN = re.compile(f"[^{PUNCTUATION}{SPACES}{NONCHARACTERS}{BIDI_CONTROLS}]+")
_NOT_AFTER = f"(?<![0-9A-Za-z@\uff20$#\uff03{NONCHARACTERS}])"
_SCHEME = re.compile(f"{_NOT_AFTER}[Hh][Tt][Tt][Pp][Ss]?://")
_DOMAIN = re.compile(f"{_NOT_AFTER}[^-_.]")
"""A place in a run at which a domain may begin."""

_PATH_SIGNS = re.escape("!*';:,.$%[]\u2013~@|&")
"""Signs that may stand in a path, but not end it."""
_PATH_LETTERS = rf"0-9A-Za-z=+/#_\-{CYRILLIC}{ACCENTED}"
_IN_PATH = f"[{_PATH_LETTERS}{_PATH_SIGNS}]"
_PARENTHESES = rf"\((?:{_IN_PATH}+|{_IN_PATH}*\({_IN_PATH}+\){_IN_PATH}*)\)"
_PATH = rf"(?:/(?:(?:[{_PATH_SIGNS}]|{_PARENTHESES})*[{_PATH_LETTERS}]+)*(?:{_PARENTHESES})*)?"
_PORT_AND_PATH = re.compile(f"(?::[0-9]+)?({_PATH})")
_QUERY_SIGNS = "!?*'@();:+$%[].,~|"
_QUERY = re.compile(rf"\?([0-9A-Za-z&=/#_\-{re.escape(_QUERY_SIGNS)}]*)")

_SHORTENED = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[Tt]\.[Cc][Oo]/([0-9A-Za-z]+)")
_MAX_SHORT_CODE = 40
_MAX_LINK_LENGTH = 4096
_DEFAULT_SCHEME = "https://"


class Entity(NamedTuple):
    """A link, tag or mention in a text."""

    start: int
    end: int
    text: str
    """A link's address as typed, or a tag's or mention's name without its sign."""


class _Label(NamedTuple):
    """A label with a dot behind it, in which a domain may begin."""

    start: int
    dot: int
    longest_end: int
    """The end of the longest domain with further labels, or 0."""
    tld_end: int
    """The end of the top-level domain right after the dot, or 0."""
    last_underscore: int
    """The place of the last underscore, or -1. A top-level domain needs a label without one."""

    def domain_end(self, start: int) -> int:
        """Return the end of a domain that begins at this place of the label, or 0."""
        return self.longest_end or (self.tld_end if start > self.last_underscore else 0)


class _LinkSpan(NamedTuple):
    """The places of a link's parts in a text."""

    start: int
    domain: int
    port: int
    path: int
    query: int
    end: int


def links(text: str) -> list[Entity]:
    """Return the links that X makes of a text, in order."""
    split = to_utf16(text)
    in_units = links_in_utf16(split)
    if not in_units:
        return []
    seconds = [pair.start() + 1 for pair in _PAIR.finditer(split)]
    return [
        Entity(
            start - bisect_left(seconds, start), end - bisect_left(seconds, end), from_utf16(url)
        )
        for start, end, url in in_units
    ]


def links_in_utf16(text: str) -> list[Entity]:
    """Return the links of a text in UTF-16 code units, with places counted in these."""
    if not MAY_HOLD_LINK.search(text):
        return []
    return [link for span in _spans(text) for link in _links_in_span(text, span)]


def _spans(text: str) -> Iterator[_LinkSpan]:
    """Yield everything in the form of a link, from left to right, without overlaps."""
    done = 0
    for run in _RUN.finditer(text):
        labels = _labels(text, *run.span()) if run.end() > done else []
        if labels and (span := _span_with_scheme(text, labels[0], done)):
            yield span
            done = span.end
        for label in labels:
            start = _bare_start(text, label, done)
            if start is not None:
                span = _extend_span(text, start, start, label.domain_end(start))
                yield span
                done = span.end


def _labels(text: str, start: int, end: int) -> list[_Label]:
    """Return the labels of a run that have a dot behind them, from left to right."""
    labels: list[_Label] = []
    beyond = 0  # the end of a domain that begins with the label to the right
    dot = text.rfind(".", start, end)
    while dot >= start:
        first = max(start, text.rfind(".", start, dot) + 1)
        sound = first < dot and text[dot - 1] not in "-_"
        near = end_of_tld(text, dot + 1) if sound else 0
        label = _Label(first, dot, beyond if sound else 0, near, text.rfind("_", first, dot))
        labels.append(label)
        beyond = label.domain_end(first) if text[first] not in "-_." else 0
        dot = first - 1
    return labels[::-1]


def _span_with_scheme(text: str, label: _Label, done: int) -> _LinkSpan | None:
    """Return the link whose scheme stands before a run that begins with this label."""
    end = label.domain_end(label.start) if text[label.start] not in "-_." else 0
    for start in (label.start - len("https://"), label.start - len("http://")):
        free = start > done or start == done == 0  # a character is left to stand before it
        scheme = _SCHEME.match(text, start) if end and free else None
        if scheme and scheme.end() == label.start:
            return _extend_span(text, start, label.start, end)
    return None


def _bare_start(text: str, label: _Label, done: int) -> int | None:
    """Return the first place in a label at which a domain may begin, or None."""
    if not label.longest_end and not label.tld_end:
        return None
    first = max(
        label.start, done + 1 if done else 0, 0 if label.longest_end else label.last_underscore + 1
    )
    found = _DOMAIN.search(text, first, label.dot)
    if first == 0:
        # X first tries the first character as one before a link, and then as part of the link.
        found = _DOMAIN.match(text, 1, label.dot) or found
    return found.start() if found else None


def _extend_span(text: str, start: int, domain: int, port: int) -> _LinkSpan:
    """Return the span of a link with the port, path and query after its domain."""
    after = _PORT_AND_PATH.match(text, port)
    path, query = after.span(1) if after else (port, port)
    return _LinkSpan(start, domain, port, path, query, _end_of_query(text, query))


def _end_of_query(text: str, start: int) -> int:
    found = _QUERY.match(text, start)
    query = found[1].rstrip(_QUERY_SIGNS) if found else ""
    return start + 1 + len(query) if query else start


def _links_in_span(text: str, span: _LinkSpan) -> list[Entity]:
    url, domain = text[span.start : span.end], text[span.domain : span.port]
    scheme = text[span.start : span.domain]
    if len(scheme or _DEFAULT_SCHEME) + len(url) > _MAX_LINK_LENGTH or not are_valid_labels(domain):
        return []
    if not scheme:
        return _links_without_scheme(text, span, url, domain)
    if short := _SHORTENED.match(url):  # X's own short links end with their code
        if len(short[1]) > _MAX_SHORT_CODE:
            return []
        url = url[: _end_of_query(url, short.end())]
    return [Entity(span.start, span.start + len(url), url)]


def _links_without_scheme(text: str, span: _LinkSpan, url: str, domain: str) -> list[Entity]:
    """Return the links in a domain without a scheme, one for each part in Latin letters."""
    if span.start and text[span.start - 1] in "-_./":
        return []
    found: list[Entity] = []
    place = 0
    for name in ascii_domains(domain):
        place = domain.index(name, place)  # as X does, though the name may occur earlier too
        end = place + len(name)
        found.append(Entity(span.start + place, span.start + end, name))
        place = end
    if found and span.query > span.path:
        last = found[-1]
        found[-1] = Entity(last.start, span.end, last.text + url[len(domain) :])
    return found
