"""Views of posts that wait for approval, and of what people decided about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bot.planning.content_diff import PieceKind
from bot.services.views import DeliveryView, PartView


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One thing that differs between two versions of a text."""

    what: str
    """``text``, ``alt text of hart.png``, ``how often``."""
    pieces: tuple[tuple[PieceKind, str], ...]
    """Both versions as one: what stayed, what was taken out and what was put in."""
    words: str
    """The same on one line: ``text: Take HART off [-AWS-]{+Amazon+}.``"""


@dataclass(frozen=True, slots=True)
class EarlierApproval:
    """The last approval of other words of the same post on the account."""

    who: str
    at: datetime
    """When, in UTC."""


@dataclass(frozen=True, slots=True)
class AccountApprovalView:
    """What a post says on one account, where not enough people have approved it."""

    name: str
    """What approves exactly these words on this account: ``campaign/post/account@digest``."""
    account: str
    place: str
    """What to call the account: its network, or its name if the post is on several of that."""
    handle: str
    digest: str
    """What an approval of it is bound to: its words, media and settings, and how often."""
    delivery: DeliveryView
    """The next of its deliveries, with all that it says."""
    due: tuple[datetime, ...]
    """Each time that it is published, in UTC."""
    local: tuple[str, ...]
    """The same times where its audience is."""
    may_reply: str
    """``everyone``, or whom the account follows or mentions."""
    needed: int
    """How many people must approve it."""
    approved_by: tuple[str, ...]
    """Whose approvals count already."""
    lapsed: tuple[str, ...]
    """Who had approved it according to a database that was restored, and is asked again."""
    differs: tuple[ChangeView, ...]
    """What is not as on most accounts of the post; empty on these."""
    before: EarlierApproval | None
    """The last approval of what it said before, if there was one."""
    changes: tuple[ChangeView, ...]
    """What is new since then."""
    notes: tuple[str, ...]
    """How the files differ from what is queued, and what holds it back, approved or not."""

    @property
    def network(self) -> str:
        """What people call its platform."""
        return self.delivery.network


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact that a post uses."""

    id: str
    """Its name in the campaign."""
    claim: str
    """What it says."""
    figure: str | None
    """Its number, if it has one: ``$6 billion``."""
    source: str
    """Where it is from."""
    as_of: str
    """The day, month or year that it is of."""
    review_by: date | None
    """The last day on which it may be used without a new review."""


@dataclass(frozen=True, slots=True)
class StatementView:
    """What somebody said, as a post uses it."""

    id: str
    """Its name in the campaign."""
    speaker: str
    """Who said it."""
    role: str
    """What they are."""
    words: str
    """What they said."""
    exact: bool
    """Whether these are their own words; otherwise a paraphrase."""
    source: str
    """Where they said it."""


@dataclass(frozen=True, slots=True)
class AllowedView:
    """A rule that a comment in the files allows to break."""

    code: str
    """The rule's."""
    reason: str
    """Why, as the comment says."""


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A post that waits for approval: all that a person reads before they decide."""

    name: str
    """What approves exactly what is shown here: ``campaign/post@digest``."""
    plain_name: str
    """The same without the digest: it means whatever the post says by then."""
    number: int
    """The post's, which may be typed instead; of a recurring one, that of its next time."""
    campaign: str
    post: str
    digest: str
    """Of all that is shown of the post: which words on which account. ``name`` ends in another one,
    made of it with a key of the database."""
    due: datetime
    """When the first of it is due, in UTC."""
    local: str
    """When that is where the audience is."""
    times: int
    """How many times it is published, as far as the queue reaches."""
    frequency: str
    """``once``, or how many times a week."""
    author: str | None
    """Who wrote it, if the files say so: where two must approve, they are not one of them."""
    places: tuple[str, ...]
    """Its accounts, each by its network, or by its name if several are of one network."""
    on: str
    """Its networks: ``X, Mastodon (12)``, with the number of accounts on each."""
    approved: str
    """Who has approved it: ``1 of 2: Ben``, or so for each place if that differs."""
    elsewhere: str
    """What became of it on its other accounts; "" if there are none."""
    price: Decimal
    """US dollars for publishing it once on all of these accounts."""
    accounts: tuple[AccountApprovalView, ...]
    """What waits, by network and account."""
    facts: tuple[FactView, ...]
    """The facts of the campaign that it uses."""
    statements: tuple[StatementView, ...]
    """The statements of the campaign that it uses."""
    allowed: tuple[AllowedView, ...]
    """What comments in the files allow in it."""


# --- What was decided -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountDecision:
    """What became of a person's decision on one account of a post."""

    account: str
    digest: str
    """Of what was approved; "" if the decision was another one."""
    done: bool
    """Whether it was done."""
    why: str
    """Why it was not done; "" if it was."""


@dataclass(frozen=True, slots=True)
class ApprovedText:
    """What was approved, on the accounts where it is the same."""

    accounts: tuple[str, ...]
    """Their names."""
    parts: tuple[PartView, ...]
    """All that an audience sees of it."""


@dataclass(frozen=True, slots=True)
class PostDecision:
    """What became of a person's decision about a post, account by account."""

    name: str
    """The post's."""
    who: str
    at: datetime
    """When, in UTC."""
    accounts: tuple[AccountDecision, ...]
    """Each account that was meant."""
    texts: tuple[ApprovedText, ...]
    """What was approved."""

    @property
    def done(self) -> tuple[str, ...]:
        """The accounts on which it was done."""
        return tuple(decision.account for decision in self.accounts if decision.done)


# --- How many must approve ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeldFloorView:
    """A campaign whose file asks for fewer approvals than are still needed."""

    campaign: str
    needed: int
    """How many people must approve its posts, until somebody confirms the lower number."""
    asked: int
    """How many the file asks for."""
    place: str
    """Where the file says so."""


@dataclass(frozen=True, slots=True)
class LoweredFloorView:
    """A campaign whose posts need fewer approvals now, as a person confirmed."""

    campaign: str
    before: int
    """How many people had to approve its posts."""
    needed: int
    """How many must from now on."""
    who: str
