"""How X turns what was posted into what its API says: t.co links, entities, HTML escapes."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot import xtext

if TYPE_CHECKING:
    from collections.abc import Callable

_DISPLAYED = 26
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_NAMES = {"hashtag": "tag", "cashtag": "tag", "mention": "username"}


@dataclass(frozen=True, slots=True)
class Told:
    """A text as the API tells it, with its entities."""

    text: str
    entities: dict[str, list[dict[str, Any]]]


def normal(text: str) -> str:
    """Return the text as X keeps it: NFC, without blanks around it (the latter is [U])."""
    return unicodedata.normalize("NFC", text).strip()


def address(typed: str) -> str:
    """Return where a link leads that was typed like this."""
    return typed if _SCHEME.match(typed) else f"http://{typed}"


def displayed(typed: str) -> str:
    """Return how a link is shown."""
    bare = re.sub(r"^https?://(www\.)?", "", typed, flags=re.IGNORECASE)
    return bare if len(bare) <= _DISPLAYED else bare[:_DISPLAYED] + "…"


def short(*parts: object) -> str:
    """Return the t.co address that belongs to these parts: same parts, same address."""
    number = int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")
    code = ""
    for _ in range(10):
        number, place = divmod(number, len(_ALPHABET))
        code += _ALPHABET[place]
    return f"https://t.co/{code}"


def tell(text: str, shorten: Callable[[str], str], media: list[dict[str, str]]) -> Told:
    """Return the API's text: addresses shortened, media links behind, ``&<>`` escaped.

    ``media`` are entities (``expanded_url``, ``display_url``, ``media_key``) that all share one
    trailing link. Indices count characters of the text as told [U].
    """
    out, done = "", 0
    told: dict[str, list[dict[str, Any]]] = {}
    for kind, entity in xtext.entities(text):
        out += html.escape(text[done : entity.start], quote=False)
        said = text[entity.start : entity.end]
        shown = shorten(address(entity.text)) if kind == "link" else said
        place = {"start": len(out), "end": len(out) + len(shown)}
        name = "urls" if kind == "link" else f"{kind}s"
        told.setdefault(name, []).append({**place, **_details(kind, entity.text, shown)})
        out, done = out + shown, entity.end
    out += html.escape(text[done:], quote=False)
    if media:
        link = shorten(media[0]["expanded_url"])
        out = f"{out} {link}" if out else link
        place = {"start": len(out) - len(link), "end": len(out)}
        told.setdefault("urls", []).extend({**place, "url": link, **item} for item in media)
    return Told(out, told)


def _details(kind: str, said: str, shown: str) -> dict[str, str]:
    if kind != "link":
        return {_NAMES[kind]: said}
    return {"url": shown, "expanded_url": address(said), "display_url": displayed(said)}
