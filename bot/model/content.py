"""What an audience sees: texts, media, polls and link cards, as frozen values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
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
    """A file to show, already found, read and measured; ``path`` is absolute, ``sha256`` in hex.

    ``sha256`` and ``size`` are of what is sent: the file without what nobody sees in it.
    ``focus`` is the point that stays in sight where a platform crops a picture: how far it is to
    the right of the middle, and above it, from -1.0 to 1.0. None leaves that to the platform.
    ``look`` is what it looks like (``bot.voice.pictures``), "" if that is not known.
    """

    path: Path
    alt: str
    sha256: str
    mime: str
    size: int
    width: int = 0
    height: int = 0
    focus: tuple[float, float] | None = None
    look: str = field(default="", compare=False)
    original_sha256: str = field(default="", compare=False)
    """The digest of the file as it lies in its folder; "" if it is sent as it is."""
    left_out: str = field(default="", compare=False)
    """What is not sent of it, in words; "" if nothing, or not known any more."""
    mark: Mark = field(default=NOWHERE, compare=False)

    @property
    def focal_point(self) -> str:
        """The ``focus`` as it is written, ``0.2, -0.5``; "" where there is none."""
        return ", ".join(map(str, self.focus or ()))

    @property
    def uploaded_with(self) -> str:
        """What an upload of the file says of it: with anything else, it is another upload."""
        return self.alt if self.focus is None else f"{self.alt}\n({self.focal_point})"


@dataclass(frozen=True, slots=True)
class Poll:
    """Two to four options that people can choose from for so many minutes."""

    options: tuple[str, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class LinkCard:
    """What a page says of itself, shown with the link to it."""

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
    """One post on the platform: a thread has several parts, other posts have one.

    ``card`` is shown with its link where a platform makes none of the page by itself. ``media`` are
    all files that go out with it: those it shows, or the picture on its card, which has no alt
    text.
    """

    text: str
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    card: LinkCard | None = None
    mark: Mark = field(default=NOWHERE, compare=False)

    @property
    def attached(self) -> tuple[Media, ...]:
        """The media that it shows itself: the picture on a card is none."""
        return () if self.card else self.media


@dataclass(frozen=True, slots=True)
class Content:
    """All that an audience will see of a post, after templates, and who may reply.

    ``reply_settings`` is None (everyone), ``following``, ``mentionedUsers``, ``subscribers`` or
    ``verified``, as X names them. ``warning`` is shown first where a platform has content warnings:
    the text and the media are behind it. ``language`` is the BCP 47 tag of the texts, such as
    ``pt-BR``. ``labels`` say what the pictures show, as Bluesky names it: they are covered.
    """

    parts: tuple[Part, ...]
    reply_settings: str | None = None
    warning: str | None = None
    language: str | None = None
    labels: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[tuple[int, str], ...]:
        """All that people see or hear, each with the index of its part: also alt texts and polls.

        The warning is shown with each part.
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
        """Return the canonical JSON: same content, same bytes. Marks are left out."""
        return json.dumps(_to_plain(asdict(self)), ensure_ascii=False, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Content:
        """Read back what ``to_json`` wrote."""
        return _reader().validate_json(text)

    @property
    def digest(self) -> str:
        """The sha256 of the content, in hex: file paths do not count, file contents do.

        What a picture looks like follows from its bytes, and does not count by itself.
        """
        data = _to_plain(asdict(self))
        for part in data["parts"]:
            for media in part["media"]:
                del media["path"]
                media.pop("look", None)
                media.pop("original_sha256", None)
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


_NOT_KEPT = {"mark", "left_out"}
_ADDED = {"warning", "language", "labels", "focus", "card", "look", "original_sha256"}
"""Fields that older contents and media in a database lack: without a value they are left out, and
digests stay."""


def _to_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _to_plain(item)
            for key, item in value.items()
            if key not in _NOT_KEPT and (item or key not in _ADDED)
        }
    if isinstance(value, list | tuple):
        return [_to_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


@cache
def _reader() -> TypeAdapter[Content]:
    from pydantic import TypeAdapter  # only for those who read from a database

    return TypeAdapter(Content)
