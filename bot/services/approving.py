"""Approve posts, withdraw approvals, and let a campaign need fewer of them.

An approval is bound to the digest of the shown version. An edit that is made meanwhile is therefore
never approved unseen. People decide about a post once, and the database keeps an approval for each
account. Every account that can still be approved is approved, and the others are named.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot.errors import Problem, UserError
from bot.model import ScheduleKind
from bot.planning import approval
from bot.planning.approval import name_digest
from bot.services.approval_views import DIGEST_LENGTH, name_exactly
from bot.services.posts import copied_name, matching_posts, part_views, whole_name_hint
from bot.services.views_approval import (
    AccountDecision,
    ApprovedText,
    HeldFloorView,
    LoweredFloorView,
    PostDecision,
)
from bot.store.name_key import read_name_key
from bot.yamlsource.problems import did_you_mean, require_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from bot.model import Delivery, Subject
    from bot.planning.approval import PendingApproval, PendingPost
    from bot.runtime.app import App
    from bot.services.posts import NamedPost

T = TypeVar("T")

_DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_LENGTH},64}}")
_SHORT_DIGEST = re.compile(rf"@[0-9a-f]{{1,{DIGEST_LENGTH - 1}}}\Z")

_DONE_ALREADY = frozenset({"Q504", "Q507"})
"""Codes of refusals that leave nothing for this person to do on an account."""


def waiting(
    app: App, campaign: str | None = None, accounts: Collection[str] = ()
) -> list[PendingPost]:
    """Return the posts that wait for approval, the next due first.

    With ``accounts``, only versions on these are included. Raise UserError for an unknown campaign
    or account.
    """
    for account in accounts:
        require_name("review", "account", account, app.config.accounts)
    posts = app.approvals.waiting(app.clock.now())
    if accounts:
        on = (post.only(lambda text: text.subject.account in accounts) for post in posts)
        posts = [post for post in on if post]
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


@dataclass(frozen=True, slots=True)
class Decisions:
    """The results of a person's decisions."""

    posts: tuple[PostDecision, ...]
    problems: tuple[Problem, ...]
    """Why some decisions had no effect."""


def approve(app: App, post: PendingPost, who: str) -> Decisions:
    """Approve the shown version of a post, on each account on which it still waits."""
    now = app.clock.now()

    def act(text: PendingApproval) -> None:
        app.approvals.approve(text.subject, text.digest, who, now)

    errors = [_try(act, text) for text in post.texts]
    results = [*zip(post.texts, errors, strict=True)]
    accounts = tuple(
        AccountDecision(text.subject.account, text.digest, error is None, _why(error))
        for text, error in results
    )
    texts = _approved_texts(app, [text for text, error in results if error is None])
    return _decisions(PostDecision(post.name, who, now, accounts, texts), errors)


def approve_named(
    app: App, typed: Sequence[str], who: str, accounts: Collection[str] = ()
) -> Decisions:
    """Approve the posts that wait under these names, as far as possible."""
    return _each(
        typed,
        lambda name: [approve(app, post, who) for post in find_waiting(app, name, who, accounts)],
    )


def withdraw_named(
    app: App, typed: Sequence[str], who: str, accounts: Collection[str] = ()
) -> Decisions:
    """Withdraw a person's approvals of the posts with these names, unless it is too late."""
    return _each(typed, lambda name: [withdraw(app, name, who, accounts)])


def withdraw(app: App, typed: str, who: str, accounts: Collection[str] = ()) -> Decisions:
    """Withdraw a person's approvals of a post. Raise UserError if no such post needs one."""
    named = _find_named(app, _split_digest(typed)[0], accounts)
    digests: dict[Subject, set[str]] = defaultdict(set)
    for delivery in (of for post in named for of in post.deliveries):
        if app.approvals.with_account_minimum(delivery).approvals:
            digests[delivery.subject].add(delivery.approval_digest)
    if not digests:
        raise _refusal(typed, "Q506", approval.NO_APPROVAL_NEEDED)
    now = app.clock.now()

    def act(subject: Subject) -> None:
        app.approvals.withdraw(subject, digests[subject], who, now)

    results = {subject: _try(act, subject) for subject in digests}
    decided = tuple(
        AccountDecision(subject.account, "", error is None, _why(error))
        for subject, error in results.items()
    )
    key = named[0].post.key
    name = named[0].post.name if len(named) == 1 else f"{key.campaign}/{key.post}"
    return _decisions(PostDecision(name, who, now, decided, ()), [*results.values()])


def _try(act: Callable[[T], None], subject: T) -> UserError | None:
    try:
        act(subject)
    except UserError as error:
        return error
    return None


def _why(error: UserError | None) -> str:
    return " ".join(problem.message for problem in error.problems) if error else ""


def _decisions(post: PostDecision, errors: Sequence[UserError | None]) -> Decisions:
    """Return the result; decisions made before count as problems only if nothing else was done."""
    problems = [problem for error in errors if error for problem in error.problems]
    if post.done:
        problems = [problem for problem in problems if problem.code not in _DONE_ALREADY]
    return Decisions((post,), tuple(_said_once(post, problems)))


def _said_once(post: PostDecision, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield a problem on several accounts once, for the post or with the accounts' names."""
    groups: dict[Problem, list[Problem]] = defaultdict(list)
    for problem in problems:
        groups[replace(problem, file=post.name)].append(problem)
    for said, group in groups.items():
        if len(group) == 1:
            yield group[0]
        elif len(group) == len(post.accounts):
            yield said
        else:
            accounts = (problem.file.rpartition("/")[2] for problem in group)
            yield replace(said, file=f"{post.name} on {', '.join(accounts)}")


def _each(typed: Sequence[str], act: Callable[[str], Sequence[Decisions]]) -> Decisions:
    """Act on every name; a wrong name does not stop the others."""
    posts: list[PostDecision] = []
    problems: list[Problem] = []
    for name in dict.fromkeys(typed):
        try:
            for found in act(name):
                posts += found.posts
                problems += found.problems
        except UserError as error:
            problems += error.problems
    return Decisions(tuple(posts), tuple(problems))


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


# --- Names ----------------------------------------------------------------------------------------


def find_waiting(
    app: App, typed: str, who: str, accounts: Collection[str] = ()
) -> list[PendingPost]:
    """Return the waiting posts that a name, number, key or the beginning of a key means.

    A name that ends in ``@`` and a digest means exactly the version that was shown with it. Raise
    UserError if nothing waits, or if several posts do.
    """
    name, digest = _split_digest(typed)
    deliveries = [of for post in _find_named(app, name, accounts) for of in post.deliveries]
    ids, key = {delivery.id for delivery in deliveries}, read_name_key(app.database)
    by_account = bool(accounts) or name.count("/") > 1

    def is_meant(text: PendingApproval) -> bool:
        return not ids.isdisjoint(delivery.id for delivery in text.deliveries)

    def is_named(found: str) -> bool:
        return found == digest or name_digest(found, key).startswith(digest)

    waits, shown = [], []
    for post in waiting(app):
        if part := post.only(is_meant):
            waits.append(part)
            whole = _shown_as(post, part, who, is_named, by_account=by_account) if digest else post
            meant = whole and whole.only(is_meant)
            shown += [meant] if meant else []
    if not waits:
        floored = [app.approvals.with_account_minimum(delivery) for delivery in deliveries]
        reason = approval.why_none_waits(floored, app.clock.now())
        raise _refusal(typed, "Q502", reason, "See groundswell queue list --all.")
    if not shown:
        raise _refusal(typed, "Q503", approval.NOT_AS_SHOWN, approval.READ_AGAIN)
    _refuse_several(typed, shown, key)
    return shown


def _refuse_several(typed: str, shown: Sequence[PendingPost], key: bytes) -> None:
    """Raise UserError for several posts, unless they are the wordings of one recurring post."""
    if len(shown) > 1 and any(post.first.next.kind is not ScheduleKind.EVERY for post in shown):
        names = ", ".join(name_exactly(post, key) for post in shown)
        message = f"It can mean {len(shown)} posts: {names}"
        raise _refusal(typed, "Q102", message, "Name one of them.")


def _shown_as(
    post: PendingPost,
    part: PendingPost,
    who: str,
    is_named: Callable[[str], bool],
    *,
    by_account: bool,
) -> PendingPost | None:
    """Return the version that was shown with the typed digest, if it still waits unchanged.

    A digest may cover the whole post, the accounts that were asked for, or the accounts that this
    person can approve. If an account was named (``by_account``), it may cover that account's text
    alone.
    """
    alone = [replace(post, texts=(text,)) for text in post.texts]
    for shown in (post, part, post.left_for(who), *alone):
        if shown and is_named(shown.digest):
            return shown
    [text, *others] = part.texts
    return part if by_account and not others and is_named(text.digest) else None


def _split_digest(typed: str) -> tuple[str, str]:
    """Return a name and the digest behind it, or "" if there is none.

    Text that looks like a digest is one, even if it is an event's id. Otherwise somebody who writes
    the files could give an event the id of a listed digest.
    """
    typed = copied_name(typed)
    name, _, last = typed.rpartition("@")
    return (name, last) if name and _DIGEST.fullmatch(last) else (typed, "")


def _find_named(app: App, name: str, accounts: Collection[str] = ()) -> list[NamedPost]:
    """Return the posts that a name means, with their deliveries on ``accounts`` or on all.

    The name of a recurring post means all of its moments. Raise UserError.
    """
    named = matching_posts(app, name)
    if not named and _SHORT_DIGEST.search(name):
        raise _refusal(name, "Q501", f"A digest has at least {DIGEST_LENGTH} characters")
    if not named:
        known = {f"{of.campaign}/{of.post}" for of in app.approvals.needing_approval()}
        hint = whole_name_hint(app, name) or did_you_mean(
            name, known, "groundswell review --list shows the posts that wait."
        )
        raise _refusal(name, "Q501", "There is no such post in the queue", hint)
    if not accounts:
        return named
    on = [
        replace(post, deliveries=tuple(of for of in post.deliveries if of.account in accounts))
        for post in named
    ]
    if not any(post.deliveries for post in on):
        names = ", ".join(dict.fromkeys(of.account for post in named for of in post.deliveries))
        message = f"It is not on {' or '.join(accounts)}"
        raise _refusal(name, "Q101", message, f"It is on {names}.")
    return on


# --- Floors ---------------------------------------------------------------------------------------


def held_floors(app: App) -> list[HeldFloorView]:
    """Return the campaigns whose files ask for fewer approvals than are still needed."""
    return [
        HeldFloorView(name, floor.needed, floor.asked, floor.place)
        for name, floor in sorted(app.queue_sync.floors.read().items())
        if floor.is_held
    ]


def lower_floor(app: App, name: str, who: str) -> LoweredFloorView:
    """Let a campaign need only as many approvals as its file asks for. Raise UserError."""
    now = app.clock.now()
    campaigns = {campaign.id: campaign for campaign in app.queue_sync.files.check(now).campaigns}
    require_name("review", "campaign", name, campaigns)
    campaign, floors = campaigns[name], app.queue_sync.floors
    floor = floors.read().get(name)
    if max(floors.most_needed(name), floor.needed if floor else 0) <= campaign.require_approval:
        why = "Its posts do not need more approvals than its file asks for"
        raise _refusal(name, "Q512", why)
    before = floors.lower(campaign, [*app.config.accounts.values()], who, now)
    return LoweredFloorView(name, before, campaign.require_approval, who)


def _refusal(typed: str, code: str, why: str, hint: str = "") -> UserError:
    return UserError([Problem(typed or "review", 0, 0, code, f"{why}.", hint)])
