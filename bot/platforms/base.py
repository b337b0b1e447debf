"""The questions that Groundswell asks a platform, and the values that it answers with.

A platform is a module or package in ``bot.platforms.PLATFORMS`` that satisfies ``Platform``. Its
rules and prices are pure functions, which can be imported without the platform's library. Its
``connect`` returns the client for the network. ``bot.platforms.outcomes`` has what a client raises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from bot.text import TextRules

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime, timedelta
    from decimal import Decimal

    from bot.model import Account, Content, Counters, Media, Part, PollVotes, RemotePost

# --- Values ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendKey:
    """The name of one send.

    A part that is sent again, because it counts as absent, keeps the key of its first send if not a
    byte of it has changed.
    """

    name: str
    """In ASCII. Each part of a thread has another."""

    at: datetime
    """When the intent was written to disk, before the send."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of the platform that a content breaks."""

    code: str
    message: str
    hint: str
    part: int = 0
    """The index of the part that breaks it."""

    level: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that the platform holds for us."""

    media_id: str
    expires: datetime
    """No post can show the file after this instant."""

    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineSearch:
    """The posts that a search of the own timeline found."""

    matches: tuple[RemotePost, ...]
    evidence: str
    """A sentence about the posts that were looked at."""

    charges: tuple[Charge, ...] = ()
    near_matches: tuple[RemotePost, ...] = ()
    """Posts that could be the one searched for if the platform had changed its words."""

    misplaced: tuple[RemotePost, ...] = ()
    """Posts that have its very words, but reply to another post."""

    complete: bool = True
    """Whether the platform shows the account's posts as far back as asked."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A quantity of one item that the platform bills for a call."""

    item: str
    quantity: int
    ids: tuple[str, ...] = ()
    """The resources that were read, if the platform bills a resource only once a UTC day."""

    day: date | None = None
    """That day by the platform's own clock. None if its answer did not name the time."""


@dataclass(slots=True)
class CounterReading:
    """The counters that were read, by remote id."""

    counters: dict[str, Counters] = field(default_factory=dict)
    """Of the posts asked for, and of every own post in the same answers. They are billed too, and
    the caller knows which of them Groundswell published."""

    gone: set[str] = field(default_factory=set)
    """The ids that were asked for and that, as the platform says, no longer exist."""

    charges: list[Charge] = field(default_factory=list)
    votes: dict[str, PollVotes] = field(default_factory=dict)
    """The votes in the polls that were read."""


MAX_NAME, MAX_BIO = 500, 20_000
"""Most characters that are kept of a name, and of a bio."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The account that the credentials belong to."""

    id: str
    handle: str
    name: str
    bio: str
    discloses: bool | None
    """Whether the platform's own mark says that the account is automated. If its API shows no such
    mark, True if the bio says so, else None."""

    notes: tuple[str, ...] = ()
    """Sentences about the account that a person should read."""

    charges: tuple[Charge, ...] = ()
    token_user_id: str | None = None
    """The id in the credentials themselves, or None if they hold none."""

    def __post_init__(self) -> None:
        """Shorten what a server sends to a length that any real account can have."""
        for name, most in (("handle", MAX_NAME), ("name", MAX_NAME), ("bio", MAX_BIO)):
            object.__setattr__(self, name, getattr(self, name)[:most])
        object.__setattr__(self, "notes", tuple(note[:MAX_BIO] for note in self.notes))


# --- The two protocols ----------------------------------------------------------------------------


class Client(Protocol):
    """One account's connection. Every call has a timeout, follows no redirect and never retries."""

    @property
    def platform_time(self) -> datetime | None:
        """The platform's clock as of the last answer, or None if the answer did not show it."""
        ...

    @property
    def keys_last(self) -> timedelta:
        """For how long after its first send the same payload under the same key is surely one post.

        Zero if the account's server has no keys, or is not known to keep them.
        """
        ...

    def upload(self, media: Media) -> Upload:
        """Upload one file with its alt text. It may be repeated. Raise Outcome, never Unknown."""
        ...

    def payload(
        self, content: Content, part: int, media_ids: Sequence[str], reply_to: str | None
    ) -> str:
        """Return the exact JSON that ``publish`` will send for this part, without the network.

        ``reply_to`` is the ``RemotePost.reply`` of the part before, or only its id if a person
        recorded that it is out. It is None for the first part, and in a search for the words of a
        later one.
        """
        ...

    def publish(self, payload: str, key: SendKey) -> RemotePost:
        """Send the payload once. Raise Outcome.

        If the platform has keys, the same payload under the same key is one post, however often it
        is sent.
        """
        ...

    def find(self, payload: str, since: datetime) -> TimelineSearch:
        """Search the own posts made since an instant for the payload. Raise Outcome."""
        ...

    def fetch_counters(
        self, posts: Sequence[tuple[str, datetime]], polls: Collection[str] = ()
    ) -> CounterReading:
        """Read the counters of own posts, given as (remote id, published), in the cheapest way.

        ``polls`` are the ids of those with a poll.
        """
        ...

    def whoami(self) -> Profile:
        """Ask whose credentials these are, and post nothing. Raise Outcome."""
        ...


@runtime_checkable
class Markable(Protocol):
    """A client that can set the platform's own mark for automated accounts."""

    def mark_automated(self) -> None:
        """Set the mark and leave the rest of the profile alone. Raise Outcome."""
        ...


@runtime_checkable
class FindsNames(Protocol):
    """A client that needs the ids of the accounts that a post mentions."""

    def find_names(self, content: Content) -> None:
        """Look up the accounts that all parts mention, and keep their ids for a while.

        Raise Unsent with the names that are not found, or another Outcome.
        """
        ...


class Platform(TextRules, Protocol):
    """A platform's module. ``TextRules`` has how it reads a text. All but ``connect`` is pure."""

    SECRETS: tuple[str, ...]
    """Names of the secrets that an account needs, e.g. ``access_token``."""

    TOKEN: re.Pattern[str]
    """The form of its tokens. The random part is the first group, or the whole match if there is no
    group."""

    POST_ID: re.Pattern[str]
    """The form of a post's id, as it stands in the post's address."""

    CLICKS_LAST: timedelta | None
    """For how long after a post its clicks can be read, or None if never."""

    MEDIA_LASTS: timedelta
    """How long further posts can show an uploaded file. It serves only one post if this is 0."""

    RULES: Mapping[str, str]
    """The reason for each code of ``check``, in a sentence."""

    ADVICE: frozenset[str]
    """The codes that a person may allow with a reason, because the platform publishes the post."""

    def check(self, content: Content, account: Account) -> list[Violation]:
        """Return the rules of the platform that a content breaks."""
        ...

    def length(self, part: Part, account: Account) -> tuple[int, int]:
        """Return the length of the part's text as the platform counts it, and the limit.

        Mastodon also counts the content warning with each part. That is a setting of the whole
        content, and therefore ``check`` adds it.
        """
        ...

    def charges(self, content: Content) -> list[Charge]:
        """Return the charges for publishing a content."""
        ...

    def price(self, charge: Charge, on: datetime) -> Decimal:
        """Return the dollars that a charge costs on a day, by the dated prices."""
        ...

    def priced_since(self, on: datetime) -> date:
        """Return the day from which the prices of a day hold."""
        ...

    def billed_on(self, at: datetime) -> date:
        """Return the day on which a read at an instant is billed. A post is billed once a day."""
        ...

    def read_price(self, account: Account, on: datetime) -> tuple[Decimal, Decimal]:
        """Return the usual and the highest dollars for reading a post's counters on a day."""
        ...

    def api_of(self, handle: str) -> str:
        """Return the address of the API of an account with this handle.

        Raise ValueError, which says what to do, if the handle does not show the address.
        """
        ...

    def profile_url(self, account: Account) -> str:
        """Return the address of the account's page for people."""
        ...

    def post_url(self, account: Account, remote_id: str) -> str:
        """Return the address of one of its posts for people."""
        ...

    def connect(
        self,
        account: Account,
        secrets: Mapping[str, str],
        options: Mapping[str, Any] | None = None,
    ) -> Client:
        """Return the client without connecting yet. ``options`` are its clock and timeouts.

        Raise Unauthorized if a secret is missing, and GroundswellError if others could read the
        secrets on their way to the address.
        """
        ...
