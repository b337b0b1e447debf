"""The queued versions of posts that wait for approval or are refused, as people decide about them.

Pure.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.model import PostKey, ScheduleKind, State
from bot.planning.approval import (
    Verdicts,
    ineligible_reason,
    missing_approval,
    typed_names,
    valid_approvers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Approval, Delivery, Refusal, Scope, Subject


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """A content on one account about which people decide."""

    subject: Subject
    digest: str
    """The ``approval_digest`` of its deliveries, to which an approval is bound."""
    deliveries: tuple[Delivery, ...]
    """The deliveries of it that lack an approval or are refused, the next one first."""
    approvers: tuple[str, ...]
    """The people who have approved it, without those whose approval does not count."""
    previous: Approval | None
    """The last approval of another content of the same post on the account."""
    lapsed: tuple[str, ...] = ()
    """The people who had approved it in a database that was restored. They are asked again."""
    typed: tuple[str, ...] = ()
    """The typed names whose approval does not count, because people can sign in."""
    refusals: tuple[Refusal, ...] = ()
    """The refusals that hold it."""
    refused_before: Refusal | None = None
    """The last refusal of an earlier content of the same post on the account."""

    @property
    def next(self) -> Delivery:
        """The delivery that is due first."""
        return self.deliveries[0]

    @property
    def needed(self) -> int:
        """How many people must approve it."""
        return self.next.approvals

    def ineligible_reason(self, who: str) -> str | None:
        """Return why this person's approval would not count, or None if it does."""
        return ineligible_reason(who, self.approvers, self.needed, self.next.author)


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
        return self.only(lambda text: text.ineligible_reason(who) is None)


def lacks_approval(delivery: Delivery, verdicts: Verdicts) -> bool:
    """Return whether a delivery waits for approval. One that is refused does not."""
    lacks = missing_approval(delivery, verdicts.approvers)
    return lacks is not None and not verdicts.refusals_of(delivery)


def is_refused(delivery: Delivery, verdicts: Verdicts) -> bool:
    """Return whether somebody has refused the version of a delivery."""
    return bool(verdicts.refusals_of(delivery))


def pending_approvals(
    deliveries: Iterable[Delivery],
    approvals: Sequence[Approval],
    now: datetime,
    *,
    refusals: Sequence[Refusal] = (),
    keep: Callable[[Delivery, Verdicts], bool] = lacks_approval,
    people_sign_in: bool = False,
) -> list[PendingApproval]:
    """Return the contents that wait for approval and are not too late, the next due first.

    ``approvals`` and ``refusals`` are in the order in which people gave them. A recurring post
    whose content stays the same is one entry. ``keep`` selects other contents, such as refused
    ones. If ``people_sign_in``, a typed name does not always count.
    """
    scheduled = [
        (delivery, delivery.approval_digest)
        for delivery in deliveries
        if delivery.state is State.SCHEDULED
    ]
    in_force = {(delivery.subject, digest) for delivery, digest in scheduled}
    verdicts = Verdicts.of(approvals, refusals, people_sign_in=people_sign_in)
    # Other queued contents are other wordings, or for other events, not earlier versions.
    earlier = {of.subject: of for of in approvals if (of.subject, of.digest) not in in_force}
    refused = {of.subject: of for of in refusals if (of.subject, of.digest) not in in_force}
    # Not all moments of a recurring post may need the same number of approvals.
    groups: dict[tuple[Subject, str], list[Delivery]] = {}
    for delivery, digest in sorted(scheduled, key=lambda pair: (pair[0].due, pair[0].id)):
        if now <= delivery.deadline and keep(delivery, verdicts):
            groups.setdefault((delivery.subject, digest), []).append(delivery)
    return [
        PendingApproval(
            subject,
            digest,
            tuple(lacking),
            valid_approvers(approvers, lacking[0].approvals, lacking[0].author),
            earlier.get(subject),
            typed=typed_names(approvers, lacking[0].approvals),
            refusals=tuple(verdicts.refusals.get((subject, digest), ())),
            refused_before=refused.get(subject),
        )
        for (subject, digest), lacking in groups.items()
        for approvers in [verdicts.approvers.get((subject, digest), ())]
    ]


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


def visible_posts(
    posts: Iterable[PendingPost], scope: Scope, accounts: Collection[str] = ()
) -> list[PendingPost]:
    """Return these posts with only the versions on ``accounts``, or all, that ``scope`` sees.

    The next due is first, of the versions that are left.
    """

    def is_visible(text: PendingApproval) -> bool:
        campaign, _, account = text.subject
        return (not accounts or account in accounts) and scope.sees(campaign, account)

    found = [part for post in posts if (part := post.only(is_visible))]
    return sorted(found, key=lambda post: (post.due, post.name))


def _by_network(texts: Iterable[PendingApproval]) -> tuple[PendingApproval, ...]:
    return tuple(sorted(texts, key=lambda text: (text.next.platform, text.subject.account)))


def _name(texts: Collection[PendingApproval], names: Mapping[PostKey, str]) -> str:
    """Return a post's name, without a moment if the approval is for several."""
    keys = {PostKey.of(delivery) for text in texts for delivery in text.deliveries}
    key = keys.pop()
    recurs = any(text.next.kind is ScheduleKind.EVERY for text in texts)
    return f"{key.campaign}/{key.post}" if keys or recurs else names[key]
