"""Find posts by name or number, and show them with all of their deliveries."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.engagement.budget import publishing_cost
from bot.errors import Problem, UserError
from bot.model import OVER, PostKey, State, group_posts, post_number
from bot.model.people import EVERYTHING
from bot.model.post_words import (
    Place,
    combined_state,
    combined_word,
    common_reason,
    count_networks,
    join_places,
    place_names,
    platform_name,
    summarize_states,
)
from bot.platforms import LOADED, load_platform
from bot.services.concealing import Concealer
from bot.services.post_words import difference_notes, differences
from bot.services.queue import attempt_views, explain, format_due
from bot.services.views import DeliveryView, MediaView, PartView, PlannedDelivery, PostView
from bot.services.views_queue import ShownPost
from bot.store import queued_posts
from bot.store.published_parts import read_addresses
from bot.store.queue import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.model import Account, Delivery, Media, Occurrence, Part, PlannedPost
    from bot.model.people import Scope
    from bot.platforms.base import Platform
    from bot.runtime.app import App

MAX_CANDIDATES = 8
"""At most this many posts are listed if a name can mean several."""


def posts_of(
    app: App, deliveries: Iterable[Delivery], scope: Scope = EVERYTHING
) -> list[PlannedPost[Delivery]]:
    """Return the posts of these deliveries, each with all of its deliveries in the scope."""
    return queued_posts.posts_of(app.queue, deliveries, scope)


def places_of(post: PlannedPost[Delivery], group: Iterable[Delivery]) -> str:
    """Return the places of some of a post's deliveries: ``X and Bluesky``."""
    places = {of.id: Place(of.account, platform_name(of.platform)) for of in post.deliveries}
    return join_places([places[of.id] for of in group], place_names([*places.values()]))


def held_names(app: App, held: Iterable[Delivery]) -> list[str]:
    """Return the names of posts that are held back.

    If a post is still sent on other accounts, its name is followed by the accounts that are held.
    """
    keys = {delivery.key: delivery for delivery in held}
    names = []
    for post in posts_of(app, keys.values()):
        waiting = [of for of in post.deliveries if of.state is State.SCHEDULED]
        gone = [of.account for of in waiting if of.key in keys]
        names.append(post.name + (f" on {' and '.join(gone)}" if len(gone) < len(waiting) else ""))
    return names


# --- Names ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedPost:
    """A post that a person named, and the deliveries that they mean."""

    post: PlannedPost[Delivery]
    deliveries: tuple[Delivery, ...]
    """All deliveries of the post, or those on the accounts that were named with it."""


def find_posts(app: App, typed: Sequence[str], accounts: Collection[str] = ()) -> list[NamedPost]:
    """Return the posts that these names or numbers mean, each once.

    A person may type a post's name or number, or a delivery's key or the beginning of one. With
    ``accounts``, only the deliveries on these accounts are meant. Raise UserError with every name
    that means no post, or several.
    """
    found: dict[PostKey, NamedPost] = {}
    problems: list[Problem] = []
    for name in typed:
        try:
            named = _find_post(app, name, accounts)
        except UserError as error:
            problems += error.problems
            continue
        known = found.get(named.post.key)
        meant = {of.id: of for of in (*(known.deliveries if known else ()), *named.deliveries)}
        found[named.post.key] = NamedPost(named.post, tuple(meant.values()))
    if problems:
        raise UserError(problems)
    return list(found.values())


def _find_post(app: App, typed: str, accounts: Collection[str]) -> NamedPost:
    posts = matching_posts(app, typed)
    if not posts:
        raise _unknown(app, typed)
    if len(posts) > 1:
        raise _several(typed, posts)
    [named] = posts
    on = [of for of in named.deliveries if not accounts or of.account in accounts]
    if not on:
        names = ", ".join(named.post.accounts)
        message = f"It is not on {' or '.join(accounts)}."
        raise UserError([Problem(typed, 0, 0, "Q101", message, f"It is on {names}.")])
    return NamedPost(named.post, tuple(on))


def copied_name(typed: str) -> str:
    """Return a name without the space of no width that alerts put behind its ``@``."""
    return typed.replace("\N{ZERO WIDTH SPACE}", "")


def matching_posts(app: App, typed: str) -> list[NamedPost]:
    """Return every post that a name, number, key or the beginning of a key can mean."""
    typed = copied_name(typed)
    if delivery := app.queue.get(typed):
        [post] = posts_of(app, [delivery])
        if typed == delivery.key:
            return [NamedPost(post, (delivery,))]
        if post_number(post) != delivery.id:
            raise _delivery_number(typed, post, delivery)
        return [NamedPost(post, post.deliveries)]
    name, at, moment = typed.partition("@")
    campaign, _, rest = name.partition("/")
    post_id, _, _account = rest.rstrip("/").partition("/")
    siblings = app.queue.of_posts([(campaign, post_id)])
    named = []
    for post in group_posts(siblings):
        label = post.key.label
        # The beginning of a day is not enough, because a typing error could mean another day.
        if at and moment not in (label, label.partition("T")[0]):
            continue
        key = name.rstrip("/")
        meant = [of for of in post.deliveries if f"{of.key}/".startswith(f"{key}/")]
        if meant:
            named.append(NamedPost(post, tuple(meant)))
    # A whole name means that post, even if another post's name begins with it.
    exact = [of for of in named if at and (of.post.name == typed or of.post.key.label == moment)]
    return exact or named


def _delivery_number(typed: str, post: PlannedPost[Delivery], delivery: Delivery) -> UserError:
    """Return the error for a delivery's number, which could mean that delivery or its post."""
    number = post_number(post)
    message = f"It is the number of one delivery of {post.name}, on {delivery.account}."
    hint = f"Type {number} for the post, or {number} --account {delivery.account} for this one."
    return UserError([Problem(typed, 0, 0, "Q104", message, hint)])


def whole_name_hint(app: App, typed: str) -> str:
    """Return a hint with the campaign that was left out of a name, or "" if there is no match."""
    typed = copied_name(typed)
    post = typed.partition("@")[0]
    campaigns = {of.campaign for of in app.queue.in_states(UNFINISHED) if of.post == post}
    names = [f"{campaign}/{typed}" for campaign in sorted(campaigns)]
    found = [name for name in names if matching_posts(app, name)]
    return f"Its name is {' or '.join(found)}." if found else ""


def _unknown(app: App, typed: str) -> UserError:
    from bot.campaigns.loading import FolderReader
    from bot.planning.unplanned import why_not_queued

    config = app.config
    campaigns = FolderReader(config.campaigns, config.accounts, LOADED).read().campaigns
    why = why_not_queued(typed, campaigns, config.accounts, app.clock.now(), config.horizon)
    hint = whole_name_hint(app, typed) or why or "groundswell queue list --all shows all posts."
    return UserError([Problem(typed, 0, 0, "Q101", "There is no such post.", hint)])


def _several(typed: str, posts: Sequence[NamedPost]) -> UserError:
    unfinished = sorted(
        posts, key=lambda named: not any(of.state in UNFINISHED for of in named.deliveries)
    )
    listed = [
        f"{named.post.name} (No. {post_number(named.post)}, "
        f"{named.post.due.astimezone(ZoneInfo(named.post.deliveries[0].timezone)):%a %H:%M})"
        for named in unfinished[:MAX_CANDIDATES]
    ]
    more = f" and {rest} more" if (rest := len(posts) - len(listed)) else ""
    message = f"It can mean {len(posts)} posts: {', '.join(listed)}{more}."
    return UserError([Problem(typed, 0, 0, "Q102", message, "Name one of them.")])


# --- Views ----------------------------------------------------------------------------------------


def post_views(
    app: App, deliveries: Iterable[Delivery], scope: Scope = EVERYTHING
) -> list[PostView]:
    """Return views of the posts of these deliveries, the next due first."""
    return views_of(app, posts_of(app, deliveries, scope), scope)


def views_of(app: App, posts: Sequence[PlannedPost[Delivery]], scope: Scope) -> list[PostView]:
    """Return views of these posts, in their order."""
    deliveries = [delivery for post in posts for delivery in post.deliveries]
    views = delivery_views(app, deliveries, scope)
    return [_post_view(post, [views[of.id] for of in post.deliveries]) for post in posts]


def list_posts(app: App, *, everything: bool = False) -> list[PostView]:
    """Return the unfinished posts, the next due first, or all posts that were ever queued."""
    queue = app.queue
    return post_views(app, queue.all() if everything else queue.in_states(UNFINISHED))


def show_posts(app: App, typed: Sequence[str], accounts: Collection[str] = ()) -> list[ShownPost]:
    """Return the posts that these names or numbers mean, with every attempt. Raise UserError."""
    found = find_posts(app, typed, accounts)
    members = [of for named in found for of in named.post.deliveries]
    views = {view.number: view for view in post_views(app, members)}
    return [
        ShownPost(
            views[post_number(named.post)],
            tuple(dict.fromkeys(delivery.account for delivery in named.deliveries)),
            attempt_views(app, named.deliveries),
        )
        for named in found
    ]


def delivery_views(
    app: App, deliveries: Sequence[Delivery], scope: Scope
) -> dict[int, DeliveryView]:
    """Return views of these deliveries, by number. Reasons name nothing outside the scope."""
    if not deliveries:
        return {}
    reasons, accounts = explain(app, deliveries), app.config.accounts
    shown = Concealer(app, scope).words
    urls = read_addresses(app.database, (of.id for of in deliveries))
    return {
        of.id: _delivery_view(
            of, accounts.get(of.account), shown(reasons[of.id]), urls.get(of.id, {})
        )
        for of in deliveries
    }


def _post_view(post: PlannedPost[Delivery], views: Sequence[DeliveryView]) -> PostView:
    first = min(views, key=lambda view: (view.state in OVER, view.due != post.due, view.number))
    delivery = post.deliveries[0]
    going = [view for view in views if view.state not in OVER] or views
    return PostView(
        name=post.name,
        number=post_number(post),
        campaign=post.key.campaign,
        post=post.key.post,
        demand=delivery.demand,
        event=delivery.event,
        due=post.due,
        local=first.local,
        state=combined_state(views),
        word=combined_word(views),
        why=common_reason(views),
        summary=summarize_states(views),
        networks=tuple(dict.fromkeys(view.network for view in views)),
        on=count_networks(views),
        text=first.text,
        differs=differences(views),
        notes=difference_notes(views, first),
        price=sum((view.price for view in going), Decimal(0)),
        deliveries=tuple(views),
    )


def _delivery_view(
    delivery: Delivery, account: Account | None, why: str, urls: Mapping[int, str]
) -> DeliveryView:
    planned, content = planned_view(delivery, delivery.state, account, urls), delivery.content
    return DeliveryView(
        **{field.name: getattr(planned, field.name) for field in fields(planned)},
        number=delivery.id,
        why=why,
        language=content.language or "",
        labels=tuple(content.labels),
    )


def planned_view(
    planned: Occurrence,
    state: State,
    account: Account | None,
    urls: Mapping[int, str] = MappingProxyType({}),
) -> PlannedDelivery:
    """Return the view of an occurrence in a state; ``urls`` are as for ``part_views``."""
    platform, content = load_platform(planned.platform), planned.content
    return PlannedDelivery(
        key=planned.key,
        account=planned.account,
        platform=planned.platform,
        network=platform_name(planned.platform),
        state=state,
        due=planned.due,
        local=format_due(planned),
        wording=planned.wording,
        warning=content.warning or "",
        text=content.text,
        parts=part_views(planned, account, urls),
        price=publishing_cost(platform, content, planned.due),
    )


def part_views(
    delivery: Occurrence, account: Account | None, urls: Mapping[int, str] = MappingProxyType({})
) -> tuple[PartView, ...]:
    """Return views of a delivery's parts; ``urls`` are their addresses by index."""
    platform = load_platform(delivery.platform)
    return tuple(
        _part_view(part, platform, account, urls.get(index, ""))
        for index, part in enumerate(delivery.content.parts)
    )


def _part_view(part: Part, platform: Platform, account: Account | None, url: str) -> PartView:
    return PartView(
        text=part.text,
        length="{} of {} characters".format(*platform.length(part, account)) if account else "",
        media=tuple(map(_media_view, part.media)),
        poll=part.poll,
        card=part.card,
        url=url,
    )


def _media_view(media: Media) -> MediaView:
    size = f"{media.width} x {media.height}" if media.width else ""
    return MediaView(media.path.name, str(media.path), size, media.alt, media.focus)
