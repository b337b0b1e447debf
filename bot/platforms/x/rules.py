"""X's rules for a content. Pure. Every rule has a code in ``RULES``.

Sources: X's developer documentation of August 2026 (manage-tweets, media, developer guidelines,
policy), and twitter-text for counting (https://docs.x.com/fundamentals/counting-characters).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import xtext
from bot.platforms.attachments import (
    MB,
    MediaLimits,
    check_media,
    check_poll,
    media_kind,
)
from bot.platforms.base import Violation
from bot.platforms.options import X_LONG_LIMIT, XOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Account, Content, Part

RULES = {
    "X701": "X refuses a text over its weighted limit: 280, or 25,000 for accounts with long posts",
    "X702": "X refuses a post without text unless it shows media",
    "X703": "A post shows at most four pictures",
    "X704": "A post shows pictures, or one GIF, or one video: X does not mix them",
    "X705": "X refuses files that are too large: picture 5 MB, GIF 15 MB, video 512 MB",
    "X706": "X refuses GIFs over 1280 x 1080 pixels",
    "X707": "X takes JPEG, PNG, WEBP, GIF and MP4 or MOV only",
    "X708": "Without alt text, people who cannot see the picture are left out",
    "X709": "X takes at most 1,000 characters of alt text",
    "X710": "A poll on X has two to four options",
    "X711": "An option of a poll on X has one to 25 characters",
    "X712": "A poll on X runs from five minutes to seven days",
    "X713": "A post on X has a poll or media, not both",
    "X714": "X refuses more than one cashtag in a post from a self-serve app",
    "X716": "X knows only these settings for who may reply",
    "X717": "X refuses texts with codes that are not characters",
    "X718": "X refuses a text that the account has just posted",
    "X719": "X may count an emoji newer than 2018 as several characters: its published code does",
    "X720": "X has no content warnings: everyone sees the text and the pictures at once",
}

ADVICE = frozenset({"X718", "X719", "X720"})
"""The codes of content that X may accept all the same."""

REPLY_SETTINGS = ("following", "mentionedUsers", "subscribers", "verified")
_GIF_SIZE = (1280, 1080)
_MEDIA = MediaLimits(
    "X",
    ("X703", "X704", "X705", "X707", "X708", "X709"),
    {"image": 5 * MB, "GIF": 15 * MB, "video": 512 * MB},
    MB,
    alt=1000,
)
_POLL_CODES = ("X710", "X711", "X712", "X713")
_MAX_CHARACTERS = {False: 4096, True: X_LONG_LIMIT + 4096}
"""Longer texts are not counted. An address counts 23, but X takes none over 4,096 characters."""
_HANDLE = re.compile("[A-Za-z0-9_]{1,20}")
"""X allows 15 characters. Older names may have 20."""
_NONCHARACTERS = re.compile("[\ufffe\ufeff\uffff\ud800-\udfff]")


def length(part: Part, account: Account) -> tuple[int, int]:
    """Return the part's weighted length, and the account's limit."""
    return xtext.weighted_length(part.text), account.options_as(XOptions).text_limit


def mention(handle: str) -> str:
    """Return a handle as a text mentions it. Raise ValueError for one that X does not allow."""
    name = handle.removeprefix("@")
    if not _HANDLE.fullmatch(name):
        raise ValueError("is not an X handle, which has letters, digits and underscores: @name")
    return f"@{name}"


def check(content: Content, account: Account) -> list[Violation]:
    """Return every rule of X that a content breaks, in the order of its parts."""
    violations = []
    if content.reply_settings not in {None, *REPLY_SETTINGS}:
        message = f"X does not know the reply setting {content.reply_settings!r}."
        hint = f"Leave it out, or use one of: {', '.join(REPLY_SETTINGS)}."
        violations.append(Violation("X716", message, hint))
    if content.warning:
        message = "X does not show the content warning."
        hint = "Give X a text that begins with it, under on: with warning: none; or allow X720."
        violations.append(Violation("X720", message, hint))
    elif content.labels:
        message = "X covers no pictures, whatever labels the post has."
        hint = "Give X a text of its own, under on: with labels: []; or allow X720."
        violations.append(Violation("X720", message, hint))
    for index, part in enumerate(content.parts):
        found = [*_check_text(part, account), *check_media(part, _MEDIA), *_check_gif_size(part)]
        found += check_poll(
            part, _POLL_CODES, characters=25, most_minutes=7 * 24 * 60, longest="7 days"
        )
        violations += [replace(violation, part=index) for violation in found]
    first: dict[str, int] = {}
    for index, part in enumerate(content.parts):
        words = " ".join(part.text.split())
        if words and words in first:
            message = f"This part has the same text as part {first[words] + 1}."
            hint = "Word it differently, or X may refuse it."
            violations.append(Violation("X718", message, hint, index, level="warning"))
        first.setdefault(words, index)
    return violations


def _check_text(part: Part, account: Account) -> Iterator[Violation]:
    options, limit = account.options_as(XOptions), account.options_as(XOptions).text_limit
    if len(part.text) > _MAX_CHARACTERS[options.long_posts]:
        message = (
            f"The text has {len(part.text)} characters; {limit} are allowed, as X counts them."
        )
        yield Violation("X701", message, "Shorten it, or make it a thread.")
    elif (count := xtext.weighted_length(part.text)) > limit:
        message = f"The text has {count} characters as X counts them; {limit} are allowed."
        yield Violation("X701", message, f"Shorten it by {count - limit}, or make it a thread.")
    elif (
        not part.text.isascii()  # only emoji are counted in two ways
        and (count := xtext.weighted_length(part.text, xtext.PUBLISHED_EMOJI)) > limit
    ):
        message = f"The text has {count} characters if X counts a newer emoji as several."
        hint = f"Shorten it by {count - limit}, so that X accepts it either way."
        yield Violation("X719", message, hint, level="warning")
    if not part.text.strip() and not part.media:
        yield Violation("X702", "There is neither text nor media.", "Write a text.")
    if bad := _NONCHARACTERS.search(part.text):
        message = f"The text contains U+{ord(bad.group()):04X}, which is not a character."
        yield Violation("X717", message, "Type that passage again.")
    tags = [f"${tag.text}" for tag in xtext.cashtags(part.text)]
    if len(tags) > 1:
        message = f"There are {len(tags)} cashtags: {', '.join(tags)}."
        yield Violation("X714", message, "Keep one, and write the others without the dollar sign.")


def _check_gif_size(part: Part) -> Iterator[Violation]:
    for media in part.media:
        too_large = media.width > _GIF_SIZE[0] or media.height > _GIF_SIZE[1]
        if media_kind(media) == "GIF" and too_large:
            name = media.path.name
            message = f"{name} has {media.width} x {media.height} pixels; X takes 1280 x 1080."
            yield Violation("X706", message, "Make the GIF smaller.")
