"""The decisions about one post at one moment, and those that people can still make."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from bot.model import OVER, State
from bot.model.post_words import Place, join_places, platform_name
from bot.planning.pending import is_refused, lacks_approval
from bot.planning.people import same_person
from bot.services.approval_views import name_exactly
from bot.services.approvals_page import read_cards
from bot.services.views_post_page import GivenApproval
from bot.store.name_key import read_name_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.model import Delivery
    from bot.model.people import User
    from bot.planning.approval import Verdicts
    from bot.planning.pending import PendingApproval, PendingPost
    from bot.runtime.app import App
    from bot.services.views_approvals_page import ApprovalCard
    from bot.services.views_post_page import PostPage


class OpenDecisions(NamedTuple):
    """The versions of a post on its page about which people can decide."""

    waiting: tuple[ApprovalCard, ...]
    """Those that wait for approval."""
    refused: tuple[ApprovalCard, ...]
    """Those that somebody has refused."""
    to_send: str
    """The name of exactly the versions that are still to be sent; "" if there are none."""
    elsewhere: bool
    """Whether one waits or is refused together with versions that other moments have."""


def open_decisions(
    app: App, shown: Sequence[Delivery], of_post: Sequence[Delivery], reader: User
) -> OpenDecisions:
    """Return the versions that a person can decide about, of the deliveries that a page shows.

    ``of_post`` are the deliveries of the same post at all moments. People decide about a version
    together with those of other accounts. If the page does not show all of these, such as one that
    was edited a moment ago, they cannot decide on it.
    """
    versions = {(of.id, of.approval_digest) for of in shown}
    queued = [app.approvals.with_account_minimum(of) for of in of_post]
    now, is_partial = app.clock.now(), False

    def read(keep: Callable[[Delivery, Verdicts], bool]) -> list[PendingPost]:
        """Return the posts that the page shows whole."""
        nonlocal is_partial
        whole = []
        for post in app.approvals.pending(queued, now, keep):
            on_page = [_is_shown(text, versions) for text in post.texts]
            whole += [post] if all(on_page) else []
            is_partial |= any(on_page) and not all(on_page)
        return whole

    waiting, refused = (
        tuple(read_cards(app, reader, read(keep))) for keep in (lacks_approval, is_refused)
    )
    is_elsewhere, to_send = is_partial, read(lambda *_: True)
    exactly = name_exactly(to_send[0], read_name_key(app.database)) if len(to_send) == 1 else ""
    return OpenDecisions(waiting, refused, exactly, is_elsewhere)


def _is_shown(text: PendingApproval, versions: Collection[tuple[int, str]]) -> bool:
    return any((of.id, text.digest) in versions for of in text.deliveries)


def given_approvals(
    app: App, deliveries: Sequence[Delivery], names: Mapping[str, str]
) -> Iterator[GivenApproval]:
    """Yield the approvals of the versions on a page, one for each person and time.

    ``names`` are the places of the accounts.
    """
    needing = [of for of in deliveries if of.state not in OVER]
    shown = {(of.subject, of.approval_digest): of for of in needing}
    groups: dict[tuple[str, datetime], list[Place]] = defaultdict(list)
    for given in app.approvals.all({subject for subject, _ in shown}):
        if delivery := shown.get((given.subject, given.digest)):
            place = Place(delivery.account, platform_name(delivery.platform))
            groups[given.who, given.at].append(place)
    for (who, at), on in groups.items():
        everywhere = len(on) == len(shown)
        yield GivenApproval(who, at, "" if everywhere else join_places(on, names))


def may_withdraw(page: PostPage, who: str) -> bool:
    """Return whether a person has approved a version that still waits to be sent."""
    waits = any(
        place.delivery.state is State.SCHEDULED
        for version in page.versions
        for place in version.places
    )
    return waits and any(same_person(given.who, who) for given in page.approvals)
