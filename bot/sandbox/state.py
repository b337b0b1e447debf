"""The nouns of the simulated platform: accounts, posts, polls, uploads."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MEDIA_LIFE = timedelta(hours=24)
"""How long an upload may be attached; X gives it in ``expires_after_secs``."""


@dataclass(slots=True)
class SimAccount:
    """An account on the platform.

    ``secrets`` are what a client signs with (OAuth 1.0a), valid in this sandbox and nowhere else.
    ``owns_app``: the app whose keys it uses is its own, and only then reading its own timeline is
    cheap.
    """

    id: str
    handle: str
    name: str
    created: datetime
    secrets: dict[str, str] = field(default_factory=dict)
    description: str = ""
    followers: int = 12_000
    automated: bool = True
    owns_app: bool = True

    @property
    def app(self) -> str:
        """The consumer key of the app that it uses."""
        return self.secrets["consumer_key"]


@dataclass(slots=True)
class SimUpload:
    """An uploaded file: first its parts, then, once finalized, its bytes."""

    id: str
    owner: str
    category: str
    mime: str
    total: int
    created: datetime
    parts: dict[int, bytes] = field(default_factory=dict)
    data: bytes = b""
    finalized: datetime | None = None
    failure: str = ""
    width: int = 0
    height: int = 0
    alt: str = ""
    animated: bool | None = None

    @property
    def kind(self) -> str:
        """What X calls it: ``photo``, ``animated_gif`` or ``video``.

        A GIF is an animation, unless its frames were counted.
        """
        if self.mime.startswith("video/"):
            return "video"
        if self.animated is False:
            return "photo"
        return "animated_gif" if self.mime == "image/gif" else "photo"

    @property
    def expires(self) -> datetime:
        """The instant after which it cannot be attached any more."""
        return self.created + MEDIA_LIFE


@dataclass(frozen=True, slots=True)
class SimPoll:
    """Options to choose from, until ``ends``."""

    id: str
    options: tuple[str, ...]
    minutes: int
    ends: datetime


@dataclass(frozen=True, slots=True)
class SimCounters:
    """Lifetime totals of a post."""

    impressions: int = 0
    likes: int = 0
    reposts: int = 0
    quotes: int = 0
    replies: int = 0
    bookmarks: int = 0
    link_clicks: int = 0
    profile_clicks: int = 0

    @property
    def engagements(self) -> int:
        """All counters but the impressions, together."""
        return int(sum(astuple(self))) - self.impressions


@dataclass(slots=True, eq=False)
class SimPost:
    """A post; ``raw`` is its text as it was sent.

    ``repeat_number`` counts the author's earlier posts with the same text, ``depth`` the posts
    above it in its thread, and ``replies`` are those to it. ``last_read`` holds the counters that
    the API last gave, and when.
    """

    id: str
    author: SimAccount
    raw: str
    created: datetime
    media: tuple[SimUpload, ...] = ()
    poll: SimPoll | None = None
    has_link: bool = False
    parent: str | None = None
    conversation: str = ""
    reply_settings: str = "everyone"
    paid_partnership: bool = False
    repeat_number: int = 0
    depth: int = 0
    has_replies: bool = False
    replies: list[SimPost] = field(default_factory=list)
    deleted: datetime | None = None
    last_read: tuple[datetime, SimCounters] | None = None


def group_threads(posts: Iterable[SimPost]) -> list[list[SimPost]]:
    """Return the posts of each conversation, in their order."""
    threads: dict[str, list[SimPost]] = {}
    for post in posts:
        threads.setdefault(post.conversation, []).append(post)
    return list(threads.values())
