"""Texts in which no chat finds a link, a mention or markup. Pure.

A reason may be a server's own words, or anybody's. Chats do not agree on how to escape a sign, and
show an escape that they do not know. A sign that a chat might obey therefore becomes one that looks
like it. Our commands have no such sign. A post's name may have an ``@``, and commands understand
the name with the space behind that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_LIKENESSES = {
    "*": "\N{ASTERISK OPERATOR}",
    "`": "\N{REVERSED PRIME}",
    "~": "\N{TILDE OPERATOR}",
    "|": "\N{DIVIDES}",
    "_": "\N{MODIFIER LETTER LOW MACRON}",
    "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
    ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
}
_SIGN = re.compile(r"[*`<>]|~(?!/)|\|\||(?<!\w)_|_(?!\w)")
"""Emphasis, code and tags. Within a word, as in the name of an account, ``_`` has no effect."""
_SPACE = "\N{ZERO WIDTH SPACE}"
_JOINT = re.compile(
    r"[@\N{FULLWIDTH COMMERCIAL AT}](?=\w)|\](?=[(\[:])|\b[a-z]+:(?=//)|&(?=[#\w])", re.IGNORECASE
)
"""A zero-width space after this keeps a mention, a link or an entity from being one."""
_CALL = re.compile(r"\b(?:www\.|(?:mailto|tel|sms|javascript|data|tg|slack):)(?=\S)", re.IGNORECASE)
_ADDRESS = re.compile(
    r"https?://(?P<site>[^\s/?#]{1,300})(?:/[\w/@.%-]{0,300}(?:\?at=[\w.%+-]{1,300})?)?",
    re.IGNORECASE,
)
"""``?at=`` names the moment of a post on a page of the control room, and nothing elsewhere."""


def make_plain(text: str, sites: Collection[str] = ()) -> str:
    """Return a text without links, except for addresses on these sites."""
    pieces, done = [], 0
    for match in _ADDRESS.finditer(text):
        if match["site"].lower() in sites:
            pieces += [_plain(text[done : match.start()]), match[0]]
            done = match.end()
    return "".join([*pieces, _plain(text[done:])])


def _plain(text: str) -> str:
    text = _SIGN.sub(lambda sign: "".join(_LIKENESSES[char] for char in sign[0]), text)
    text = _JOINT.sub(rf"\g<0>{_SPACE}", text)
    return _CALL.sub(lambda call: f"{call[0][:-1]}{_SPACE}{call[0][-1]}", text)
