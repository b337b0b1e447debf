"""Mastodon's rules for a content. Pure. ``texts`` reads and counts texts.

Sources: Mastodon's documentation and its defaults (``MediaAttachment`` and ``PollOptionsValidator``
of 4.5). A server may allow more or less. An account's options hold the length of a text, which
``whoami`` compares with the server's own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.platforms.attachments import (
    MIB,
    MediaLimits,
    check_media,
    check_poll,
)
from bot.platforms.base import Violation
from bot.platforms.mastodon.texts import MENTION, count_as_written, count_characters
from bot.platforms.options import MastodonOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Account, Content, Part

RULES = {
    "M701": "A server refuses a text over its limit: 500 characters, unless it allows more",
    "M702": "Mastodon refuses a post without text unless it shows media",
    "M703": "A post shows at most four pictures",
    "M704": "A post shows pictures, or one GIF, or one video: Mastodon does not mix them",
    "M705": "Mastodon refuses files that are too large: pictures and GIFs 16 MiB, video 99 MiB",
    "M706": "Mastodon refuses pictures of more than 33 million pixels",
    "M707": "Mastodon takes JPEG, PNG, WEBP, GIF and MP4 or MOV",
    "M708": "Without alt text, people who cannot see the picture are left out",
    "M709": "Mastodon takes at most 1,500 characters of alt text",
    "M710": "A poll on Mastodon has two to four options",
    "M711": "An option of a poll on Mastodon has one to 50 characters",
    "M712": "A poll on Mastodon runs from five minutes to a month",
    "M713": "Most servers refuse a post with a poll and media",
    "M716": "Mastodon has no setting for who may reply: everyone may",
    "M717": "Mastodon refuses texts with codes that are not characters",
}

ADVICE = frozenset({"M716"})
"""The codes of content that Mastodon publishes all the same."""

_MAX_PIXELS = 33_177_600
_MEDIA = MediaLimits(
    "Mastodon",
    ("M703", "M704", "M705", "M707", "M708", "M709"),
    {"image": 16 * MIB, "GIF": 16 * MIB, "video": 99 * MIB},
    MIB,
    alt=1500,
)
_MONTH = 2_629_746 // 60  # minutes, as ActiveSupport counts it
_POLL_CODES = ("M710", "M711", "M712", "M713")
_NONCHARACTERS = re.compile("[\x00\ufffe\uffff\ud800-\udfff]")


def length(part: Part, account: Account) -> tuple[int, int]:
    """Return the length of the part's text as Mastodon counts it, and the limit there.

    The limit is that of the account's server, which also counts the content warning. ``check`` adds
    that.
    """
    return count_characters(part.text), account.options_as(MastodonOptions).characters


def mention(handle: str) -> str:
    """Return ``@name@server`` as a text mentions it. Raise ValueError for another name."""
    name = f"@{handle.removeprefix('@')}"
    found = MENTION.fullmatch(name)
    if not found or not found["server"]:
        raise ValueError("is not a Mastodon handle; write it with its server: @name@server")
    return name


def check(content: Content, account: Account) -> list[Violation]:
    """Return every rule of Mastodon that a content breaks, in the order of its parts."""
    violations = []
    if content.reply_settings is not None:
        message = "Mastodon cannot limit who may reply: there, everyone may."
        hint = "Take reply_settings out, or give Mastodon a post of its own."
        violations.append(Violation("M716", message, hint, level="warning"))
    for index, part in enumerate(content.parts):
        found = [*_check_text(part, account, content.warning or "")]
        found += [*check_media(part, _MEDIA), *_check_pixels(part)]
        found += check_poll(
            part, _POLL_CODES, characters=50, most_minutes=_MONTH, longest="a month"
        )
        violations += [replace(violation, part=index) for violation in found]
    return violations


def _check_text(part: Part, account: Account, warning: str) -> Iterator[Violation]:
    count, limit = length(part, account)
    count += count_as_written(warning)
    if count > limit:
        what = "The text with its content warning" if warning else "The text"
        message = f"{what} has {count} characters as Mastodon counts them; {limit} are allowed."
        yield Violation("M701", message, f"Shorten it by {count - limit}, or make it a thread.")
    if not part.text.strip() and not part.media:
        yield Violation("M702", "There is neither text nor media.", "Write a text.")
    if bad := _NONCHARACTERS.search(part.text):
        message = f"The text contains U+{ord(bad.group()):04X}, which is not a character."
        yield Violation("M717", message, "Type that passage again.")


def _check_pixels(part: Part) -> Iterator[Violation]:
    for media in part.media:
        if media.width * media.height > _MAX_PIXELS:
            message = f"{media.path.name} has {media.width} x {media.height} pixels."
            yield Violation("M706", message, "Scale it to 33 million pixels or less.")
