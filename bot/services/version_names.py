"""Find the versions of queued posts that a name, number or digest means.

A name that ends in ``@`` and a digest means exactly the version that was shown with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import ScheduleKind
from bot.planning import approval
from bot.planning.approval import name_digest
from bot.services.approval_views import DIGEST_LENGTH, name_exactly
from bot.services.posts import copied_name, matching_posts, whole_name_hint
from bot.store.name_key import read_name_key
from bot.text import end_sentence
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bot.model import Delivery
    from bot.planning.pending import PendingApproval, PendingPost
    from bot.runtime.app import App
    from bot.services.posts import NamedPost

_DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_LENGTH},64}}")
_SHORT_DIGEST = re.compile(rf"@[0-9a-f]{{1,{DIGEST_LENGTH - 1}}}\Z")


def find_waiting(
    app: App, typed: str, who: str, accounts: Collection[str] = ()
) -> list[PendingPost]:
    """Return the waiting posts that a name, number, key or the beginning of a key means.

    A name that ends in ``@`` and a digest means exactly the version that was shown with it. Raise
    UserError if nothing waits, or if several posts do.
    """
    name = _TypedName.read(app, typed, who, accounts)
    waits, shown = name.select(app.approvals.waiting(app.clock.now()))
    if not waits:
        verdicts = app.approvals.verdicts()
        refusals = (of for delivery in name.floored for of in verdicts.refusals_of(delivery))
        if refused := approval.refused_words(refusals):
            raise refused_name(typed, "Q513", f"It is {refused}", approval.TAKE_BACK_FIRST)
        reason = approval.why_none_waits(name.floored, app.clock.now())
        raise refused_name(typed, "Q502", reason, "See groundswell queue list --all.")
    return name.require_one(shown)


def find_queued(
    app: App, typed: str, who: str, accounts: Collection[str] = ()
) -> list[PendingPost]:
    """Return the posts in the queue that a name means, whether or not they wait for approval.

    A digest that was shown with the waiting texts means these alone; see ``find_waiting``. Raise
    UserError if nothing can be sent any more, or if several posts can.
    """
    name = _TypedName.read(app, typed, who, accounts)
    shown: list[PendingPost] = []
    if name.digest:
        _, shown = name.select(app.approvals.waiting(app.clock.now()))
    if not shown:
        queued, shown = name.select(queued_versions(app, name.deliveries))
        if not queued:
            late = approval.too_late_reason(delivery.state for delivery in name.deliveries)
            reason = late or "It does not wait to be sent"
            raise refused_name(typed, "Q502", reason, "See groundswell queue list --all.")
    return name.require_one(shown)


def queued_versions(app: App, deliveries: Iterable[Delivery]) -> list[PendingPost]:
    """Return all queued versions of the posts of these deliveries, whatever they wait for."""
    posts = {(of.campaign, of.post) for of in deliveries}
    members = map(app.approvals.with_account_minimum, app.queue.of_posts(posts))
    return app.approvals.pending([*members], app.clock.now(), lambda *_: True)


@dataclass(frozen=True, slots=True)
class _TypedName:
    """A typed name, and the deliveries that it means."""

    typed: str
    digest: str
    """The digest behind the name, or ""."""
    who: str
    by_account: bool
    """Whether it names accounts too."""
    key: bytes
    """The key of the database with which digests are named."""
    deliveries: tuple[Delivery, ...]
    floored: tuple[Delivery, ...]
    """The same, with the approvals that their accounts ask for."""

    @classmethod
    def read(cls, app: App, typed: str, who: str, accounts: Collection[str]) -> _TypedName:
        """Return the deliveries that a typed name means. Raise UserError."""
        name, digest = split_digest(typed)
        found = [of for post in find_named(app, name, accounts) for of in post.deliveries]
        by_account = bool(accounts) or name.count("/") > 1
        floored = tuple(map(app.approvals.with_account_minimum, found))
        key = read_name_key(app.database)
        return cls(typed, digest, who, by_account, key, tuple(found), floored)

    def select(self, posts: Iterable[PendingPost]) -> tuple[list[PendingPost], list[PendingPost]]:
        """Return the posts that the name means, and those of them that were shown with it."""
        ids = {delivery.id for delivery in self.deliveries}

        def is_meant(text: PendingApproval) -> bool:
            return not ids.isdisjoint(delivery.id for delivery in text.deliveries)

        meant, shown = [], []
        for post in posts:
            if part := post.only(is_meant):
                meant.append(part)
                whole = self._shown_as(post, part) if self.digest else post
                narrowed = whole and whole.only(is_meant)
                shown += [narrowed] if narrowed else []
        return meant, shown

    def require_one(self, shown: list[PendingPost]) -> list[PendingPost]:
        """Return these posts. Raise UserError if they are none, or not of one post."""
        if not shown:
            raise refused_name(self.typed, "Q503", approval.NOT_AS_SHOWN, approval.READ_AGAIN)
        # The wordings of one recurring post may be several.
        single = any(post.first.next.kind is not ScheduleKind.EVERY for post in shown)
        if len(shown) > 1 and single:
            names = ", ".join(name_exactly(post, self.key) for post in shown)
            message = f"It can mean {len(shown)} posts: {names}"
            raise refused_name(self.typed, "Q102", message, "Name one of them.")
        return shown

    def _is_named(self, digest: str) -> bool:
        return digest == self.digest or name_digest(digest, self.key).startswith(self.digest)

    def _shown_as(self, post: PendingPost, part: PendingPost) -> PendingPost | None:
        """Return the version that was shown with the typed digest, if it still waits unchanged.

        A digest may cover the whole post, the accounts that were asked for, or the accounts that
        this person can approve. If an account was named, it may cover that account's text alone.
        """
        alone = [replace(post, texts=(text,)) for text in post.texts]
        for shown in (post, part, post.left_for(self.who), *alone):
            if shown and self._is_named(shown.digest):
                return shown
        [text, *others] = part.texts
        return part if self.by_account and not others and self._is_named(text.digest) else None


def split_digest(typed: str) -> tuple[str, str]:
    """Return a name and the digest behind it, or "" if there is none.

    Text that looks like a digest is one, even if it is an event's id. Otherwise somebody who writes
    the files could give an event the id of a listed digest.
    """
    typed = copied_name(typed)
    name, _, last = typed.rpartition("@")
    return (name, last) if name and _DIGEST.fullmatch(last) else (typed, "")


def find_named(app: App, name: str, accounts: Collection[str] = ()) -> list[NamedPost]:
    """Return the posts that a name means, with their deliveries on ``accounts`` or on all.

    The name of a recurring post means all of its moments. Raise UserError.
    """
    named = matching_posts(app, name)
    if not named and _SHORT_DIGEST.search(name):
        raise refused_name(name, "Q501", f"A digest has at least {DIGEST_LENGTH} characters")
    if not named:
        known = {f"{of.campaign}/{of.post}" for of in app.approvals.needing_approval()}
        hint = whole_name_hint(app, name) or did_you_mean(
            name, known, "groundswell review --list shows the posts that wait."
        )
        raise refused_name(name, "Q501", "There is no such post in the queue", hint)
    if not accounts:
        return named
    on = [
        replace(post, deliveries=tuple(of for of in post.deliveries if of.account in accounts))
        for post in named
    ]
    if not any(post.deliveries for post in on):
        names = ", ".join(dict.fromkeys(of.account for post in named for of in post.deliveries))
        message = f"It is not on {' or '.join(accounts)}"
        raise refused_name(name, "Q101", message, f"It is on {names}.")
    return on


def refused_name(typed: str, code: str, why: str, hint: str = "") -> UserError:
    """Return the error that a typed name means nothing that can be decided about."""
    return UserError([Problem(typed or "review", 0, 0, code, end_sentence(why), hint)])
