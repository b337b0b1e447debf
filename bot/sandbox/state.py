"""The accounts, posts, polls and uploads of a simulated platform."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MEDIA_LIFE = timedelta(hours=24)
"""How long a post may show an upload. X names it in ``expires_after_secs``."""


@dataclass(slots=True)
class SimAccount:
    """An account on the platform."""

    id: str
    handle: str
    name: str
    created: datetime
    secrets: dict[str, str] = field(default_factory=dict)
    """Valid in this sandbox and nowhere else."""

    description: str = ""
    followers: int = 12_000
    automated: bool = True
    owns_app: bool = True
    """Whether the app whose keys it uses is its own. On X, only then is its timeline cheap."""

    @property
    def app(self) -> str:
        """The consumer key of the app that it uses."""
        return self.secrets["consumer_key"]


@dataclass(slots=True)
class SimUpload:
    """An uploaded file."""

    id: str
    owner: str
    mime: str
    total: int
    """How many bytes it has, or is announced to have."""

    created: datetime
    parts: dict[int, bytes] = field(default_factory=dict)
    """The parts that came, until it is finalized."""

    data: bytes = b""
    finalized: datetime | None = None
    failure: str = ""
    """Why it cannot be processed."""

    width: int = 0
    height: int = 0
    alt: str = ""
    animated: bool | None = None
    """Whether a GIF has several frames. None if they were not counted."""

    @property
    def kind(self) -> str:
        """X's word for its kind, which is ``photo``, ``animated_gif`` or ``video``."""
        if self.mime.startswith("video/"):
            return "video"
        if self.animated is False:
            return "photo"
        return "animated_gif" if self.mime == "image/gif" else "photo"

    @property
    def expires(self) -> datetime:
        """The instant after which no post can show it any more."""
        return self.created + MEDIA_LIFE


@dataclass(frozen=True, slots=True)
class SimPoll:
    """Options to choose from, until ``ends``."""

    id: str
    options: tuple[str, ...]
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
    """A post."""

    id: str
    author: SimAccount
    raw: str
    """Its text as it was sent."""

    created: datetime
    media: tuple[SimUpload, ...] = ()
    poll: SimPoll | None = None
    has_link: bool = False
    parent: str | None = None
    """The id of the post that it replies to."""

    conversation: str = ""
    """The id of the first post of its thread."""

    reply_settings: str = "everyone"
    repeat_number: int = 0
    """How many earlier posts of its author have the same text."""

    depth: int = 0
    """How many posts are above it in its thread."""

    has_replies: bool = False
    replies: list[SimPost] = field(default_factory=list)
    deleted: datetime | None = None
    last_read: tuple[datetime, SimCounters] | None = None
    """When the API last showed its counters, and which."""


def group_threads(posts: Iterable[SimPost]) -> list[list[SimPost]]:
    """Return the posts of each conversation, in their order."""
    threads: dict[str, list[SimPost]] = {}
    for post in posts:
        threads.setdefault(post.conversation, []).append(post)
    return list(threads.values())
