"""Links: what they cost, whether they are safe, and whether they are what they look like."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.lint.scripts import LOOKS_LATIN
from bot.text.words import TRAILING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.rule import Finding, Sight
    from bot.model import Account, Part

_DOT = re.compile(r"\.[^\W\d_]")
_INSECURE = re.compile(r"\bhttp://[^\s<>\"“”«»]+", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s<>\"“”«»()]+")
_LONGEST_HOST = 253
"""Characters: what is longer is no name of a host (RFC 1035), and no link."""

_SCRIPTS_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
"""Scripts that are written mixed (UTS 39, "highly restrictive"); any other mixture deceives."""


def dearer(sight: Sight) -> Iterator[Finding]:
    """Find what a platform makes a link of and bills as one, where ``link:`` did not ask for it."""
    for part, typed, wording in sight.typed:
        said = typed.replace(wording.link, " ") if wording.link else typed
        if "http:" in said.lower():  # told by a rule of its own
            said = _INSECURE.sub(" ", said)
        if not _DOT.search(said):
            continue
        own = replace(part, text=said)
        for name in sight.post.accounts:
            account = sight.accounts.get(name)
            if account and (found := _dearer(sight, part, own, account)):
                yield found
                break


def _dearer(sight: Sight, part: Part, own: Part, account: Account) -> Finding | None:
    dear = sight.price(own, account)
    words = [word for word in own.text.split() if _DOT.search(word)]
    cheap = sight.price(replace(own, text=_without(words, own.text)), account)
    if dear <= cheap:
        return None
    without = replace(own, media=(), text="")
    base = sight.price(without, account)
    name = next(
        (one for one in words if sight.price(replace(without, text=one), account) > base), words[0]
    )
    message = (
        f"{name.strip(TRAILING)} becomes a link, and the post costs ${dear} instead of ${cheap}."
    )
    hint = "If it is meant, put it under link:; else write the name without the dot."
    return sight.at(part, message, hint)


def _without(words: list[str], text: str) -> str:
    left = set(words)
    return " ".join(word for word in text.split() if word not in left)


def insecure(sight: Sight) -> Iterator[Finding]:
    """Find links that anybody on the way can read and change."""
    for part in sight.parts:
        if "http" in part.text.lower():
            for link in _INSECURE.findall(part.text):
                hint = "Put it under link:, with https://, and open it once to see that it works."
                yield sight.at(part, f"{link.rstrip(TRAILING)} is not encrypted on its way.", hint)


def deceptive(sight: Sight) -> Iterator[Finding]:
    """Find addresses that look like another: mixed scripts, look-alikes, a name before an @."""
    for part in sight.parts:
        if part.text.isascii() and "xn--" not in part.text and "://" not in part.text:
            continue
        for word in _BETWEEN.split(part.text):
            if "." in word and (why := _deceives(word)):
                yield sight.at(part, *why)


def _deceives(word: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(word if "://" in word else f"//{word}")
        host = (parts.hostname or "").rstrip(".…")
    except ValueError:
        return None
    if len(host) > _LONGEST_HOST:
        return None
    if parts.username is not None and "://" in word:
        return (
            f"The link leads to {host}, not to what stands before the @.",
            "Write the address without a name and an @ in it.",
        )
    labels = [_spelled(label) for label in host.split(".")]
    if len(labels) > 1 and any(map(_is_mixed, labels)):
        message = f"{'.'.join(labels)} mixes scripts: it really is {_punycode(labels)}."
        return message, "Type the address anew, by hand, and open it."
    return None


def _spelled(label: str) -> str:
    """Give a label in its own letters, where it is written in punycode."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def _punycode(labels: list[str]) -> str:
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in labels
    )


def _is_mixed(label: str) -> bool:
    if label.isascii():
        return False
    letters = [char for char in label.lower() if char.isalpha()]
    scripts = {unicodedata.name(char, "?").split("-")[0].split(" ")[0] for char in letters}
    alone = len(scripts) <= 1 or any(scripts <= together for together in _SCRIPTS_TOGETHER)
    return not alone or (bool(letters) and LOOKS_LATIN.issuperset(letters))
