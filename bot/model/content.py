"""Texts, media, polls and link cards of posts, as frozen values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class Mark(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int


NOWHERE = Mark("", 0, 0)


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or film, already found, read and measured."""

    path: Path
    """The absolute path."""
    alt: str
    sha256: str
    """The digest, in hex, of the bytes that are sent, which is the file without hidden data."""
    mime: str
    size: int
    """The number of bytes that are sent."""
    width: int = 0
    height: int = 0
    focus: tuple[float, float] | None = None
    """The point that stays in sight if a platform crops the picture. It is how far to the right of
    the middle, and how far above it, from -1.0 to 1.0. None leaves that to the platform."""
    look: str = field(default="", compare=False)
    """A picture's look, to compare it by (``bot.voice.pictures``); "" if not known."""
    original_sha256: str = field(default="", compare=False)
    """The digest of the file as it lies in its folder; "" if it is sent as it is."""
    left_out: str = field(default="", compare=False)
    """Names the hidden data that is not sent; "" if there is none, or it is not known any more."""
    mark: Mark = field(default=NOWHERE, compare=False)

    @property
    def focal_point(self) -> str:
        """The ``focus`` as it is written, ``0.2, -0.5``; "" if there is none."""
        return ", ".join(map(str, self.focus or ()))

    @property
    def uploaded_with(self) -> str:
        """The alt text and focus that an upload carries. With others, it is another upload."""
        return self.alt if self.focus is None else f"{self.alt}\n({self.focal_point})"


@dataclass(frozen=True, slots=True)
class Poll:
    """Two to four options that people can choose from for so many minutes."""

    options: tuple[str, ...]
    """The answers that people can choose."""
    minutes: int
    """How many minutes it is open."""


@dataclass(frozen=True, slots=True)
class LinkCard:
    """A preview of a page, shown with the link to it, in the page's own words."""

    link: str
    title: str
    description: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Title and description."""
        return self.title, self.description

    def __str__(self) -> str:
        """Return it on one line: ``The title: what it is about (https://…)``."""
        about = f": {self.description}" if self.description else ""
        return f"{self.title}{about} ({self.link})"


@dataclass(frozen=True, slots=True)
class Part:
    """One post on the platform. A thread has several parts, other posts have one."""

    text: str
    media: tuple[Media, ...] = ()
    """All files that go out with it. If it has a card, that is the card's picture, without an alt
    text."""
    poll: Poll | None = None
    card: LinkCard | None = None
    """A preview of its link, for platforms that make none by themselves."""
    marked: tuple[str, ...] = ()
    """The links in its text to which ``links:`` of the campaign added marks."""
    mark: Mark = field(default=NOWHERE, compare=False)

    @property
    def attached(self) -> tuple[Media, ...]:
        """The media that it shows itself, without the picture on a card."""
        return () if self.card else self.media


@dataclass(frozen=True, slots=True)
class Content:
    """All that an audience will see of a post, after templates, and who may reply."""

    parts: tuple[Part, ...]
    reply_settings: str | None = None
    """None (everyone), ``following``, ``mentionedUsers``, ``subscribers`` or ``verified``, as X
    names them."""
    warning: str | None = None
    """A content warning, for platforms that show it first and hide text and media behind it."""
    language: str | None = None
    """The BCP 47 tag of the texts, such as ``pt-BR``."""
    labels: tuple[str, ...] = ()
    """Bluesky's names for the kinds of pictures that it covers until a reader asks for them."""

    @property
    def texts(self) -> tuple[tuple[int, str], ...]:
        """All texts that people see or hear, each with the index of its part.

        Alt texts, polls and cards are among them. The warning stands with each part.
        """
        return tuple(
            (index, text)
            for index, part in enumerate(self.parts)
            for text in (
                *([self.warning] if self.warning else []),
                part.text,
                *(media.alt for media in part.media),
                *(part.poll.options if part.poll else ()),
                *(part.card.texts if part.card else ()),
            )
        )

    @property
    def text(self) -> str:
        """The text of all parts, separated by blank lines."""
        return "\n\n".join(part.text for part in self.parts)

    def to_json(self) -> str:
        """Return the canonical JSON, without marks. The same content has the same bytes."""
        return json.dumps(_to_plain(self), ensure_ascii=False, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Content:
        """Return the content that ``to_json`` wrote."""
        return _reader().validate_json(text)

    @property
    def digest(self) -> str:
        """The sha256 of the content, in hex. The bytes of files count, their paths do not.

        A picture's look follows from its bytes, and does not count by itself.
        """
        data = _to_plain(self)
        for part in data["parts"]:
            for media in part["media"]:
                del media["path"]
                media.pop("look", None)
                media.pop("original_sha256", None)
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


_NOT_KEPT = {"mark", "left_out"}
_ADDED = {"warning", "language", "labels", "focus", "card", "marked", "look", "original_sha256"}
"""Fields that older contents and media in a database lack. They are left out while they have no
value, and so digests stay."""


def _to_plain(value: Any) -> Any:
    if names := getattr(value, "__dataclass_fields__", None):
        return {
            name: _to_plain(item)
            for name in names
            if name not in _NOT_KEPT and ((item := getattr(value, name)) or name not in _ADDED)
        }
    if isinstance(value, list | tuple):
        return [_to_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


@cache
def _reader() -> TypeAdapter[Content]:
    from pydantic import TypeAdapter  # only for those who read from a database

    return TypeAdapter(Content)
