"""Refuse posts with a reason, and take refusals back.

A refusal is bound to the digest of the shown version, as an approval is. It holds that version on
each account, even if enough people have approved it. It ends if somebody who may approve the post
takes it back. The edited version is another one, which is not refused.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.model import EVERYTHING, ScheduleKind, State
from bot.planning.pending import visible_posts
from bot.services.deciding import Decider, decide_subjects, decide_texts, decisions, for_each
from bot.services.version_names import find_named, find_queued, split_digest
from bot.services.views_approval import PostDecision

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.model import Scope, Subject, User
    from bot.planning.pending import PendingApproval, PendingPost
    from bot.runtime.app import App
    from bot.services.deciding import Decisions, SignIn


def refused(
    app: App,
    campaign: str | None = None,
    accounts: Collection[str] = (),
    *,
    scope: Scope = EVERYTHING,
) -> list[PendingPost]:
    """Return the posts that are refused, the next due first; see ``approving.waiting``."""
    posts = visible_posts(app.approvals.refused(app.clock.now()), scope, accounts)
    return [post for post in posts if campaign in {None, post.first.subject.campaign}]


def refuse(app: App, post: PendingPost, who: str, why: str) -> Decisions:
    """Refuse the shown version of a post, on each account on which it still waits to be sent."""
    now = app.clock.now()

    def act(text: PendingApproval) -> None:
        app.refusals.refuse(text.subject, text.digest, who, why, now)

    accounts, problems = decide_texts(act, post)
    return decisions(PostDecision(post.name, who, now, accounts, (), why), problems)


def refuse_named(
    app: App, typed: Sequence[str], who: str, why: str, accounts: Collection[str] = ()
) -> Decisions:
    """Refuse the posts with these names, as far as possible, whether or not they need approval."""

    def refuse_one(name: str) -> list[Decisions]:
        return [refuse(app, post, who, why) for post in find_queued(app, name, who, accounts)]

    return for_each(typed, refuse_one)


def take_back_named(
    app: App,
    typed: Sequence[str],
    by: str | User,
    accounts: Collection[str] = (),
    sign_in: SignIn | None = None,
) -> Decisions:
    """Take back the refusals of the posts with these names, as far as possible."""
    decider = Decider(app, by, sign_in)
    return for_each(typed, lambda name: [_take_back(app, name, decider, accounts)])


def take_back(app: App, typed: str, by: str | User, accounts: Collection[str] = ()) -> Decisions:
    """Take back the refusals of a post's current version. Raise UserError for an unknown name."""
    return _take_back(app, typed, Decider(app, by), accounts)


def _take_back(app: App, typed: str, decider: Decider, accounts: Collection[str]) -> Decisions:
    named = find_named(app, split_digest(typed)[0], accounts)
    digests: dict[Subject, set[str]] = defaultdict(set)
    for delivery in (of for post in named for of in post.deliveries):
        # A recurring post is published again, although its next time may not be queued yet.
        if delivery.state is State.SCHEDULED or delivery.kind is ScheduleKind.EVERY:
            digests[delivery.subject].add(delivery.approval_digest)
        else:
            digests.setdefault(delivery.subject, set())
    floored = (app.approvals.with_account_minimum(of) for post in named for of in post.deliveries)
    decider.known_for(delivery.approvals for delivery in floored)
    decider.require_right(typed, digests)
    now = app.clock.now()

    def act(subject: Subject) -> None:
        user = decider.user_id
        app.refusals.take_back(subject, digests[subject], decider.name, now, user=user)

    return decide_subjects(act, digests, named, decider.name, now)
