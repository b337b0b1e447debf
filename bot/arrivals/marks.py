"""The marks in the address of a request, by their meaning. Pure.

An address reaches a web log as the last program on its way wrote it. Mail clients and scripts
encode letters that need no encoding, write ``&`` as ``&amp;`` and append a second ``?``. The marks
are the same all the while.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

from bot.link_marks import MARK_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_VALUE = 100
"""Most characters of a value. The ids and addresses that we mark links with are shorter."""

UNFIT = "\ufffd"
"""The value of a mark that no link of ours has: too long, not printable, or not UTF-8."""

_MOST_ENCODED = 1000
"""Most bytes of a value that are decoded: each character is up to four bytes, of three signs."""

_MOST_PARAMETERS = 200
"""Most parameters of an address that are looked at."""

_SEPARATORS = re.compile("[&?]")


class Marks(NamedTuple):
    """The values of a link's marks, without blanks around them. "" stands for a missing one."""

    network: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""
    partner: str = ""


_FIELDS = dict(zip(MARK_NAMES, Marks._fields, strict=True))


def find_marks(target: str) -> Marks | None:
    """Return the marks in the target of a request, or None if it names no campaign.

    If a mark is there twice, the first counts: what others append to a link stands after ours.
    """
    query = target.partition("#")[0].partition("?")[2]
    if not query:
        return None
    found: dict[str, str] = {}
    if "=" not in query:  # somebody encoded all of it as one value
        query = unquote_plus(query)
    for name, value in _parameters(query):
        if field := _FIELDS.get(name):
            found.setdefault(field, value)
    return Marks(**found) if "campaign" in found else None


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters that have a value, decoded, with their names in lower case."""
    for number, pair in enumerate(_SEPARATORS.split(query)):
        if number >= _MOST_PARAMETERS:
            return
        name, _, value = pair.partition("=")
        name = clean_value(name).lower()
        while name.startswith("amp;"):
            name = name[4:]
        if cleaned := clean_value(value):
            yield name, cleaned


def clean_value(encoded: str) -> str:
    """Return a value decoded and without blanks around it, or ``UNFIT``."""
    if len(encoded) > _MOST_ENCODED:
        return UNFIT
    return fit_value(unquote_plus(encoded, errors="replace"))


def fit_value(value: str) -> str:
    """Return a value without blanks around it, or ``UNFIT`` if no link of ours can have it."""
    value = value.strip()
    fits = len(value) <= LONGEST_VALUE and value.isprintable() and UNFIT not in value
    return value if fits else UNFIT
