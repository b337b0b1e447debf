"""The posts that wait for approval or are refused, for one page, and decisions about them.

A form sends back what was shown: the post's exact name, and each account with the digest of its
text, separated by blanks. A decision takes effect only if all of it is still so. Otherwise
``describe_now`` says what is different.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.model import State, visible
from bot.model.post_words import STATE_WORDS, Place, join_places, place_names, platform_name
from bot.planning.approval import name_digest, refused_words, take_back_reason, valid_approvers
from bot.planning.pending import visible_posts
from bot.planning.people import same_person
from bot.services import approving, refusing
from bot.services.approval_views import DIGEST_LENGTH, approval_views, name_exactly
from bot.services.concealing import Concealer
from bot.services.post_versions import Placement, build_versions
from bot.services.posts import matching_posts
from bot.services.version_names import queued_versions, split_digest
from bot.services.views_approvals_page import ApprovalCard, ApprovalsPage
from bot.store.name_key import read_name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.model import Delivery, Scope, User
    from bot.planning.approval import Verdicts
    from bot.planning.pending import PendingPost
    from bot.runtime.app import App
    from bot.services.deciding import Decisions
    from bot.services.views_approval import ApprovalView

PAGE_SIZE = 20
"""Most posts that are shown whole on one page."""

_STATES = {State.NEEDS_HUMAN: "waits in the inbox", State.PUBLISHED: "is out already"}
"""Phrases for states whose word does not follow *is* well."""

_MAX_SHOWN = 60
"""Most accounts whose digests a form sends back, because a field's length is bounded."""


# --- The page -------------------------------------------------------------------------------------


def read_page(app: App, user: User, number: int) -> ApprovalsPage:
    """Return a page of the posts that this person sees; a number that is too high is the last."""
    waiting = approving.waiting(app, scope=user.scope)
    refused = refusing.refused(app, scope=user.scope)
    pages = max(1, -(-len(waiting) // PAGE_SIZE))
    page = min(max(1, number), pages)
    shown = waiting[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return ApprovalsPage(
        waiting=tuple(read_cards(app, user, shown)),
        count=len(waiting),
        page=page,
        pages=pages,
        refused=tuple(read_cards(app, user, refused[:PAGE_SIZE])),
        more_refused=max(0, len(refused) - PAGE_SIZE),
    )


def read_cards(app: App, user: User, posts: Sequence[PendingPost]) -> list[ApprovalCard]:
    """Return these posts, each shown whole, as this person may decide about it."""
    if not posts:
        return []
    files = app.files.read_soon()
    campaigns = {campaign.id: campaign for campaign in files.campaigns} if files else {}
    views = approval_views(app, posts, campaigns, scope=user.scope)
    cards = []
    for post, view in zip(posts, views, strict=True):
        pairs = zip(post.texts, view.accounts, strict=True)
        placements = [Placement(text.next, of.delivery, "") for text, of in pairs]
        cards.append(
            ApprovalCard(
                view=view,
                versions=build_versions(app, placements),
                timezone=post.first.next.timezone,
                shown=_name_shown(view),
                why_not=_why_not(post, user.name),
                not_on=_not_on(post, view, user.name),
                files_read=files is not None,
                is_mine=any(
                    same_person(user.name, who) for text in post.texts for who in text.approvers
                ),
            )
        )
    return cards


def _name_shown(view: ApprovalView) -> str:
    accounts = view.accounts[:_MAX_SHOWN]
    digests = [f"{of.account}@{of.name.rpartition('@')[2]}" for of in accounts]
    return " ".join([view.name, *digests])


def _why_not(post: PendingPost, who: str) -> str:
    """Return why a person cannot approve a post on any account, or cannot end its refusal."""
    if any(text.refusals for text in post.texts):
        reasons = [
            take_back_reason(who, text.refusals, text.needed, text.next.author)
            for text in post.texts
        ]
    else:
        reasons = [text.ineligible_reason(who) for text in post.texts]
    given = [reason for reason in reasons if reason]
    return f"{given[0]}." if len(given) == len(reasons) else ""


def _not_on(post: PendingPost, view: ApprovalView, who: str) -> str:
    """Return on which accounts a person cannot approve, if it is not on all of them."""
    if any(text.refusals for text in post.texts) or post.left_for(who) is None:
        return ""
    reasons = (text.ineligible_reason(who) for text in post.texts)
    found = [(of.place, why) for of, why in zip(view.accounts, reasons, strict=True) if why]
    return "; ".join(f"not on {place}: {why}" for place, why in found)


# --- Decisions about what was shown ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form says that a person was shown."""

    typed: str
    """The name of a post, which ends in a digest if it means one version."""
    digests: tuple[tuple[str, str], ...]
    """The accounts, each with the name of its text's digest."""

    @classmethod
    def parse(cls, value: str) -> Shown:
        """Return what a form's field says."""
        typed, *rest = value.split() or [""]
        pairs = (part.rpartition("@") for part in rest[:_MAX_SHOWN])
        return cls(typed, tuple((account, digest) for account, _, digest in pairs))


def find_shown(app: App, shown: Shown, scope: Scope) -> PendingPost | None:
    """Return the waiting post that was shown, if all of it is still as it was."""
    return _exactly(app, shown, approving.waiting(app, scope=scope))


def still_waits(app: App, post: PendingPost) -> bool:
    """Return whether one of the versions of a post still waits for approval."""
    versions = {(text.subject, text.digest) for text in post.texts}
    waiting = (text for other in approving.waiting(app) for text in other.texts)
    return any((text.subject, text.digest) in versions for text in waiting)


def find_any_shown(app: App, shown: Shown, scope: Scope) -> PendingPost | None:
    """Return the post in the queue that was shown, whether or not it needs approval."""
    if found := find_shown(app, shown, scope):
        return found
    posts = queued_versions(app, _deliveries(app, shown, scope))
    return _exactly(app, shown, visible_posts(posts, scope))


def _exactly(app: App, shown: Shown, posts: Iterable[PendingPost]) -> PendingPost | None:
    key = read_name_key(app.database)
    return next((post for post in posts if name_exactly(post, key) == shown.typed), None)


def withdraw(app: App, shown: Shown, who: str, scope: Scope) -> Decisions | None:
    """Withdraw a person's approvals of a post, or return None if they see no such post."""
    accounts = _visible_accounts(app, shown, scope)
    return approving.withdraw(app, shown.typed, who, accounts) if accounts else None


def take_back(app: App, shown: Shown, refused_digest: str, by: User) -> Decisions | None:
    """Take back the refusals of a post, or return None if they are not those that were shown.

    ``refused_digest`` is their name on the page; see ``ApprovalView``.
    """
    post = _exactly(app, shown, refusing.refused(app, scope=by.scope))
    if post is None:
        return None
    [view] = approval_views(app, [post], {}, scope=by.scope)
    if view.refused_digest != refused_digest:
        return None
    return refusing.take_back(app, shown.typed, by, _visible_accounts(app, shown, by.scope))


def _visible_accounts(app: App, shown: Shown, scope: Scope) -> list[str]:
    return [*dict.fromkeys(of.account for of in _deliveries(app, shown, scope))]


def _deliveries(app: App, shown: Shown, scope: Scope) -> list[Delivery]:
    """Return the deliveries that a name means, as far as the scope has them."""
    posts = matching_posts(app, split_digest(shown.typed)[0])
    return visible((of for post in posts for of in post.deliveries), scope)


# --- What is different now ------------------------------------------------------------------------


def describe_now(app: App, shown: Shown, scope: Scope) -> list[str]:
    """Return, a line for each group of accounts, how a post is now that was shown differently."""
    latest: dict[str, Delivery] = {}
    for delivery in _deliveries(app, shown, scope):
        known = latest.get(delivery.account)
        waits = delivery.state is State.SCHEDULED
        if known is None or (waits and known.state is not State.SCHEDULED):
            latest[delivery.account] = delivery
    if not latest:
        return ["It is not in the queue any more, or it is on accounts that you do not see."]
    key, digests = read_name_key(app.database), dict(shown.digests)
    verdicts = app.approvals.verdicts()
    places = [Place(of.account, platform_name(of.platform)) for of in latest.values()]
    conceal = Concealer(app, scope).words
    groups: dict[str, list[Place]] = {}
    for place, delivery in zip(places, latest.values(), strict=True):
        floored = app.approvals.with_account_minimum(delivery)
        digest = name_digest(delivery.approval_digest, key)[:DIGEST_LENGTH]
        is_same = digests.get(place.account) == digest
        floored = replace(floored, reason=conceal(delivery.reason))
        groups.setdefault(_now(floored, verdicts, is_same=is_same), []).append(place)
    names = place_names(places)
    if len(groups) == 1:
        return [f"It {words}." for words in groups]
    return [f"On {join_places(on, names)}, it {words}." for words, on in groups.items()]


def _now(delivery: Delivery, verdicts: Verdicts, *, is_same: bool) -> str:
    """Return how a delivery is now, in words that follow *it*."""
    if delivery.state is not State.SCHEDULED:
        why = f": {delivery.reason}" if delivery.reason else ""
        return f"{_STATES.get(delivery.state) or f'is {STATE_WORDS[delivery.state]}'}{why}"
    if delivery.left_files:
        return "left the campaign files, and waits until somebody decides"
    if refused := refused_words(verdicts.refusals_of(delivery)):
        return f"is {refused}"
    edited = "" if is_same else "has other words, or comes more or less often than was shown, and "
    given = verdicts.approvers.get((delivery.subject, delivery.approval_digest), ())
    names = valid_approvers(given, delivery.approvals, delivery.author)
    by = f" by {' and '.join(names)}" if names else ""
    if len(names) >= delivery.approvals:
        return f"{edited}is approved{by}" if delivery.approvals else f"{edited}needs no approval"
    return f"{edited}waits for approval ({len(names)} of {delivery.approvals}{by})"
