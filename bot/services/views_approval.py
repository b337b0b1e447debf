"""Views of posts that wait for approval, and of decisions about them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bot.planning.content_diff import PieceKind
from bot.services.views import DeliveryView, PartView


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One difference between two versions of a text."""

    what: str
    """The thing that differs: ``text``, ``alt text of hart.png``, ``how often``."""
    pieces: tuple[tuple[PieceKind, str], ...]
    """Both versions as one list of pieces that are kept, removed or added."""
    words: str
    """The pieces on one line: ``text: Take HART off [-AWS-]{+Amazon+}.``"""


@dataclass(frozen=True, slots=True)
class EarlierApproval:
    """The last approval of an earlier version of a post on an account."""

    who: str
    at: datetime
    """When, in UTC."""


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A person's refusal of a version of a post on an account."""

    who: str
    at: datetime
    """When, in UTC."""
    why: str
    """The reason, in the person's words."""


@dataclass(frozen=True, slots=True)
class AccountApprovalView:
    """The version of a post on one account that is refused, or that too few people approved."""

    name: str
    """The name that approves exactly this version here: ``campaign/post/account@digest``."""
    account: str
    place: str
    """The account's network, or its name if the post is on several accounts there."""
    handle: str
    digest: str
    """The digest of its words, media, settings and frequency, to which an approval is bound."""
    delivery: DeliveryView
    """The next of its deliveries."""
    due: tuple[datetime, ...]
    """Each time that it will be published, in UTC."""
    local: tuple[str, ...]
    """The same times, in the timezone of its audience."""
    until: str
    """The end of its grace, in the timezone of its audience. An approval after it is too late."""
    may_reply: str
    """Who may reply: ``everyone``, or only people whom the account follows or mentions."""
    needed: int
    """How many people must approve it."""
    approved_by: tuple[str, ...]
    """The people whose approvals count already."""
    typed: tuple[str, ...]
    """The people whose names somebody typed, which does not count since people can sign in."""
    lapsed: tuple[str, ...]
    """The people who had approved it by a restored database, and must approve it again."""
    refusals: tuple[RefusalView, ...]
    """The refusals that hold it, whatever approvals it has; empty if nobody has refused it."""
    refused_before: RefusalView | None
    """The last refusal of an earlier version, if there was one."""
    differs: tuple[ChangeView, ...]
    """The differences from the version on most accounts; empty for that version."""
    before: EarlierApproval | None
    """The last approval of an earlier version, if there was one."""
    changes: tuple[ChangeView, ...]
    """The changes since that version."""
    notes: tuple[str, ...]
    """Differences between files and queue, and reasons that hold it even if it is approved."""

    @property
    def network(self) -> str:
        """The name that people use for its platform."""
        return self.delivery.network


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact that a post uses."""

    id: str
    """Its name in the campaign."""
    claim: str
    """Its text."""
    figure: str | None
    """Its number, if it has one: ``$6 billion``."""
    source: str
    """The source."""
    as_of: str
    """The day, month or year for which it holds."""
    review_by: date | None
    """The last day on which it may be used without a new review; null if there is none."""


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement of a person that a post uses."""

    id: str
    """Its name in the campaign."""
    speaker: str
    """The person."""
    role: str
    """The person's office or role."""
    words: str
    """The statement."""
    exact: bool
    """Whether these are the person's own words; if not, it is a paraphrase."""
    source: str
    """The source of the statement."""


@dataclass(frozen=True, slots=True)
class AllowedView:
    """A broken rule that a comment in the files allows."""

    code: str
    """The code of the rule."""
    reason: str
    """The reason that the comment states."""


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A post that waits for approval or is refused, with everything that a person reads first."""

    name: str
    """The name that approves exactly the version shown here: ``campaign/post@digest``."""
    plain_name: str
    """The name without the digest, which means the version at the time of the decision."""
    number: int
    """A number that may be typed instead; for a recurring post, the number of its next time."""
    campaign: str
    post: str
    digest: str
    """The digest of everything that is shown. ``name`` ends in another digest, which is made from
    this one with a key of the database."""
    due: datetime
    """When its first delivery is due, in UTC."""
    local: str
    """When that is, in the timezone of the audience."""
    times: int
    """How many times it will be published within the horizon of the queue."""
    frequency: str
    """``once``, or the number of times a week."""
    author: str | None
    """The author, if the files name one; an author is not one of two approvers."""
    places: tuple[str, ...]
    """Its accounts, each by its network, or by name if several are on one network."""
    on: str
    """The networks in words, with the number of accounts on each: ``X, Mastodon (12)``."""
    approved: str
    """The approvals so far, such as ``1 of 2: Ben``, for each place if they differ."""
    refused: str
    """Who refused it and why, for each place if they differ; "" if it only waits for approval."""
    elsewhere: str
    """Its state on its other accounts; "" if there are none."""
    price: Decimal
    """The cost of publishing it once on all of these accounts, in US dollars."""
    accounts: tuple[AccountApprovalView, ...]
    """The version on each account that waits, by network and account."""
    facts: tuple[FactView, ...]
    """The facts of the campaign that it uses."""
    statements: tuple[StatementView, ...]
    """The statements of the campaign that it uses."""
    allowed: tuple[AllowedView, ...]
    """The broken rules in it that comments in the files allow."""

    @property
    def refused_digest(self) -> str:
        """A short name of the refusals that are shown, which a form sends back; "" without any."""
        return hashlib.sha256(self.refused.encode()).hexdigest()[:16] if self.refused else ""


# --- Decisions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountDecision:
    """The result of a person's decision about a post on one account."""

    account: str
    digest: str
    """The digest of the approved version; "" for another decision."""
    done: bool
    """Whether the decision took effect."""
    why: str
    """The reason if it did not; "" if it did."""


@dataclass(frozen=True, slots=True)
class ApprovedText:
    """An approved version, on the accounts that share it."""

    accounts: tuple[str, ...]
    """The names of these accounts."""
    parts: tuple[PartView, ...]
    """The parts that an audience sees."""


@dataclass(frozen=True, slots=True)
class PostDecision:
    """The result of a person's decision about a post, account by account."""

    name: str
    """The name of the post."""
    who: str
    at: datetime
    """When, in UTC."""
    accounts: tuple[AccountDecision, ...]
    """The result on each account."""
    texts: tuple[ApprovedText, ...]
    """The approved versions."""
    why: str = ""
    """The reason of a refusal; "" for another decision."""

    @property
    def done(self) -> tuple[str, ...]:
        """The accounts on which the decision took effect."""
        return tuple(decision.account for decision in self.accounts if decision.done)


# --- The number of approvals ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeldFloorView:
    """A campaign whose file asks for fewer approvals than are still needed."""

    campaign: str
    needed: int
    """How many people must approve its posts, until somebody confirms the lower number."""
    asked: int
    """How many the file asks for."""
    place: str
    """The place in the file that says so."""


@dataclass(frozen=True, slots=True)
class LoweredFloorView:
    """A campaign whose posts now need fewer approvals, because a person confirmed that."""

    campaign: str
    before: int
    """How many people had to approve its posts."""
    needed: int
    """How many must approve them from now on."""
    who: str
