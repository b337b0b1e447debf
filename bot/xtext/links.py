"""What X makes a link of: addresses with a scheme, and bare domains such as ``example.com``.

X describes a link by one regular expression, which tries every start, every number of labels and
every end in turn. The same links are found here in one pass. A *run* is a stretch of characters
that may stand in a domain. Its labels are read from right to left, to learn how far a domain can
reach that begins in each; then the first place from left to right is taken where one may begin.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.xtext import units
from bot.xtext.domains import are_labels, ascii_domains, end_of_tld
from bot.xtext.letters import ACCENTED, CYRILLIC, DIRECTIONS, NO_CHARACTERS, PUNCTUATION, SPACES

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAY_HOLD_ONE = re.compile(r"\.[^\W\d_]")
"""Every top-level domain begins with a letter."""

_RUN = re.compile(f"[^{PUNCTUATION}{SPACES}{NO_CHARACTERS}{DIRECTIONS}]+")
_AFTER = f"(?<![0-9A-Za-z@\uff20$#\uff03{NO_CHARACTERS}])"
_SCHEME = re.compile(f"{_AFTER}[Hh][Tt][Tt][Pp][Ss]?://")
_DOMAIN = re.compile(f"{_AFTER}[^-_.]")
"""Where a domain may begin in a run."""

_PORT = re.compile("(?::[0-9]+)?")
_PATH_SIGNS = re.escape("!*';:,.$%[]\u2013~@|&")
"""What may stand in a path, but not end it."""
_PATH_LETTERS = rf"0-9A-Za-z=+/#_\-{CYRILLIC}{ACCENTED}"
_IN_PATH = f"[{_PATH_LETTERS}{_PATH_SIGNS}]"
_PARENTHESES = rf"\((?:{_IN_PATH}+|{_IN_PATH}*\({_IN_PATH}+\){_IN_PATH}*)\)"
_PATH = re.compile(
    rf"(?:/(?:(?:[{_PATH_SIGNS}]|{_PARENTHESES})*[{_PATH_LETTERS}]+)*(?:{_PARENTHESES})*)?"
)
_QUERY_SIGNS = "!?*'@();:+$%[].,~|"
_QUERY = re.compile(rf"\?([0-9A-Za-z&=/#_\-{re.escape(_QUERY_SIGNS)}]*)")

_SHORTENED = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[Tt]\.[Cc][Oo]/([0-9A-Za-z]+)")
_LONGEST_SLUG = 40
_LONGEST = 4096
_USUAL_SCHEME = "https://"


class Entity(NamedTuple):
    """Something in a text: where it starts and ends, and what it says.

    A link says its address as typed, a tag or mention its name without the sign before it.
    """

    start: int
    end: int
    text: str


class _Label(NamedTuple):
    """A label with a dot behind it, and how far a domain reaches that begins in it.

    ``far`` is the end of the longest domain with further labels, ``near`` that of the top-level
    domain which follows at once; 0 where there is none. ``bar`` is the place of the last
    underscore, which the label before a top-level domain must not have, or -1.
    """

    start: int
    dot: int
    far: int
    near: int
    bar: int

    def reach(self, start: int) -> int:
        """Return the end of a domain that begins at this place of the label, or 0."""
        return self.far or (self.near if start > self.bar else 0)


class _Span(NamedTuple):
    """What has the form of a link: its start, and where its parts begin and end."""

    start: int
    domain: int
    port: int
    path: int
    query: int
    end: int


def links(text: str) -> list[Entity]:
    """Return the links that X makes of a text, in their order."""
    split = units.split(text)
    found = links_in_units(split)
    if not found:
        return []
    place = units.places(split)
    return [Entity(place(start), place(end), units.join(url)) for start, end, url in found]


def links_in_units(text: str) -> list[Entity]:
    """Return the links of a text in UTF-16 code units, with places among these."""
    if not _MAY_HOLD_ONE.search(text):
        return []
    return [link for span in _spans(text) for link in _links_of(text, span)]


def _spans(text: str) -> Iterator[_Span]:
    """Yield what has the form of a link; each begins after the end of the one before."""
    done = 0
    for run in _RUN.finditer(text):
        labels = _labels(text, *run.span()) if run.end() > done else []
        if labels and (span := _with_scheme(text, labels[0], done)):
            yield span
            done = span.end
        for label in labels:
            start = _bare_start(text, label, done)
            if start is not None:
                span = _span(text, start, start, label.reach(start))
                yield span
                done = span.end


def _labels(text: str, start: int, end: int) -> list[_Label]:
    """Return the labels of a run that have a dot behind them, from left to right."""
    labels: list[_Label] = []
    beyond = 0  # where a domain ends that begins with the label to the right
    dot = text.rfind(".", start, end)
    while dot >= start:
        first = max(start, text.rfind(".", start, dot) + 1)
        sound = first < dot and text[dot - 1] not in "-_"
        near = end_of_tld(text, dot + 1) if sound else 0
        label = _Label(first, dot, beyond if sound else 0, near, text.rfind("_", first, dot))
        labels.append(label)
        beyond = label.reach(first) if text[first] not in "-_." else 0
        dot = first - 1
    return labels[::-1]


def _with_scheme(text: str, label: _Label, done: int) -> _Span | None:
    """Return the link whose scheme stands before a run that begins with this label."""
    end = label.reach(label.start) if text[label.start] not in "-_." else 0
    for start in (label.start - len("https://"), label.start - len("http://")):
        free = start > done or start == done == 0  # a character is left to stand before it
        scheme = _SCHEME.match(text, start) if end and free else None
        if scheme and scheme.end() == label.start:
            return _span(text, start, label.start, end)
    return None


def _bare_start(text: str, label: _Label, done: int) -> int | None:
    """Return the first place of a label where a domain may begin."""
    if not label.far and not label.near:
        return None
    first = max(label.start, done + 1 if done else 0, 0 if label.far else label.bar + 1)
    found = _DOMAIN.search(text, first, label.dot)
    if first == 0:
        # X takes the first character for what stands before a link, before it takes it for part.
        found = _DOMAIN.match(text, 1, label.dot) or found
    return found.start() if found else None


def _span(text: str, start: int, domain: int, port: int) -> _Span:
    """Follow a domain's port, path and query to the end."""
    path = _end(_PORT, text, port)
    query = _end(_PATH, text, path)
    return _Span(start, domain, port, path, query, _end_of_query(text, query))


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _end_of_query(text: str, start: int) -> int:
    found = _QUERY.match(text, start)
    query = found[1].rstrip(_QUERY_SIGNS) if found else ""
    return start + 1 + len(query) if query else start


def _links_of(text: str, span: _Span) -> list[Entity]:
    url, domain = text[span.start : span.end], text[span.domain : span.port]
    scheme = text[span.start : span.domain]
    if len(scheme or _USUAL_SCHEME) + len(url) > _LONGEST or not are_labels(domain):
        return []
    if scheme:
        return _addressed(span, url)
    before = text[span.start - 1] if span.start else ""
    return [] if before and before in "-_./" else _bare(span, url, domain)


def _addressed(span: _Span, url: str) -> list[Entity]:
    """Return the link of an address with a scheme; X's own short ones end with their code."""
    if short := _SHORTENED.match(url):
        if len(short[1]) > _LONGEST_SLUG:
            return []
        url = url[: _end_of_query(url, short.end())]
    return [Entity(span.start, span.start + len(url), url)]


def _bare(span: _Span, url: str, domain: str) -> list[Entity]:
    """Return the links of a domain without a scheme: what of it is in Latin letters, each apart."""
    found: list[Entity] = []
    place = 0
    for name in ascii_domains(domain):
        place = domain.index(name, place)  # as X does: it may stand earlier, too
        end = place + len(name)
        found.append(Entity(span.start + place, span.start + end, name))
        place = end
    if found and span.query > span.path:
        last = found[-1]
        found[-1] = Entity(last.start, span.end, last.text + url[len(domain) :])
    return found
