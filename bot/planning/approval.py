"""Who may approve a post, whose approval counts, and what still waits for approval. Pure.

An approval covers exactly these words and media of one post on one account, and how often they are
published, but not the time. After an edit it no longer counts; which changes of ``when`` are
one is in a table in ``docs/architecture.md``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.model import PostKey, ScheduleKind, State
from bot.planning.people import reads_the_same, same_person

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Approval, Delivery, Occurrence, Subject

    GivenApprovals = Mapping[tuple[Subject, str], Sequence[str]]
    """Who has approved what, by subject and digest."""

AUTHOR_EXCLUDED_FROM = 2
"""Where so many people must approve, the author cannot be one of them."""

EDITED_SINCE = "It says something else by now, or comes more or less often: it was edited"
NOT_AS_SHOWN = (
    "It says something else by now, or comes more or less often, or waits on other accounts: it "
    "was edited, or approved in part"
)
READ_AGAIN = "Read it again: groundswell review."
NO_APPROVAL_NEEDED = "It needs no approval: neither its campaign nor its account asks for one"

_TOO_LATE_REASONS = {
    State.SENDING: "It is being sent at this moment",
    State.PUBLISHED: "It is out already",
    State.UNKNOWN: "It may be out already, which is being found out",
    State.NEEDS_HUMAN: "It waits in the inbox: groundswell inbox",
}


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """Content of one account that not enough people have approved.

    ``digest`` is what an approval of it is bound to. ``deliveries`` are all that would publish it,
    the next one first; ``approvers`` have approved it; ``previous`` is the last approval of other
    content of the same post on the account.
    """

    subject: Subject
    digest: str
    deliveries: tuple[Delivery, ...]
    approvers: tuple[str, ...]
    previous: Approval | None
    lapsed: tuple[str, ...] = ()
    """Who had approved it according to a database that was restored, and is asked again."""

    @property
    def next(self) -> Delivery:
        """The delivery that is due first."""
        return self.deliveries[0]

    @property
    def needed(self) -> int:
        """How many people must approve it."""
        return self.next.approvals

    def refusal_reason(self, who: str) -> str | None:
        """Return why this person's approval would not count, or None if it does."""
        return refusal_reason(who, self.approvers, self.needed, self.next.author)


@dataclass(frozen=True, slots=True)
class PendingPost:
    """A post of which something waits for approval: what a person reads, and decides about, once.

    A recurring post is one for all of its times, as an approval is. If it has several wordings, it
    is one for each.
    """

    name: str
    """What a person types for it, such as ``library-hours/evening``."""
    texts: tuple[PendingApproval, ...]
    """What waits, one text for each account, by network and account."""

    @property
    def digest(self) -> str:
        """The sha256, in hex, of all that waits: which words, how often, on which account."""
        lines = sorted(f"{text.subject.account} {text.digest}" for text in self.texts)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def first(self) -> PendingApproval:
        """The text that is due first."""
        return min(self.texts, key=lambda text: (text.next.due, text.next.id))

    @property
    def due(self) -> datetime:
        """When the first of it is due."""
        return self.first.next.due

    def only(self, keep: Callable[[PendingApproval], bool]) -> PendingPost | None:
        """Return the post with only these of its texts; None if there are none."""
        texts = tuple(filter(keep, self.texts))
        return replace(self, texts=texts) if texts else None

    def left_for(self, who: str) -> PendingPost | None:
        """Return what of it this person can approve; None if that is nothing."""
        return self.only(lambda text: text.refusal_reason(who) is None)


def name_digest(digest: str, key: bytes) -> str:
    """Return what stands for a digest in a name; its beginning is enough to type.

    With the key, nobody can look for two texts whose names begin alike.
    """
    return hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()


def valid_approvers(names: Iterable[str], needed: int, author: str | None) -> tuple[str, ...]:
    """Return those whose approval counts: each person once, and not the author where two must."""
    excluded = [author] if needed >= AUTHOR_EXCLUDED_FROM and author else []
    counted: list[str] = []
    for name in names:
        if not any(same_person(name, other) for other in (*excluded, *counted)):
            counted.append(name)
    return tuple(counted)


def refusal_reason(who: str, names: Iterable[str], needed: int, author: str | None) -> str | None:
    """Return why this person's approval would not count, or None if it does."""
    for name in names:
        if same_person(who, name):
            by = f"{who} has" if reads_the_same(who, name) else f"{who} reads like {name}, who has"
            return f"{by} approved it already; another person must be the next"
    if needed >= AUTHOR_EXCLUDED_FROM and same_person(who, author):
        return f"{who} is its author, and where {needed} people approve, the author cannot be one"
    return None


def missing_approval(occurrence: Occurrence, given: GivenApprovals) -> str | None:
    """Return which approval an occurrence lacks, in words; None where it has enough."""
    needed = occurrence.approvals
    if not needed:
        return None
    who = given.get((occurrence.subject, occurrence.approval_digest), ())
    names = valid_approvers(who, needed, occurrence.author)
    if len(names) >= needed:
        return None
    by = f", given by {', '.join(names)}" if names else ""
    return f"waits for approval ({len(names)} of {needed}{by}): groundswell review"


def pending_approvals(
    deliveries: Iterable[Delivery], approvals: Sequence[Approval], now: datetime
) -> list[PendingApproval]:
    """Return what waits for approval and is not too late, the next due first.

    ``approvals`` are in the order in which they were given. A recurring post whose content stays
    the same is one entry.
    """
    scheduled = [
        (delivery, delivery.approval_digest)
        for delivery in deliveries
        if delivery.state is State.SCHEDULED
    ]
    in_force = {(delivery.subject, digest) for delivery, digest in scheduled}
    by_subject: dict[Subject, list[Approval]] = {}
    for approval in approvals:
        by_subject.setdefault(approval.subject, []).append(approval)
    groups: dict[tuple[Subject, str], list[Delivery]] = {}
    for delivery, digest in sorted(scheduled, key=lambda pair: (pair[0].due, pair[0].id)):
        if delivery.approvals and now <= delivery.deadline:
            groups.setdefault((delivery.subject, digest), []).append(delivery)
    pending = []
    for (subject, digest), group in groups.items():
        given = by_subject.get(subject, [])
        who = [approval.who for approval in given if approval.digest == digest]
        approvers = valid_approvers(who, group[0].approvals, group[0].author)
        if len(approvers) < group[0].approvals:
            # What is queued as well is another wording, or another event's: no earlier version.
            earlier = [other for other in given if (subject, other.digest) not in in_force]
            previous = earlier[-1] if earlier else None
            pending.append(PendingApproval(subject, digest, tuple(group), approvers, previous))
    return pending


def pending_posts(
    pending: Iterable[PendingApproval], names: Mapping[PostKey, str]
) -> list[PendingPost]:
    """Return the posts of which these texts are, the next due first.

    ``names`` has the name of each post that does not recur, by its key. Texts on two accounts are
    of one post if they are published at one of its moments.
    """
    groups: list[dict[str, PendingApproval]] = []
    by_moment: dict[PostKey, list[dict[str, PendingApproval]]] = defaultdict(list)
    for text in sorted(pending, key=lambda text: (text.next.due, text.next.id)):
        account, moments = text.subject.account, [*map(PostKey.of, text.deliveries)]
        # An account may have several texts, as of a recurring post with several wordings.
        fitting = (group for moment in moments for group in by_moment[moment])
        group = next((group for group in fitting if account not in group), None)
        if group is None:
            groups.append(group := {})
        group[account] = text
        for moment in moments:
            if all(other is not group for other in by_moment[moment]):
                by_moment[moment].append(group)
    found = [
        PendingPost(_name(group.values(), names), _by_network(group.values())) for group in groups
    ]
    return sorted(found, key=lambda post: (post.due, post.name))


def _by_network(texts: Iterable[PendingApproval]) -> tuple[PendingApproval, ...]:
    return tuple(sorted(texts, key=lambda text: (text.next.platform, text.subject.account)))


def _name(texts: Collection[PendingApproval], names: Mapping[PostKey, str]) -> str:
    """Return a post's name; without a moment if the approval is for several."""
    keys = {PostKey.of(delivery) for text in texts for delivery in text.deliveries}
    key = keys.pop()
    recurs = any(text.next.kind is ScheduleKind.EVERY for text in texts)
    return f"{key.campaign}/{key.post}" if keys or recurs else names[key]


def too_late_reason(states: Iterable[State]) -> str | None:
    """Return why nothing of a post on an account waits for approval, if it was sent or may be."""
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
