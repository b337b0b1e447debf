"""Views of what an account or a partner of the coalition is to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.services.views import PollView


@dataclass(frozen=True, slots=True)
class LengthView:
    """How long a text is on a platform, in that platform's characters."""

    length: int
    """Its characters."""
    limit: int
    """The most that the platform takes."""


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A picture or video to attach."""

    file: str
    """Its path."""
    alt: str
    """What it shows, for people who cannot see it."""


@dataclass(frozen=True, slots=True)
class SharedPart:
    """One part of a thread, or a whole post."""

    text: str
    lengths: Mapping[str, LengthView]
    """How long it is, by platform."""
    media: tuple[SharedFile, ...]
    """The pictures and videos to attach."""
    poll: PollView | None
    """Its poll, if it has one."""


@dataclass(frozen=True, slots=True)
class SharedPost:
    """What an account or a partner is to say at one moment."""

    due: datetime
    """When, in UTC."""
    local: str
    """When that is where the audience is."""
    campaign: str
    post: str
    event: str | None
    platforms: tuple[str, ...]
    """The networks that it is for; a partner may say it on each on which our own accounts do."""
    wording: str
    """The name of the wording that it takes, if the post has several."""
    warning: str | None
    """The content warning that stands before it."""
    language: str | None
    """Its language, as BCP 47 names it."""
    labels: tuple[str, ...]
    """What its pictures are labelled with, on Bluesky."""
    parts: tuple[SharedPart, ...]
    """What to say; empty if none of the wordings is left for this partner alone."""
    alone: bool
    """Whether nobody else says the same."""
    like: tuple[str, ...]
    """The accounts and partners that would say the same."""
    notes: tuple[str, ...]
    """What to know before saying it."""
