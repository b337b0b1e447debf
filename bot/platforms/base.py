"""What a platform is: the questions that Groundswell asks one, and the values of its answers.

A platform is a module or package in ``bot.platforms.PLATFORMS`` that satisfies ``Platform``: rules
and prices as pure functions, importable without the platform's library, and ``connect``, which
returns the client for the network; what its calls raise is in ``bot.platforms.outcomes``.
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
    """What names one send: its intent, which was on disk ``at`` that instant, before the send.

    Each part of a thread has another ``name`` (ASCII). A part that is sent again, as it counts as
    absent, has the key of its first send if it is the same to the byte, and else another.
    """

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of the platform that a content breaks; ``part`` is the index of the part."""

    code: str
    message: str
    hint: str
    part: int = 0
    level: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Upload:
    """Media that the platform holds for us; usable until ``expires``."""

    media_id: str
    expires: datetime
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineSearch:
    """What a search of the own timeline found; ``evidence`` describes what was looked at.

    ``near_matches`` are the posts that could be the one searched for if the platform had changed
    its words. ``misplaced`` have its very words, but reply to another post. ``complete`` is False
    where the platform does not show the account's posts as far back as asked.
    """

    matches: tuple[RemotePost, ...]
    evidence: str
    charges: tuple[Charge, ...] = ()
    near_matches: tuple[RemotePost, ...] = ()
    misplaced: tuple[RemotePost, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that a call cost: ``item`` names it, ``quantity`` how many of it, ``ids`` which.

    ``ids`` are the resources read, where the platform bills a resource only once a UTC day; ``day``
    is that day by the platform's own clock, None where its answer did not give it.
    """

    item: str
    quantity: int
    ids: tuple[str, ...] = ()
    day: date | None = None


@dataclass(slots=True)
class CounterReading:
    """Counters by remote id: of the posts asked for, and of every own post read with them.

    What an answer holds is billed, asked for or not, so none of it is left out; which of the posts
    Groundswell published is for the caller to know. ``gone`` are ids that were asked for and that,
    as the platform says, no longer exist. ``votes`` are those of the polls that were read.
    """

    counters: dict[str, Counters] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    charges: list[Charge] = field(default_factory=list)
    votes: dict[str, PollVotes] = field(default_factory=dict)


MAX_NAME, MAX_BIO = 500, 20_000
"""Most characters that are kept of a name, and of a bio."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the credentials belong to.

    ``token_user_id`` is the id in the credentials themselves, None if they hold none. ``discloses``
    is whether the platform's own mark says that the account is automated. If its API shows no such
    mark, it is True if the bio says so, else None.
    """

    id: str
    handle: str
    name: str
    bio: str
    discloses: bool | None
    notes: tuple[str, ...] = ()
    charges: tuple[Charge, ...] = ()
    token_user_id: str | None = None

    def __post_init__(self) -> None:
        """Shorten texts that no platform lets anybody have: they are a server's own words."""
        for name, most in (("handle", MAX_NAME), ("name", MAX_NAME), ("bio", MAX_BIO)):
            object.__setattr__(self, name, getattr(self, name)[:most])
        object.__setattr__(self, "notes", tuple(note[:MAX_BIO] for note in self.notes))


# --- The two protocols ----------------------------------------------------------------------------


class Client(Protocol):
    """One account's connection. Every call has a timeout, follows no redirect and never retries."""

    @property
    def platform_time(self) -> datetime | None:
        """The platform's clock as of the last answer, None if that did not give it."""
        ...

    @property
    def keys_last(self) -> timedelta:
        """For how long after its first send the same payload under the same key is surely one post.

        Zero where the account's server has no keys, or is not known to keep them.
        """
        ...

    def upload(self, media: Media) -> Upload:
        """Upload one file with its alt text; repeatable. Raise Outcome, never Unknown."""
        ...

    def payload(
        self, content: Content, part: int, media_ids: Sequence[str], reply_to: str | None
    ) -> str:
        """Return the exact JSON that ``publish`` will send for this part: pure, no network.

        ``reply_to`` is the ``RemotePost.reply`` of the part before, or only its id where a person
        recorded that it is out; None for the first part, or to search for a later one's words.
        """
        ...

    def publish(self, payload: str, key: SendKey) -> RemotePost:
        """Send it, once. Raise Outcome.

        Where the platform allows it, the same payload under the same key is one post, however
        often it is sent.
        """
        ...

    def find(self, payload: str, since: datetime) -> TimelineSearch:
        """Search for the payload among the own posts made since then. Raise Outcome."""
        ...

    def fetch_counters(
        self, posts: Sequence[tuple[str, datetime]], polls: Collection[str] = ()
    ) -> CounterReading:
        """Read the counters of own posts, given as (remote id, published): cheapest way first.

        ``polls`` are the ids of those with a poll; none on a platform that has no polls.
        """
        ...

    def whoami(self) -> Profile:
        """Ask who these credentials belong to; nothing is posted. Raise Outcome."""
        ...


@runtime_checkable
class Markable(Protocol):
    """A client that can set the platform's own mark for automated accounts."""

    def mark_automated(self) -> None:
        """Set the mark, and change nothing else of the profile. Raise Outcome."""
        ...


@runtime_checkable
class FindsNames(Protocol):
    """A client that needs the ids of the accounts that a post mentions."""

    def find_names(self, content: Content) -> None:
        """Look up whom all parts mention, and keep it for a while.

        Raise Unsent with the names that are not found, or another Outcome.
        """
        ...


class Platform(TextRules, Protocol):
    """A platform's module; how it reads a text is in ``TextRules``."""

    SECRETS: tuple[str, ...]
    """Names of the secrets that an account needs, e.g. ``access_token``."""

    TOKEN: re.Pattern[str]
    """The form of its tokens; the first group is the random part. Without one, any match is."""

    POST_ID: re.Pattern[str]
    """The form of a post's id, as in the address of the post."""

    CLICKS_LAST: timedelta | None
    """For how long after a post its clicks can be read; None if never."""

    MEDIA_LASTS: timedelta
    """How long an uploaded file serves further posts without being paid for again; none if 0."""

    RULES: Mapping[str, str]
    """What each code of ``check`` is about, and why."""

    ADVICE: frozenset[str]
    """The codes that a person may allow, with a reason: the platform publishes the post anyway."""

    def check(self, content: Content, account: Account) -> list[Violation]:
        """Check a content against the platform's rules; pure."""
        ...

    def length(self, part: Part, account: Account) -> tuple[int, int]:
        """Return the part's length as the platform counts it, and the limit; pure."""
        ...

    def charges(self, content: Content) -> list[Charge]:
        """Return what publishing this is billed as; pure."""
        ...

    def price(self, charge: Charge, on: datetime) -> Decimal:
        """Return the dollars that a charge costs on a day, by the dated prices; pure."""
        ...

    def priced_since(self, on: datetime) -> date:
        """Return since which day the prices of a day hold; pure."""
        ...

    def billed_on(self, at: datetime) -> date:
        """Return the day on which a read at this instant is billed; a post is billed once a day."""
        ...

    def read_price(self, account: Account, on: datetime) -> tuple[Decimal, Decimal]:
        """Return the usual and the highest dollars for reading a post's counters on a day; pure."""
        ...

    def api_of(self, handle: str) -> str:
        """Return the address of the API of an account with this handle; pure.

        Raise ValueError where it does not tell, with what to do about it in words.
        """
        ...

    def profile_url(self, account: Account) -> str:
        """Return the address of the account's page for people; pure."""
        ...

    def post_url(self, account: Account, remote_id: str) -> str:
        """Return the address of one of its posts for people; pure."""
        ...

    def connect(
        self,
        account: Account,
        secrets: Mapping[str, str],
        options: Mapping[str, Any] | None = None,
    ) -> Client:
        """Return the client; connects to nothing yet. ``options`` are its clock and timeouts."""
        ...
