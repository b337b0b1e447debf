"""Checks media and polls by each platform's own bounds and codes. Pure.

Checks of one platform only, such as the pixels of a picture, are in its own ``rules``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bot.platforms.base import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.model import Media, Part

KINDS: Mapping[str, str] = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "image",
    "image/gif": "GIF",
    "video/mp4": "video",
    "video/quicktime": "video",
}
"""The kinds of files, by their types, on a platform that does not mix images with videos."""

MIB = 1024 * 1024
MB = 1_000_000
_UNITS = {MIB: "MiB", MB: "MB"}


def media_kind(media: Media, kinds: Mapping[str, str] = KINDS) -> str:
    """Return a file's kind: ``image``, ``GIF``, ``video``, or ``other``."""
    return kinds.get(media.mime, "other")


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """The files that a platform takes."""

    platform: str
    codes: tuple[str, str, str, str, str, str]
    """For too many images, mixed kinds, too many bytes, the type, no alt text, and a long one."""

    sizes: Mapping[str, int]
    """Most bytes of each kind."""

    unit: int
    """``MB`` or ``MIB``, whichever the platform counts in."""

    alt: int
    """Most characters of an alt text."""

    long_alt: Literal["error", "warning"] = "error"
    """The level of a longer alt text."""

    kinds: Mapping[str, str] = field(default_factory=lambda: KINDS)
    """The kinds of files, by their types."""

    formats: str = "JPEG, PNG, WEBP, GIF or MP4"
    """The same in words."""

    images: int = 4


def check_media(part: Part, limits: MediaLimits) -> Iterator[Violation]:
    """Yield the broken rules about the files of a part, and their alt texts."""
    too_many, mixed, too_large, other, no_alt, long_alt = limits.codes
    kinds = [media_kind(media, limits.kinds) for media in part.media]
    images, moving = kinds.count("image"), [kind for kind in kinds if kind in {"GIF", "video"}]
    if images > limits.images:
        message = f"There are {images} pictures; {limits.platform} shows {limits.images} at most."
        yield Violation(too_many, message, "Spread them over a thread.")
    if moving and len(kinds) > 1:
        message = f"A {moving[0]} is combined with other media."
        yield Violation(mixed, message, "Put it in a post or part of its own.")
    for kind, media in zip(kinds, part.media, strict=True):
        name = media.path.name
        if kind == "other":
            message = f"{name} is {media.mime}, which cannot be sent to {limits.platform}."
            yield Violation(other, message, f"Use {limits.formats}.")
        elif media.size > limits.sizes[kind]:
            message = f"{name} has {in_unit(media.size, limits.unit)}; {limits.platform} takes "
            message += f"{limits.sizes[kind] // limits.unit} {_UNITS[limits.unit]}."
            yield Violation(too_large, message, f"Make the {kind} smaller.")
        if not media.alt.strip() and not part.card:
            hint = "Describe in a sentence what the picture shows."
            yield Violation(no_alt, f"{name} has no alt text.", hint)
        if len(media.alt) > limits.alt:
            message = f"The alt text of {name} has {len(media.alt)} characters."
            hint = f"Shorten it to {limits.alt}."
            yield Violation(long_alt, message, hint, level=limits.long_alt)


def in_unit(size: int, unit: int) -> str:
    """Return a file's size in ``MB`` or ``MIB``."""
    return f"{size / unit:.2f} {_UNITS[unit]}"


def check_poll(
    part: Part,
    codes: tuple[str, str, str, str],
    *,
    characters: int,
    most_minutes: int,
    longest: str,
) -> Iterator[Violation]:
    """Yield the broken rules about the poll of a part, if it has one.

    ``codes`` are for the number of options, the length of one, the time, and media beside a poll.
    An option has at most ``characters``. ``longest`` is ``most_minutes`` in words.
    """
    if part.poll is None:
        return
    number, length, end, media = codes
    options, minutes = part.poll.options, part.poll.minutes
    if not 2 <= len(options) <= 4:  # noqa: PLR2004 - the rule itself
        message = f"The poll has {len(options)} options."
        yield Violation(number, message, "Offer two, three or four.")
    for option in options:
        if not 1 <= len(option.strip()) <= characters:
            message = f"The poll option {option!r} has {len(option.strip())} characters."
            yield Violation(length, message, f"Use one to {characters}.")
    if not 5 <= minutes <= most_minutes:  # noqa: PLR2004 - on every platform
        message = f"The poll runs for {minutes} minutes."
        hint = f"Choose from 5 minutes to {longest} ({most_minutes:,} minutes)."
        yield Violation(end, message, hint)
    if part.media:
        yield Violation(media, "The post has a poll and media.", "Move one to another part.")
