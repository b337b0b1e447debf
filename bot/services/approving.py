"""Approve posts, withdraw approvals, and let a campaign need fewer of them.

An approval is bound to the digest of the shown version. An edit that is made meanwhile is therefore
never approved unseen. People decide about a post once, and the database keeps an approval for each
account. Every account that can still be approved is approved, and the others are named.

If two people must approve and people can sign in, each has to: a typed name does not count.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.model import EVERYTHING, Subject
from bot.planning import approval
from bot.planning.pending import visible_posts
from bot.services.deciding import Decider, decide_subjects, decide_texts, decisions, for_each
from bot.services.posts import part_views
from bot.services.version_names import find_named, find_waiting, refused_name, split_digest
from bot.services.views_approval import (
    ApprovedText,
    HeldFloorView,
    LoweredFloorView,
    PostDecision,
)
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.model import Delivery, Scope, User
    from bot.planning.pending import PendingApproval, PendingPost
    from bot.runtime.app import App
    from bot.services.deciding import Decisions, SignIn


def waiting(
    app: App,
    campaign: str | None = None,
    accounts: Collection[str] = (),
    *,
    scope: Scope = EVERYTHING,
) -> list[PendingPost]:
    """Return the posts that wait for approval, the next due first.

    With ``accounts``, only versions on these are included. Raise UserError for an unknown campaign
    or account.
    """
    for account in accounts:
        require_name("review", "account", account, app.config.accounts)
    posts = visible_posts(app.approvals.waiting(app.clock.now()), scope, accounts)
    if campaign is None:
        return posts
    found = [post for post in posts if post.first.subject.campaign == campaign]
    if not found:
        known = {delivery.campaign for delivery in app.queue.all()}
        require_name("review", "campaign", campaign, known)
    return found


def left_for(
    posts: Sequence[PendingPost], who: str, seen: Collection[tuple[Subject, str]] = ()
) -> list[PendingPost]:
    """Return the versions that a person can approve and has not seen yet, by post."""
    unseen = (post.only(lambda text: (text.subject, text.digest) not in seen) for post in posts)
    left = (post.left_for(who) for post in unseen if post)
    return [post for post in left if post]


# --- Decisions ------------------------------------------------------------------------------------


def approve(app: App, post: PendingPost, by: str | User) -> Decisions:
    """Approve the shown version of a post, on each account on which it still waits.

    ``by`` is a person who has signed in, or a typed name. Raise UserError for a person who may not
    approve all of it.
    """
    now, decider = app.clock.now(), Decider(app, by)
    decider.require_right(post.name, [text.subject for text in post.texts])

    def act(text: PendingApproval) -> None:
        app.approvals.approve(text.subject, text.digest, decider.name, now, user=decider.user_id)

    accounts, problems = decide_texts(act, post)
    results = zip(post.texts, accounts, strict=True)
    texts = _approved_texts(app, [text for text, of in results if of.done])
    return decisions(PostDecision(post.name, decider.name, now, accounts, texts), problems)


def approve_named(
    app: App,
    typed: Sequence[str],
    by: str | User,
    accounts: Collection[str] = (),
    sign_in: SignIn | None = None,
) -> Decisions:
    """Approve the posts that wait under these names, as far as possible.

    ``sign_in`` has somebody who typed a name sign in if a post needs it.
    """
    decider = Decider(app, by, sign_in)

    def approve_one(name: str) -> list[Decisions]:
        posts = find_waiting(app, name, decider.name, accounts)
        by = decider.known_for(text.needed for post in posts for text in post.texts)
        return [approve(app, post, by) for post in posts]

    return for_each(typed, approve_one)


def withdraw_named(
    app: App, typed: Sequence[str], who: str, accounts: Collection[str] = ()
) -> Decisions:
    """Withdraw a person's approvals of the posts with these names, unless it is too late."""
    return for_each(typed, lambda name: [withdraw(app, name, who, accounts)])


def withdraw(app: App, typed: str, who: str, accounts: Collection[str] = ()) -> Decisions:
    """Withdraw a person's approvals of a post. Raise UserError if no such post needs one."""
    named = find_named(app, split_digest(typed)[0], accounts)
    digests: dict[Subject, set[str]] = defaultdict(set)
    for delivery in (of for post in named for of in post.deliveries):
        if app.approvals.with_account_minimum(delivery).approvals:
            digests[delivery.subject].add(delivery.approval_digest)
    if not digests:
        raise refused_name(typed, "Q506", approval.NO_APPROVAL_NEEDED)
    now = app.clock.now()

    def act(subject: Subject) -> None:
        app.approvals.withdraw(subject, digests[subject], who, now)

    return decide_subjects(act, digests, named, who, now)


def _approved_texts(app: App, texts: Sequence[PendingApproval]) -> tuple[ApprovedText, ...]:
    groups: dict[str, list[Delivery]] = defaultdict(list)
    for text in texts:
        groups[text.digest].append(text.next)
    return tuple(
        ApprovedText(
            tuple(delivery.account for delivery in group),
            part_views(group[0], app.config.accounts.get(group[0].account)),
        )
        for group in groups.values()
    )


# --- Floors ---------------------------------------------------------------------------------------


def held_floors(app: App) -> list[HeldFloorView]:
    """Return the campaigns whose files ask for fewer approvals than are still needed."""
    return [
        HeldFloorView(name, floor.needed, floor.asked, floor.place)
        for name, floor in sorted(app.floors.held().items())
    ]


def lower_floor(
    app: App, name: str, by: str | User, sign_in: SignIn | None = None
) -> LoweredFloorView:
    """Let a campaign need only as many approvals as its file asks for. Raise UserError."""
    now = app.clock.now()
    campaigns = {campaign.id: campaign for campaign in app.queue_sync.files.check(now).campaigns}
    require_name("review", "campaign", name, campaigns)
    campaign, floors = campaigns[name], app.floors
    floor = floors.read().get(name)
    needed = max(floors.most_needed(name), floor.needed if floor else 0)
    if needed <= campaign.require_approval:
        why = "Its posts do not need more approvals than its file asks for"
        raise refused_name(name, "Q512", why)
    decider = Decider(app, by, sign_in)
    decider.require_known(name, [needed])
    decider.require_right(name, [Subject(name, "", account) for account in app.config.accounts])
    accounts = [*app.config.accounts.values()]
    before = floors.lower(campaign, accounts, decider.name, now)
    return LoweredFloorView(name, before, campaign.require_approval, decider.name)
