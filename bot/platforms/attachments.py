"""Media and polls: what platforms check in the same way, each with its own bounds and codes. Pure.

What only one platform checks, such as the pixels of a picture, is in its own ``rules``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

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
"""What files are, by their types, on a platform that does not mix images with what moves."""

MIB = 1024 * 1024
MB = 1_000_000
_UNITS = {MIB: "MiB", MB: "MB"}


def media_kind(media: Media, kinds: Mapping[str, str] = KINDS) -> str:
    """Return which kind a file is: ``image``, ``GIF``, ``video``, or ``other``."""
    return kinds.get(media.mime, "other")


class MediaCodes(NamedTuple):
    """The codes for too many images, mixed kinds, too many bytes, a type, and alt texts."""

    number: str
    mixed: str
    size: str
    type: str
    no_alt: str
    long_alt: str


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a platform takes: of each kind at most ``sizes`` bytes, and ``alt`` characters with it.

    ``unit`` is ``MB`` or ``MIB``, whichever the platform counts in. ``kinds`` are those of the
    types that it takes, ``formats`` the same in words. ``long_alt`` is the level of a longer text.
    """

    platform: str
    codes: MediaCodes
    sizes: Mapping[str, int]
    unit: int
    alt: int
    long_alt: Literal["error", "warning"] = "error"
    kinds: Mapping[str, str] = field(default_factory=lambda: KINDS)
    formats: str = "JPEG, PNG, WEBP, GIF or MP4"
    images: int = 4


def check_media(part: Part, limits: MediaLimits) -> Iterator[Violation]:
    """Check the files of a part, and their alt texts."""
    codes, kinds = limits.codes, [media_kind(media, limits.kinds) for media in part.media]
    images, moving = kinds.count("image"), [kind for kind in kinds if kind in {"GIF", "video"}]
    if images > limits.images:
        message = f"There are {images} images; {limits.platform} shows {limits.images} at most."
        yield Violation(codes.number, message, "Spread them over a thread.")
    if moving and len(kinds) > 1:
        message = f"A {moving[0]} is combined with other media."
        yield Violation(codes.mixed, message, "Put it in a post or part of its own.")
    for kind, media in zip(kinds, part.media, strict=True):
        name = media.path.name
        if kind == "other":
            message = f"{name} is {media.mime}, which cannot be sent to {limits.platform}."
            yield Violation(codes.type, message, f"Use {limits.formats}.")
        elif media.size > limits.sizes[kind]:
            message = f"{name} has {in_unit(media.size, limits.unit)}; {limits.platform} takes "
            message += f"{limits.sizes[kind] // limits.unit} {_UNITS[limits.unit]}."
            yield Violation(codes.size, message, f"Make the {kind} smaller.")
        if not media.alt.strip() and not part.card:
            hint = "Describe in a sentence what the picture shows."
            yield Violation(codes.no_alt, f"{name} has no alt text.", hint)
        if len(media.alt) > limits.alt:
            message = f"The alt text of {name} has {len(media.alt)} characters."
            hint = f"Shorten it to {limits.alt}."
            yield Violation(codes.long_alt, message, hint, level=limits.long_alt)


def in_unit(size: int, unit: int) -> str:
    """Return a file's size in ``MB`` or ``MIB``."""
    return f"{size / unit:.2f} {_UNITS[unit]}"


class PollCodes(NamedTuple):
    """The codes for how many options there are, how long one is, when it ends, and media."""

    options: str
    length: str
    minutes: str
    media: str


@dataclass(frozen=True, slots=True)
class PollLimits:
    """What a platform takes: two to four options of so many ``characters``, for 5 to ``minutes``.

    ``longest`` are those minutes in words.
    """

    codes: PollCodes
    characters: int
    minutes: int
    longest: str


def check_poll(part: Part, limits: PollLimits) -> Iterator[Violation]:
    """Check the poll of a part, if there is one."""
    if part.poll is None:
        return
    codes, options, minutes = limits.codes, part.poll.options, part.poll.minutes
    if not 2 <= len(options) <= 4:  # noqa: PLR2004 - the rule itself
        message = f"The poll has {len(options)} options."
        yield Violation(codes.options, message, "Offer two, three or four.")
    for option in options:
        if not 1 <= len(option.strip()) <= limits.characters:
            message = f"The poll option {option!r} has {len(option.strip())} characters."
            yield Violation(codes.length, message, f"Use one to {limits.characters}.")
    if not 5 <= minutes <= limits.minutes:  # noqa: PLR2004 - everywhere the same
        message = f"The poll runs for {minutes} minutes."
        hint = f"Choose from 5 minutes to {limits.longest} ({limits.minutes:,} minutes)."
        yield Violation(codes.minutes, message, hint)
    if part.media:
        yield Violation(codes.media, "The post has a poll and media.", "Move one to another part.")
