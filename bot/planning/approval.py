"""Who may approve a post, whose approval counts, and which posts people hold. Pure.

An approval covers exactly the words and media of one post on one account, and how often they are
published, but not the time. After an edit, it no longer counts. A table in ``docs/architecture.md``
shows which changes of ``when`` are such an edit.

Once people can sign in, a typed name counts no longer as one of two people. Somebody may have typed
two names.

A refusal covers the same. A refused version is not sent, however many people have approved it,
until somebody takes the refusal back. An edited version is not refused.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bot.model import State
from bot.planning.people import reads_the_same, same_person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Approval, Delivery, Occurrence, Refusal, Subject

    GivenApprovals = Mapping[tuple[Subject, str], Sequence["Approver"]]
    """Who has approved what, by subject and digest."""

SEVERAL_PEOPLE = 2
"""If at least this many people must approve, the author cannot be one of them, and nobody is who
has only typed a name although people can sign in."""

EDITED_SINCE = "It was edited, and now says something else or is repeated more or less often"
NOT_AS_SHOWN = (
    "It was edited or approved in part, and now says something else, is repeated more or less "
    "often, or waits on other accounts"
)
SIGN_IN = (
    "It needs two people, and a name that is only typed does not count since people can sign in"
)
HOW_TO_SIGN_IN = (
    "Sign in to the control room, or run groundswell review in a terminal, which asks for the "
    "password of --as NAME."
)
READ_AGAIN = "Read it again: groundswell review."
TAKE_BACK_FIRST = "Edit it, or take the refusal back first: groundswell review --take-back."
NO_APPROVAL_NEEDED = "Neither its campaign nor its account asks for an approval"
MAX_REASON = 500
"""Characters of the reason of a refusal."""

_TOO_LATE_REASONS = {
    State.SENDING: "It is being sent at this moment",
    State.PUBLISHED: "It is out already",
    State.UNKNOWN: "It may be out already; Groundswell is checking",
    State.NEEDS_HUMAN: "It waits in the inbox: groundswell inbox",
}


class Approver(NamedTuple):
    """A person who has approved a version."""

    name: str
    is_known: bool = True
    """Whether the person had signed in, or nobody can. Otherwise somebody has typed the name."""

    @classmethod
    def of(cls, who: str, user: int | None, *, people_sign_in: bool) -> Approver:
        """Return the approver of an approval that ``user`` gave, or somebody who typed ``who``."""
        return cls(who, user is not None or not people_sign_in)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The approvals and refusals that count."""

    approvers: GivenApprovals = field(default_factory=dict)
    refusals: Mapping[tuple[Subject, str], Sequence[Refusal]] = field(default_factory=dict)
    """The refusals by subject and digest, in the order in which they were given."""

    @classmethod
    def of(
        cls,
        approvals: Iterable[Approval],
        refusals: Iterable[Refusal],
        *,
        people_sign_in: bool = False,
    ) -> Verdicts:
        """Return these approvals and refusals, which are in the order in which they were given."""
        approvers: dict[tuple[Subject, str], list[Approver]] = defaultdict(list)
        refused: dict[tuple[Subject, str], list[Refusal]] = defaultdict(list)
        for given in approvals:
            approver = Approver.of(given.who, given.user, people_sign_in=people_sign_in)
            approvers[given.subject, given.digest].append(approver)
        for refusal in refusals:
            refused[refusal.subject, refusal.digest].append(refusal)
        return cls(approvers, refused)

    def refusals_of(self, occurrence: Occurrence) -> Sequence[Refusal]:
        """Return the refusals of the version that an occurrence has now."""
        if not self.refusals:  # the usual case, which needs no digest
            return ()
        return self.refusals.get((occurrence.subject, occurrence.approval_digest), ())


def name_digest(digest: str, key: bytes) -> str:
    """Return the name of a digest, whose beginning a person can type.

    The secret key keeps people from searching for two texts whose names begin alike.
    """
    return hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()


def valid_approvers(
    approvers: Iterable[Approver], needed: int, author: str | None
) -> tuple[str, ...]:
    """Return the names of the people whose approval counts. Each person counts once.

    See ``SEVERAL_PEOPLE`` for those who do not count.
    """
    excluded = [author] if needed >= SEVERAL_PEOPLE and author else []
    counted: list[str] = []
    for name, is_known in approvers:
        if needed >= SEVERAL_PEOPLE and not is_known:
            continue
        if not any(same_person(name, other) for other in (*excluded, *counted)):
            counted.append(name)
    return tuple(counted)


def ineligible_reason(
    who: str, names: Iterable[str], needed: int, author: str | None
) -> str | None:
    """Return why this person's approval would not count, or None if it does."""
    for name in names:
        if same_person(who, name):
            by = f"{who} has" if reads_the_same(who, name) else f"{who} reads like {name}, who has"
            return f"{by} approved it already; another person must be the next"
    if needed >= SEVERAL_PEOPLE and same_person(who, author):
        return f"{who} is its author, who cannot be one of the {needed} people to approve it"
    return None


def typed_names(approvers: Iterable[Approver], needed: int) -> tuple[str, ...]:
    """Return the typed names that do not count, although their approvals are there."""
    if needed < SEVERAL_PEOPLE:
        return ()
    return tuple(dict.fromkeys(name for name, is_known in approvers if not is_known))


def must_sign_in(needed: int, *, people_sign_in: bool) -> bool:
    """Return whether somebody who only types a name cannot be among those who approve."""
    return people_sign_in and needed >= SEVERAL_PEOPLE


def missing_approval(occurrence: Occurrence, given: GivenApprovals) -> str | None:
    """Return which approval an occurrence lacks, in words, or None if it has enough."""
    needed = occurrence.approvals
    if not needed:
        return None
    approvers = given.get((occurrence.subject, occurrence.approval_digest), ())
    names = valid_approvers(approvers, needed, occurrence.author)
    if len(names) >= needed:
        return None
    by = f", given by {', '.join(names)}" if names else ""
    if typed := typed_names(approvers, needed):
        by += f"; {' and '.join(typed)} approved without signing in, which does not count"
    return f"waits for approval ({len(names)} of {needed}{by}): groundswell review"


# --- Refusals -------------------------------------------------------------------------------------


def refused_words(refusals: Iterable[Refusal]) -> str | None:
    """Return who refused it and why: ``refused by Ana: the figure is old``; None if nobody did.

    A refusal on several accounts is named once.
    """
    said = dict.fromkeys(f"by {refusal.who}: {refusal.why}" for refusal in refusals)
    return f"refused {'; '.join(said)}" if said else None


def approval_hold(occurrence: Occurrence, verdicts: Verdicts) -> str | None:
    """Return why people hold an occurrence, in words, or None if they let it go.

    Either somebody has refused its version, or the version lacks an approval.
    """
    refused = refused_words(verdicts.refusals_of(occurrence))
    return refused or missing_approval(occurrence, verdicts.approvers)


def take_back_reason(
    who: str, refusals: Iterable[Refusal], needed: int, author: str | None
) -> str | None:
    """Return why this person cannot take these refusals back, or None if they can.

    Everybody can who may approve the post. An author who may not can still take back an own one.
    """
    if needed < SEVERAL_PEOPLE or not same_person(who, author):
        return None
    if all(same_person(who, refusal.who) for refusal in refusals):
        return None
    return f"{who} is its author, who cannot take back what somebody else refused"


def invalid_reason(why: str) -> str | None:
    """Return why these words cannot be the reason of a refusal, or None."""
    if not any(map(str.isalnum, why)):
        return "A refusal needs a reason, which its author can act on"
    if len(why) > MAX_REASON:
        return f"The reason is longer than {MAX_REASON} characters"
    return None


def too_late_reason(states: Iterable[State]) -> str | None:
    """Return why a post that was sent, or may have been, does not wait for approval, or None."""
    reached = set(states)
    return next((why for state, why in _TOO_LATE_REASONS.items() if state in reached), None)


def why_none_waits(deliveries: Sequence[Delivery], now: datetime) -> str:
    """Return why none of these deliveries waits for approval."""
    if not any(delivery.approvals for delivery in deliveries):
        return NO_APPROVAL_NEEDED
    scheduled = [delivery for delivery in deliveries if delivery.state is State.SCHEDULED]
    if any(now <= delivery.deadline for delivery in scheduled):
        return "It has all the approvals that it needs"
    if scheduled:
        return "Its time has passed"
    late = too_late_reason(delivery.state for delivery in deliveries)
    return late or "It is not in the queue any more"
