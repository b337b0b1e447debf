"""Who may approve a post, whose approval counts, and what still waits for approval. Pure.

An approval covers exactly the words and media of one post on one account, and how often they are
published, but not the time. After an edit, it no longer counts. A table in ``docs/architecture.md``
shows which changes of ``when`` are such an edit.
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

    from bot.model import Approval, Delivery, Occurrence, Scope, Subject

    GivenApprovals = Mapping[tuple[Subject, str], Sequence[str]]
    """Who has approved what, by subject and digest."""

AUTHOR_EXCLUDED_FROM = 2
"""If at least this many people must approve, the author cannot be one of them."""

EDITED_SINCE = "It was edited, and now says something else or is repeated more or less often"
NOT_AS_SHOWN = (
    "It was edited or approved in part, and now says something else, is repeated more or less "
    "often, or waits on other accounts"
)
READ_AGAIN = "Read it again: groundswell review."
NO_APPROVAL_NEEDED = "Neither its campaign nor its account asks for an approval"

_TOO_LATE_REASONS = {
    State.SENDING: "It is being sent at this moment",
    State.PUBLISHED: "It is out already",
    State.UNKNOWN: "It may be out already; Groundswell is checking",
    State.NEEDS_HUMAN: "It waits in the inbox: groundswell inbox",
}


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """A content on one account that not enough people have approved."""

    subject: Subject
    digest: str
    """The ``approval_digest`` of its deliveries, to which an approval is bound."""
    deliveries: tuple[Delivery, ...]
    """The deliveries of it that lack an approval, the next one first."""
    approvers: tuple[str, ...]
    """The people who have approved it, without those whose approval does not count."""
    previous: Approval | None
    """The last approval of another content of the same post on the account."""
    lapsed: tuple[str, ...] = ()
    """The people who had approved it in a database that was restored. They are asked again."""

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
    """A post that waits for approval, as a person reads it and decides about it once.

    A recurring post is one for all of its times, as an approval is. If it has several wordings, it
    is one for each.
    """

    name: str
    """The name that a person types, such as ``library-hours/evening``."""
    texts: tuple[PendingApproval, ...]
    """The texts that wait, one for each account, by network and account."""

    @property
    def digest(self) -> str:
        """The sha256, in hex, of the texts that wait, with their accounts and frequency."""
        lines = sorted(f"{text.subject.account} {text.digest}" for text in self.texts)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def first(self) -> PendingApproval:
        """The text that is due first."""
        return min(self.texts, key=lambda text: (text.next.due, text.next.id))

    @property
    def due(self) -> datetime:
        """When the first text is due."""
        return self.first.next.due

    def only(self, keep: Callable[[PendingApproval], bool]) -> PendingPost | None:
        """Return the post with only the texts to ``keep``; None if there are none."""
        texts = tuple(filter(keep, self.texts))
        return replace(self, texts=texts) if texts else None

    def left_for(self, who: str) -> PendingPost | None:
        """Return the post with the texts that this person can approve; None if there are none."""
        return self.only(lambda text: text.refusal_reason(who) is None)


def name_digest(digest: str, key: bytes) -> str:
    """Return the name of a digest, whose beginning a person can type.

    The secret key keeps people from searching for two texts whose names begin alike.
    """
    return hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()


def valid_approvers(names: Iterable[str], needed: int, author: str | None) -> tuple[str, ...]:
    """Return the people whose approval counts. Each person counts once; the author may not count.

    See ``AUTHOR_EXCLUDED_FROM``.
    """
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
        return f"{who} is its author, who cannot be one of the {needed} people to approve it"
    return None


def missing_approval(occurrence: Occurrence, given: GivenApprovals) -> str | None:
    """Return which approval an occurrence lacks, in words, or None if it has enough."""
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
    """Return the contents that wait for approval and are not too late, the next due first.

    ``approvals`` are in the order in which people gave them. A recurring post whose content stays
    the same is one entry.
    """
    scheduled = [
        (delivery, delivery.approval_digest)
        for delivery in deliveries
        if delivery.state is State.SCHEDULED
    ]
    in_force = {(delivery.subject, digest) for delivery, digest in scheduled}
    by_subject: dict[Subject, list[Approval]] = {}
    approved: dict[tuple[Subject, str], list[str]] = {}
    for approval in approvals:
        by_subject.setdefault(approval.subject, []).append(approval)
        approved.setdefault((approval.subject, approval.digest), []).append(approval.who)
    # Not all moments of a recurring post may need the same number of approvals.
    groups: dict[tuple[Subject, str], list[Delivery]] = {}
    for delivery, digest in sorted(scheduled, key=lambda pair: (pair[0].due, pair[0].id)):
        if now <= delivery.deadline and missing_approval(delivery, approved):
            groups.setdefault((delivery.subject, digest), []).append(delivery)
    pending = []
    for (subject, digest), lacking in groups.items():
        who, first = approved.get((subject, digest), []), lacking[0]
        approvers = valid_approvers(who, first.approvals, first.author)
        # Other queued contents are other wordings, or for other events, not earlier versions.
        given = by_subject.get(subject, [])
        earlier = [other for other in given if (subject, other.digest) not in in_force]
        previous = earlier[-1] if earlier else None
        pending.append(PendingApproval(subject, digest, tuple(lacking), approvers, previous))
    return pending


def pending_posts(
    pending: Iterable[PendingApproval], names: Mapping[PostKey, str]
) -> list[PendingPost]:
    """Return the posts to which these texts belong, the next due first.

    ``names`` has the name of each post that does not recur, by its key. Texts on two accounts
    belong to one post if both are published at one of its moments.
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


def visible_waiting(posts: Iterable[PendingPost], scope: Scope) -> list[PendingPost]:
    """Return the posts that wait for approval, each on its accounts in the scope, soonest first."""
    seen = (
        post.only(lambda text: scope.sees(text.subject.campaign, text.subject.account))
        for post in posts
    )
    return sorted(filter(None, seen), key=lambda post: post.due)


def _by_network(texts: Iterable[PendingApproval]) -> tuple[PendingApproval, ...]:
    return tuple(sorted(texts, key=lambda text: (text.next.platform, text.subject.account)))


def _name(texts: Collection[PendingApproval], names: Mapping[PostKey, str]) -> str:
    """Return a post's name, without a moment if the approval is for several."""
    keys = {PostKey.of(delivery) for text in texts for delivery in text.deliveries}
    key = keys.pop()
    recurs = any(text.next.kind is ScheduleKind.EVERY for text in texts)
    return f"{key.campaign}/{key.post}" if keys or recurs else names[key]


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
