"""What an audience will see of a post, as plain frozen values; its canonical JSON and digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mark(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int


NOWHERE = Mark("", 0, 0)


@dataclass(frozen=True, slots=True)
class Media:
    """A file to show, already found, read and measured; ``path`` is absolute, ``sha256`` in hex."""

    path: Path
    alt: str
    sha256: str
    mime: str
    size: int
    width: int = 0
    height: int = 0
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Poll:
    """Two to four options that people can choose from for so many minutes."""

    options: tuple[str, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Part:
    """One post on the platform: a thread has several parts, other posts have one."""

    text: str
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Content:
    """All that an audience will see of a post, after templates, and who may reply.

    ``reply_settings`` is None (everyone), ``following``, ``mentionedUsers``, ``subscribers`` or
    ``verified``, as X names them.
    """

    parts: tuple[Part, ...]
    reply_settings: str | None = None

    @property
    def text(self) -> str:
        """The text of all parts, separated by blank lines."""
        return "\n\n".join(part.text for part in self.parts)

    def to_json(self) -> str:
        """Return the canonical JSON: same content, same bytes. Marks are left out."""
        return json.dumps(_to_plain(asdict(self)), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Content:
        """Read back what ``to_json`` wrote."""
        data = json.loads(text)
        parts = tuple(_part_from(part) for part in data["parts"])
        return cls(parts, data["reply_settings"])

    @staticmethod
    def part_from_json(text: str, place: int) -> Part:
        """Read back a single part, as for one publication of a thread. Raises IndexError."""
        return _part_from(json.loads(text)["parts"][place])

    @property
    def digest(self) -> str:
        """The sha256 of the content, in hex: file paths do not count, file contents do."""
        data = _to_plain(asdict(self))
        for part in data["parts"]:
            for media in part["media"]:
                del media["path"]
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _to_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_plain(item) for key, item in value.items() if key != "mark"}
    if isinstance(value, list | tuple):
        return [_to_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _part_from(data: Mapping[str, Any]) -> Part:
    media = tuple(Media(**{**item, "path": Path(item["path"])}) for item in data["media"])
    poll = data["poll"] and Poll(tuple(data["poll"]["options"]), data["poll"]["minutes"])
    return Part(data["text"], media, poll)
