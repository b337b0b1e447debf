"""What a platform is: the questions Groundswell asks of one, and all that can come of a send.

A platform is a module (or package) named in ``bot.platforms.PLATFORMS`` that satisfies ``Kind``:
rules and prices as pure functions, importable without the platform's library, and ``connect``,
which gives the client that talks over the network. Nothing here retries: who decides what happens
next is ``bot.delivery``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bot.errors import GroundswellError
from bot.model import Cause, Hold
from bot.model import Published as Published  # noqa: PLC0414 - a client's word too

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, timedelta
    from decimal import Decimal

    from bot.model import Account, Content, Counters, Media, Part

# --- Outcomes: the only exceptions that a client raises -------------------------------------------


class Outcome(GroundswellError):
    """What the platform's answer (or its absence) means.

    ``detail`` is the platform's own words or ours, without any secret; ``status`` the HTTP status,
    where there was one. ``charges`` is what the call had cost when it failed: of several requests,
    those before were answered and are billed.
    """

    name = "outcome"
    charges: tuple[Charge, ...] = ()

    def __init__(self, detail: str, *, status: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status

    def hold(self, account: str, platform: str) -> Hold | None:  # noqa: ARG002 - for the overrides
        """Give the pause that it calls for; None where it concerns this one call alone."""
        return None


class Rejected(Outcome):
    """The platform refused this content for good; trying again changes nothing."""

    name = "rejected"


class Unauthorized(Outcome):
    """The account may not act: bad or revoked token, suspended, locked, lacking a permission."""

    name = "unauthorized"

    def hold(self, account: str, platform: str) -> Hold:  # noqa: ARG002 - this one account is meant
        """Stop the account."""
        why = f"the platform refuses it: {self.detail}"
        return Hold("account", account, why, Cause.REFUSED)


class Unfit(Outcome):
    """The account is not as the config says, or must not be posted from: nobody refused anything.

    Its credentials are another's, or it does not disclose that it is automated.
    """

    name = "unfit"

    def hold(self, account: str, platform: str) -> Hold:  # noqa: ARG002 - this one account is meant
        """Stop the account until a start finds it as it must be."""
        why = f"it must not be used as it is: {self.detail}. Once it is mended, start groundswell "
        return Hold("account", account, f"{why}run again", Cause.UNFIT)


class OutOfCredit(Outcome):
    """The platform account has no money left, or its spending or usage cap is reached."""

    name = "out_of_credit"

    def hold(self, account: str, platform: str) -> Hold:  # noqa: ARG002 - the credit is shared
        """Stop every account on the platform: they draw on the same credit."""
        return Hold("platform", platform, f"no credit left: {self.detail}", Cause.CREDIT)


class RateLimited(Outcome):
    """Not now; ``until`` is when the platform says to come back, or None when it does not say."""

    name = "rate_limited"

    def __init__(self, detail: str, *, until: datetime | None, status: int | None = 429) -> None:
        super().__init__(detail, status=status)
        self.until = until


class Unsent(Outcome):
    """Provably nothing was accepted: no byte of the request left, or a repeatable step failed."""

    name = "unsent"


class Unknown(Outcome):
    """The post may or may not be visible now; only a look at the timeline can tell.

    ``duplicate`` is True where the platform says that it already has this text.
    """

    name = "unknown"

    def __init__(self, detail: str, *, status: int | None = None, duplicate: bool = False) -> None:
        super().__init__(detail, status=status)
        self.duplicate = duplicate


# --- Values ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of the platform that a content breaks; ``part`` is the index of the part meant."""

    code: str
    message: str
    hint: str
    part: int = 0
    level: str = "error"


@dataclass(frozen=True, slots=True)
class Upload:
    """Media that the platform holds for us; usable until ``expires``."""

    media_id: str
    expires: datetime
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """What a look at the own timeline found: the matches, and what was looked at, in words.

    ``others`` are the posts that could be the one looked for if the platform had changed its words.
    ``whole`` is False where the platform does not show the account's posts as far back as asked.
    """

    matches: tuple[Published, ...]
    evidence: str
    charges: tuple[Charge, ...] = ()
    others: tuple[Published, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that a call cost: ``item`` names it, ``quantity`` how many of it, ``ids`` which.

    ``ids`` are the resources read, where the platform bills a resource only once a UTC day; ``day``
    is that day by the platform's own clock, None where its answer did not say.
    """

    item: str
    quantity: int
    ids: tuple[str, ...] = ()
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters by remote id: of what was asked for, and of every own post that was read along.

    What an answer tells of is billed, asked for or not, so none of it is left out; which of those
    Groundswell published is for the caller to know. ``gone`` are ids that were asked for, and that
    the platform says exist no more.
    """

    counters: Mapping[str, Counters]
    gone: frozenset[str] = frozenset()
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the credentials belong to.

    ``named`` is the id that the credentials themselves name, None where they name none.
    ``discloses`` is True where the platform's own automation label or the bio says that the account
    is automated, None where its API does not tell.
    """

    id: str
    handle: str
    name: str
    bio: str
    discloses: bool | None
    notes: tuple[str, ...] = field(default=())
    charges: tuple[Charge, ...] = ()
    named: str | None = None


# --- The two protocols ----------------------------------------------------------------------------


class Client(Protocol):
    """One account's connection. Every call has a timeout, follows no redirect and never retries."""

    @property
    def platform_time(self) -> datetime | None:
        """What the platform's clock said with the last answer, None where it did not say."""
        ...

    def upload(self, media: Media) -> Upload:
        """Hand over one file with its alt text; repeatable. Raises Outcome, never Unknown."""
        ...

    def payload(
        self,
        content: Content,
        part: int,
        media_ids: Sequence[str],
        reply_to: str | None,
    ) -> str:
        """Give the exact JSON that ``publish`` will send for this part: pure, no network.

        ``reply_to`` is the ``Published.reply`` of the part before, or its id alone where a person
        said that it is out; None for the first part.
        """
        ...

    def publish(self, payload: str, key: str) -> Published:
        """Send it, once. Raises Outcome."""
        ...

    def find(self, payload: str, since: datetime) -> Search:
        """Look for the payload among the own posts made since then. Raises Outcome."""
        ...

    def engagement(self, posts: Sequence[tuple[str, datetime]]) -> Reading:
        """Read the counters of own posts, given as (remote id, published): cheapest way first."""
        ...

    def whoami(self) -> Profile:
        """Ask who these credentials belong to; nothing is posted. Raises Outcome."""
        ...


class Kind(Protocol):
    """A platform's module."""

    SECRETS: tuple[str, ...]
    """Names of the secrets that an account needs, e.g. ``access_token``."""

    TOKEN: re.Pattern[str]
    """How its tokens look; the first group is what is random in one."""

    POST_ID: re.Pattern[str]
    """How the id of a post looks, as the address of the post has it."""

    API: str
    """Where its API is, where the config does not say."""

    CLICKS_LAST: timedelta | None
    """How long after a post its clicks are told; None where they never are."""

    RULES: Mapping[str, str]
    """What each code of ``check`` is about, and why."""

    ADVICE: frozenset[str]
    """Those of them that only warn: a person may allow them."""

    def check(self, content: Content, account: Account) -> list[Finding]:
        """Hold a content against the platform's rules; pure."""
        ...

    def length(self, part: Part, account: Account) -> tuple[int, int]:
        """Give the part's length as the platform counts it, and the most that it allows; pure."""
        ...

    def charges(self, content: Content) -> list[Charge]:
        """Give what publishing this would be billed as; pure."""
        ...

    def price(self, charge: Charge, on: datetime) -> Decimal:
        """Give the dollars that a charge costs on a day, by the dated price table; pure."""
        ...

    def priced_since(self, on: datetime) -> date:
        """Give the day from which the price table is that holds on a day; pure."""
        ...

    def billed_on(self, at: datetime) -> date:
        """Give the day on whose bill a read at this instant is; a post is paid for once a day."""
        ...

    def reading(self, account: Account, on: datetime) -> tuple[Decimal, Decimal]:
        """Give the dollars for counters of one of the account's posts on a day; pure.

        As a rule, and at the most.
        """
        ...

    def profile_url(self, account: Account) -> str:
        """Give the address of the account's page, for a person; pure."""
        ...

    def post_url(self, account: Account, remote_id: str) -> str:
        """Give the address of one of its posts, for a person; pure."""
        ...

    def connect(self, account: Account, secrets: Mapping[str, str], options: Any = None) -> Client:
        """Make the client; talks to nobody yet."""
        ...
