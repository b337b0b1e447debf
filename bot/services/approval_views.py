"""Describe posts that wait for approval, with versions, changes and sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from bot.model import EVERYTHING, PostKey, visible
from bot.model.post_words import Placed, count_networks, join_places, place_names, summarize_states
from bot.planning.approval import name_digest, refused_words
from bot.planning.content_diff import content_differences, differences_since_approval
from bot.schedules.local_time import format_local
from bot.services.posts import delivery_views
from bot.services.queue import format_due
from bot.services.sources import (
    allowed_views,
    delivery_notes,
    entry_of,
    fact_views,
    statement_views,
)
from bot.services.views_approval import (
    AccountApprovalView,
    ApprovalView,
    ChangeView,
    EarlierApproval,
    RefusalView,
)
from bot.store.name_key import read_name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.model import Account, Campaign, Content, Delivery, Pause, Post, Refusal, Scope
    from bot.planning.content_diff import Difference
    from bot.planning.pending import PendingApproval, PendingPost
    from bot.runtime.app import App
    from bot.services.views import DeliveryView


DIGEST_LENGTH = 12
"""Characters of a digest in a name; too many for two digests to agree by chance."""


def read_campaigns(app: App) -> dict[str, Campaign]:
    """Return the campaigns by id; files with mistakes still contribute theirs."""
    return {campaign.id: campaign for campaign in app.files.read().campaigns}


def name_exactly(post: PendingPost, key: bytes) -> str:
    """Return the name that approves exactly the version that waits, and no later one."""
    return f"{post.name}@{name_digest(post.digest, key)[:DIGEST_LENGTH]}"


@dataclass(frozen=True, slots=True)
class _Sources:
    """What the views of all posts are made from, read once."""

    accounts: Mapping[str, Account]
    key: bytes
    """The key of the database with which digests are named."""
    pauses: Sequence[Pause]
    views: Mapping[int, DeliveryView]
    """The views of the posts' deliveries, by number."""


def approval_views(
    app: App,
    waiting: Sequence[PendingPost],
    campaigns: Mapping[str, Campaign],
    *,
    scope: Scope = EVERYTHING,
) -> list[ApprovalView]:
    """Return views of these posts, with everything that a person reads before the decision.

    ``waiting`` has only versions that ``scope`` sees. Other accounts of the posts are left out too.
    """
    siblings = _siblings(app, waiting, scope)
    texts = [text.next for post in waiting for text in post.texts]
    views = delivery_views(app, [*texts, *(of for group in siblings for of in group)], scope)
    found = _Sources(app.config.accounts, read_name_key(app.database), app.queue.pauses(), views)
    return [
        _approval_view(found, post, group, campaigns.get(post.first.subject.campaign))
        for post, group in zip(waiting, siblings, strict=True)
    ]


def _siblings(app: App, waiting: Sequence[PendingPost], scope: Scope) -> list[list[Delivery]]:
    keys = [PostKey.of(post.first.next) for post in waiting]
    members: dict[PostKey, list[Delivery]] = {key: [] for key in keys}
    queued = app.queue.of_posts({(key.campaign, key.post) for key in keys})
    for delivery in visible(queued, scope):
        members.get(PostKey.of(delivery), []).append(delivery)
    return [sorted(members[key], key=lambda of: (of.platform, of.account)) for key in keys]


def _approval_view(
    found: _Sources,
    post: PendingPost,
    siblings: Sequence[Delivery],
    campaign: Campaign | None,
) -> ApprovalView:
    shown = [found.views[text.next.id] for text in post.texts]
    waits = {text.subject.account for text in post.texts}
    others = [found.views[of.id] for of in siblings if of.account not in waits]
    places = place_names([*shown, *others])
    first, common = post.first.next, _most_common(post.texts)
    entries = [entry_of(campaign, text.next) for text in post.texts]
    bases = [entry for entry in entries if entry]
    return ApprovalView(
        name=name_exactly(post, found.key),
        plain_name=post.name,
        number=min(of.id for of in siblings),
        campaign=first.campaign,
        post=first.post,
        digest=post.digest,
        due=post.due,
        local=format_due(first),
        times=max(len(text.deliveries) for text in post.texts),
        frequency=first.frequency,
        author=first.author,
        places=tuple(places[view.account] for view in shown),
        on=count_networks(shown),
        approved=_by_place(shown, places, map(_approved_words, post.texts)),
        refused=_by_place(shown, places, map(_refused_words, post.texts)),
        elsewhere=summarize_states(others, [*shown, *others]) if others else "",
        price=sum((view.price for view in shown), Decimal(0)),
        accounts=tuple(
            _account_view(found, text, view, places[view.account], common, entry)
            for text, view, entry in zip(post.texts, shown, entries, strict=True)
        ),
        facts=tuple(fact_views(campaign, bases)),
        statements=tuple(statement_views(campaign, bases)),
        allowed=tuple(allowed_views(campaign, bases)),
    )


def _most_common(texts: Sequence[PendingApproval]) -> Content:
    """Return the content on most accounts; of several, the first."""
    [(digest, _)] = Counter(text.digest for text in texts).most_common(1)
    return next(text.next.content for text in texts if text.digest == digest)


def _approved_words(text: PendingApproval) -> str:
    """Return the number and names of the approvers of a text."""
    names = f": {', '.join(text.approvers)}" if text.approvers else ""
    return f"{len(text.approvers)} of {text.needed}{names}"


def _refused_words(text: PendingApproval) -> str:
    return refused_words(text.refusals) or ""


def _refusal_view(refusal: Refusal) -> RefusalView:
    return RefusalView(refusal.who, refusal.at, refusal.why)


def _by_place(shown: Sequence[Placed], places: dict[str, str], found: Iterable[str]) -> str:
    """Return the words for all texts, or those for each place if they differ."""
    words = {view.account: said for view, said in zip(shown, found, strict=True)}
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    ordered = sorted(shown, key=lambda view: words[view.account])
    groups = groupby(ordered, key=lambda view: words[view.account])
    return "; ".join(f"{join_places([*group], places)} {said}" for said, group in groups if said)


def _account_view(
    found: _Sources,
    text: PendingApproval,
    view: DeliveryView,
    place: str,
    common: Content,
    entry: Post | None,
) -> AccountApprovalView:
    delivery, previous = text.next, text.previous
    account = found.accounts.get(delivery.account)
    changes = differences_since_approval(previous, delivery) if previous else ()
    return AccountApprovalView(
        name=f"{text.subject}@{name_digest(text.digest, found.key)[:DIGEST_LENGTH]}",
        account=delivery.account,
        place=place,
        handle=account.handle if account else "",
        digest=text.digest,
        delivery=view,
        due=tuple(of.due for of in text.deliveries),
        local=tuple(map(format_due, text.deliveries)),
        may_reply=delivery.content.reply_settings or "everyone",
        needed=text.needed,
        approved_by=text.approvers,
        typed=text.typed,
        lapsed=tuple(dict.fromkeys(text.lapsed)),
        refusals=tuple(map(_refusal_view, text.refusals)),
        refused_before=_refusal_view(text.refused_before) if text.refused_before else None,
        differs=change_views(content_differences(common, delivery.content)),
        before=EarlierApproval(previous.who, previous.at) if previous else None,
        changes=change_views(changes),
        until=format_local(delivery.deadline, delivery.timezone),
        notes=(*_pause_notes(found.pauses, delivery, place), *delivery_notes(delivery, entry)),
    )


def _pause_notes(pauses: Iterable[Pause], delivery: Delivery, place: str) -> Iterator[str]:
    """Yield each pause that stops a delivery, which an approval does not end."""
    until = format_local(delivery.deadline, delivery.timezone)
    for pause in pauses:
        if pause.covers(delivery):
            what = "everything" if pause.scope == "all" else f"the {pause.scope} {pause.name}"
            yield (
                f"On {place} it waits even if it is approved, because {what} is paused by "
                f"{pause.who}: {pause.why}. It is missed there if that does not end by {until}."
            )


def change_views(found: Iterable[Difference]) -> tuple[ChangeView, ...]:
    """Return views of these differences."""
    return tuple(ChangeView(each.what, each.pieces, str(each)) for each in found)
