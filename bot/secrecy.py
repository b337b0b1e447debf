"""Finds known secrets in a text and takes them out, in whatever form they are written. Pure.

A server may send a token back in base64 or in capitals, and a person may paste one with a blank in
it. The known forms of a secret are its characters as they are, or as JSON, URLs and HTML spell
them, base64, and hexadecimal digits, each in small letters or capitals.
"""

from __future__ import annotations

import html
import json
import unicodedata
from base64 import b64encode
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from bot.text import has_stacked_marks, strip_hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MIN_LENGTH = 6
"""The shortest length of a secret. Without shorter ones, texts would be unreadable."""

_MIN_SQUEEZED = 16
"""The shortest length of a secret that is also found by its letters and digits alone."""

_BLOCK = 3
"""Characters that the search compares at a time."""

_MOST_CLEAN = 4096
"""Texts that are remembered as clean."""


class KnownSecrets:
    """A set of secrets. Several threads may use it."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms, self._squeezed = _Forms(), _Forms()
        self._values: frozenset[str] = frozenset()
        self._waiting: frozenset[str] = frozenset()
        """Secrets whose forms are not worked out yet. Most accounts' never need to be."""
        self._clean: set[str] = set()
        self._lock = Lock()
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Add secrets, except for those shorter than ``MIN_LENGTH``."""
        with self._lock:
            new = {value for value in values if len(value) >= MIN_LENGTH} - self._values
            if new:
                self._values |= new
                self._waiting |= new
                self._clean = set()

    def _work_out(self) -> None:
        """Work out the forms of the secrets that were added."""
        if not self._waiting:
            return
        with self._lock:
            new = self._waiting
            self._forms.add(_lower(form) for value in new for form in _spellings(value))
            squeezed = (_lower(_squeeze(value)) for value in new)
            self._squeezed.add(value for value in squeezed if len(value) >= _MIN_SQUEEZED)
            self._waiting = frozenset()  # only now: another thread waits for it above

    def hide(self, text: str, by: str) -> str:
        """Return the text with ``by`` in place of every known secret, in any of its forms."""
        self._work_out()
        pieces, done = [], 0
        for start, end in self._forms.spans(text):
            pieces += [text[done:start], by]
            done = end
        return "".join([*pieces, text[done:]]) if pieces else text

    def are_in(self, text: str) -> bool:
        """Return whether a person who reads the text could put one of the secrets together.

        Blanks, punctuation and hidden characters within it make no difference, nor do letters in
        other forms, such as those of full width.
        """
        self._work_out()
        clean = self._clean
        if not self._values or text in clean:
            return False
        plain = text if has_stacked_marks(text) else unicodedata.normalize("NFKC", text)
        plain = strip_hidden(plain)
        spelled = {text, plain, unquote(plain), html.unescape(plain)}
        found = any(self._forms.is_in(spelling) for spelling in spelled)
        if found or self._squeezed.is_in(_squeeze(plain)):
            return True
        if len(clean) >= _MOST_CLEAN:
            clean.clear()
        clean.add(text)  # the queue asks again and again about the same posts
        return False


class _Forms:
    """Searches for many texts at once, by the algorithm of Wu and Manber.

    The search compares the last characters at which the shortest form could end. A table shows how
    far it can then move on, which is mostly the whole length of that form.
    """

    def __init__(self) -> None:
        self._by_start: dict[str, list[str]] = {}
        self._table: tuple[int, dict[str, int]] = (0, {})
        """The length of the shortest form, and the steps to move on by the characters compared."""

    def add(self, forms: Iterable[str]) -> None:
        """Add forms of ``MIN_LENGTH`` characters or more, in small letters."""
        new, (window, shifts) = set(forms), self._table
        for form in new:
            known = self._by_start.setdefault(form[:MIN_LENGTH], [])
            known.append(form)
            known.sort(key=len, reverse=True)
        shortest = min(map(len, new), default=window)
        if not window or shortest < window:
            new = {form for known in self._by_start.values() for form in known}
            window, shifts = shortest, {}
        for form in new:
            for place in range(window - _BLOCK + 1):
                block, shift = form[place : place + _BLOCK], window - _BLOCK - place
                shifts[block] = min(shifts.get(block, shift), shift)
        self._table = window, shifts

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the begin and the end of each form in the text, the longest at each place."""
        window, shifts = self._table
        if not window:
            return
        lower, last = _lower(text), window - _BLOCK
        place, end = last, len(lower) - _BLOCK
        while place <= end:
            if shift := shifts.get(lower[place : place + _BLOCK], last + 1):
                place += shift
                continue
            start = place - last
            forms = self._by_start.get(lower[start : start + MIN_LENGTH], ())
            found = next((form for form in forms if lower.startswith(form, start)), "")
            if found:
                yield start, start + len(found)
            place += len(found) or 1

    def is_in(self, text: str) -> bool:
        """Return whether one of the forms is in the text."""
        return next(self.spans(text), None) is not None


def _spellings(value: str) -> Iterator[str]:
    raw = value.encode(errors="surrogatepass")
    yield from (value, html.escape(value), raw.hex(), quote(raw, safe=""))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    for before in range(3):  # base64 cuts it differently by the number of bytes before it
        coded = b64encode(bytes(before) + raw).decode().rstrip("=")
        whole = (before + len(raw)) % 3 == 0
        inner = coded[-(-before * 8 // 6) : None if whole else -1]
        if len(inner) > MIN_LENGTH:
            yield from (inner, inner.replace("+", "-").replace("/", "_"))


def _lower(text: str) -> str:
    """Return the text in small letters, with as many characters as before."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def _squeeze(text: str) -> str:
    """Return the letters and digits of a text."""
    return "".join(filter(str.isalnum, text))
