"""Views of texts for an account or a partner of a coalition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model import Poll


@dataclass(frozen=True, slots=True)
class LengthView:
    """The length of a text on a platform, in that platform's characters."""

    length: int
    """The number of characters."""
    limit: int
    """The most that the platform accepts."""


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A picture or video to attach."""

    file: str
    """Its path."""
    alt: str
    """Its description for people who cannot see it."""


@dataclass(frozen=True, slots=True)
class SharedPart:
    """One part of a thread, or a whole post."""

    text: str
    lengths: Mapping[str, LengthView]
    """Its length on each platform."""
    media: tuple[SharedFile, ...]
    """The pictures and videos to attach."""
    poll: Poll | None
    """Its poll, if it has one."""


@dataclass(frozen=True, slots=True)
class SharedPost:
    """A post for an account or a partner to publish at one moment."""

    due: datetime
    """When it is due, in UTC."""
    local: str
    """When that is, in the timezone of the audience."""
    campaign: str
    post: str
    event: str | None
    platforms: tuple[str, ...]
    """The networks for which it is meant; a partner may use each one that our accounts use."""
    wording: str
    """The name of the wording that it takes, if the post has several."""
    warning: str | None
    """The content warning that stands before it."""
    language: str | None
    """The code of its language, by BCP 47."""
    labels: tuple[str, ...]
    """The content labels of its pictures on Bluesky."""
    parts: tuple[SharedPart, ...]
    """Its parts; empty if no wording is left for this partner alone."""
    alone: bool
    """Whether no other account or partner would say the same."""
    like: tuple[str, ...]
    """The accounts and partners that would say the same."""
    notes: tuple[str, ...]
    """Remarks to read before publishing it."""
