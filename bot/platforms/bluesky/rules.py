"""Bluesky's rules for a content. Pure. Every rule has a code in ``RULES``.

Sources: Bluesky's own app, and the lexicons of November 2026 (``app.bsky.feed.post``,
``app.bsky.embed.images``, ``app.bsky.embed.external``, ``app.bsky.richtext.facet``), against which
a server checks every record.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.platforms.attachments import MB, MediaLimits, check_media, in_unit
from bot.platforms.base import Violation
from bot.platforms.bluesky.facets import entities, shown
from bot.platforms.bluesky.network import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Account, Content, Part

RULES = {
    "K701": "Bluesky refuses a text over 300 characters, as a reader counts them",
    "K702": "Bluesky refuses a text over 3,000 bytes: an emoji may have 25 of them",
    "K703": "A post without text and without picture says nothing",
    "K704": "A post on Bluesky shows at most four pictures",
    "K705": "Bluesky refuses pictures over 2,000,000 bytes",
    "K706": "Bluesky takes JPEG, PNG, WEBP and GIF; Groundswell does not send it videos yet",
    "K707": "Without alt text, people who cannot see the picture are left out",
    "K708": "Bluesky's own app takes at most 2,000 characters of alt text",
    "K709": "Bluesky has no polls",
    "K710": "On Bluesky, Groundswell cannot limit who may reply yet: everyone could",
    "K711": "Half of a surrogate pair is not a character: Bluesky cannot take the text",
    "K713": "Bluesky shows a GIF as a still picture",
    "K714": "A server other than Bluesky's own may still refuse pictures over 1,000,000 bytes",
    "K715": "Bluesky has no content warnings in your own words: everyone sees the text at once",
    "K716": "Bluesky makes no card of a link: without cards: in the campaign, none is shown",
    "K717": "Bluesky refuses a picture on a link card over 1,000,000 bytes",
    "K718": "Labels on Bluesky cover pictures and link cards: the text stays visible",
}

ADVICE = frozenset({"K708", "K713", "K714", "K715", "K716", "K718"})
"""The codes of content that Bluesky accepts all the same."""

GRAPHEME_LIMIT = 300
BYTE_LIMIT = 3000
_MAX_BYTES, _OLD_MAX_BYTES = 2 * MB, MB
_MEDIA = MediaLimits(
    "Bluesky",
    ("K704", "", "K705", "K706", "K707", "K708"),  # its GIFs do not move
    {"image": _MAX_BYTES},
    MB,
    alt=2000,
    long_alt="warning",
    kinds=dict.fromkeys(("image/jpeg", "image/png", "image/webp", "image/gif"), "image"),
    formats="JPEG, PNG, WEBP or GIF: Groundswell does not send Bluesky videos yet",
)
_CARD = replace(
    _MEDIA,
    platform="a link card on Bluesky",
    codes=("K704", "", "K717", "K706", "K707", "K708"),
    sizes={"image": MB},
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def grapheme_count(text: str) -> int:
    """Return the number of characters that a reader sees (extended grapheme clusters, UAX 29)."""
    return len(text) if text.isascii() and "\r" not in text else len(_graphemes().findall(text))


@cache
def _graphemes() -> Any:
    import regex  # takes 20 ms

    return regex.compile(r"\X")


def length(part: Part, account: Account) -> tuple[int, int]:
    """Return the number of characters that a reader sees in the part, and the limit."""
    del account
    return grapheme_count(shown(part.text, part.marked)), GRAPHEME_LIMIT


def mention(handle: str) -> str:
    """Return how a text mentions a handle. Raise ValueError for one that is no domain."""
    name = f"@{handle.removeprefix('@')}"
    found = [(kind, entity.start, entity.end) for kind, entity in entities(name)]
    if found != [("mention", 0, len(name))]:
        raise ValueError("is not a Bluesky handle; use the full domain: @name.bsky.social")
    return name


def check(content: Content, account: Account) -> list[Violation]:
    """Check a content against Bluesky's rules: every violation, in the order of its parts."""
    violations = []
    if content.reply_settings is not None:
        message = "Who may reply is limited, which Groundswell cannot do on Bluesky yet."
        hint = "Leave the accounts on Bluesky out of this post, or reply_settings."
        violations.append(Violation("K710", message, hint))
    is_covered = bool(content.labels) and any(part.media or part.card for part in content.parts)
    if content.labels and not is_covered:
        message = "The labels cover nothing: the post shows neither a picture nor a link card."
        hint = "Take labels out, or give Bluesky a text that begins with a warning."
        violations.append(Violation("K718", message, hint, level="warning"))
    if content.warning and not is_covered:
        message = "The content warning is not shown on Bluesky."
        hint = (
            "Give Bluesky a text that begins with it, under on: with warning: none; cover the "
            "pictures by labels:; or allow K715."
        )
        violations.append(Violation("K715", message, hint))
    for index, part in enumerate(content.parts):
        found = [*_check_text(part), *check_media(part, _CARD if part.card else _MEDIA)]
        found += _check_pictures(part, account)
        if part.poll is not None:
            hint = "Give Bluesky a text that asks without one, under on: with poll: none; or leave "
            hint += "its accounts out of the post."
            found.append(Violation("K709", "The post has a poll.", hint))
        violations += [replace(violation, part=index) for violation in found]
    return violations


def _check_text(part: Part) -> Iterator[Violation]:
    text = shown(part.text, part.marked)
    if bad := _SURROGATE.search(text):
        message = f"The text contains U+{ord(bad.group()):04X}, which is not a character."
        yield Violation("K711", message, "Type that passage again.")
        return
    size = len(text.encode())
    if (count := grapheme_count(text)) > GRAPHEME_LIMIT:
        message = f"The text has {count} characters; {GRAPHEME_LIMIT} are allowed on Bluesky."
        hint = f"Shorten it by {count - GRAPHEME_LIMIT}, or make it a thread."
        yield Violation("K701", message, hint)
    elif size > BYTE_LIMIT:
        message = f"The text has {size} bytes; {BYTE_LIMIT} are allowed on Bluesky."
        yield Violation("K702", message, "Take out some of the emoji that are made of several.")
    if not text.strip() and not part.media:
        yield Violation("K703", "There is neither text nor media.", "Write a text.")
    links = [entity.text for kind, entity in entities(text) if kind == "link"]
    if links and not part.card and not part.media:
        message = f"On Bluesky, {links[0]} is shown without a card."
        hint = "Write the page's title under cards: in the campaign, with this very address."
        yield Violation("K716", message, hint, level="warning")


def _check_pictures(part: Part, account: Account) -> Iterator[Violation]:
    for media in part.attached:
        name = media.path.name
        if _OLD_MAX_BYTES < media.size <= _MAX_BYTES and account.api not in {"", API}:
            message = f"{name} has {in_unit(media.size, MB)}; an older server takes 1 MB."
            yield Violation("K714", message, "Make the picture smaller.", level="warning")
        if media.mime == "image/gif":
            message = f"{name} is a GIF, which Bluesky shows as a still picture."
            yield Violation("K713", message, "Show its best frame instead.", level="warning")
