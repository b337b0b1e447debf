"""Add posts, and predict when new posts will be queued and sent, or why they will not."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.engagement.budget import publishing_cost
from bot.errors import StoreError
from bot.model import Moment, ScheduleKind, State, Subject
from bot.model.post_words import Place, count_networks, join_places, place_names, platform_name
from bot.planning import diff, occurrences, unplanned
from bot.planning.approval import approval_hold
from bot.platforms import load_platform
from bot.schedules import NextSlot
from bot.schedules.local_time import zone
from bot.services.database import loop_runs
from bot.services.plan import later_views
from bot.services.queue import format_due
from bot.services.views_plan import (
    AddedPostView,
    HoldingPause,
    NeverSentView,
    ProspectsView,
    SlotView,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.checking import CheckResult
    from bot.config import Config
    from bot.errors import Problem
    from bot.model import Delivery, Occurrence, Post
    from bot.planning.unplanned import LaterPost
    from bot.runtime.app import App
    from bot.services.adding import PostRequest

_LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
"""Stands for the unknown day of a slot, which is priced by the latest list."""


def place_of(config: Config, account: str) -> Place:
    """Return an account of the config, with its network."""
    return Place(account, platform_name(config.accounts[account].platform))


def find_prospects(config: Config, checked: CheckResult, added: Iterable[Post]) -> ProspectsView:
    """Return when ``added`` posts, which are among those of ``checked``, will be sent."""
    from bot.runtime.app import create_app

    posts, now = [*added], Clock().now()
    names = {(post.campaign, post.id) for post in posts}
    found = ProspectsView(posts=len(names), errors=len(checked.errors))
    if found.errors:
        return found
    beyond = unplanned.posts_beyond_horizon(checked.campaigns, now, config.horizon)
    later = [item for item in beyond if (item.post.campaign, item.post.id) in names]
    found = replace(found, later=later_views(later))
    try:
        with create_app(config, os.environ, missing_ok=True) as app:
            return _ask_queue(app, checked, posts, later, found)
    except StoreError as error:
        return replace(found, queue_error=str(error))


def _ask_queue(
    app: App,
    checked: CheckResult,
    posts: Sequence[Post],
    later: Iterable[LaterPost],
    found: ProspectsView,
) -> ProspectsView:
    """Return ``found`` completed from the queue and its plan."""
    names = {(post.campaign, post.id) for post in posts}
    upcoming = [*_planned(app, checked, names), *_later_occurrences(app.config, checked, later)]
    coming = {due.subject for due in upcoming}
    earlier = app.queue.of_posts(names)
    too_late = [old for old in _with_used_key(earlier, posts) if old.subject not in coming]
    verdicts = app.approvals.verdicts()
    lacking = {
        (due.campaign, due.post): why for due in upcoming if (why := approval_hold(due, verdicts))
    }
    taken = coming | {old.subject for old in too_late}
    taken |= {old.subject for old in earlier if old.state is State.SCHEDULED}  # by a quick loop
    stopped = {pause: [*map(pause.covers, upcoming)] for pause in app.queue.pauses()}
    return replace(
        found,
        loop_runs=loop_runs(app),
        slots=tuple(
            SlotView(f"{due.campaign}/{due.post}", due.account, due.due, format_due(due))
            for due in sorted(upcoming, key=lambda due: due.due)
            if due.kind is ScheduleKind.SLOT
        ),
        no_slot=tuple(sorted(_without_slot(posts, taken))),
        approval=tuple(lacking.values()),
        never_sent=tuple(
            NeverSentView(old.post, old.account, old.key, diff.too_late_reason(old))
            for old in too_late
        ),
        pauses=tuple(
            HoldingPause(str(pause), pause.resume_command, stops_all=all(covered))
            for pause, covered in stopped.items()
            if any(covered)
        ),
    )


def _planned(app: App, checked: CheckResult, names: set[tuple[str, str]]) -> Iterator[Occurrence]:
    """Yield the occurrences of these posts that the plan queues or changes."""
    for action in app.queue_sync.plan(checked).actions:
        if not isinstance(action, diff.Add | diff.Change | diff.Revive):
            continue
        if (action.occurrence.campaign, action.occurrence.post) in names:
            yield action.occurrence


def _without_slot(posts: Iterable[Post], taken: set[Subject]) -> set[str]:
    return {
        account
        for post in posts
        if isinstance(post.when, NextSlot)
        for account in post.accounts
        if Subject(post.campaign, post.id, account) not in taken
    }


def _with_used_key(earlier: Iterable[Delivery], posts: Iterable[Post]) -> Iterator[Delivery]:
    """Yield earlier deliveries that have the keys of these posts and cannot be edited any more."""
    kinds = {(post.campaign, post.id): post.when.kind for post in posts}
    for old in earlier:
        same = old.kind is kinds[old.campaign, old.post] and old.kind is not ScheduleKind.EVERY
        if same and diff.too_late_reason(old):
            yield old


def _later_occurrences(
    config: Config, checked: CheckResult, later: Iterable[LaterPost]
) -> Iterator[Occurrence]:
    """Yield the first occurrence of each post beyond the horizon, on each account."""
    campaigns = {campaign.id: campaign for campaign in checked.campaigns}
    for item in later:
        post, moment = item.post, Moment("", item.due, item.timezone)
        for name in post.accounts:
            account = config.accounts[name]
            yield occurrences.build_occurrence(campaigns[post.campaign], post, account, moment)


# --- Adding ---------------------------------------------------------------------------------------


def add_to_queue(
    config: Config, request: PostRequest, say: Callable[[str], object]
) -> AddedPostView:
    """Add a post to ``queue.yaml``; return a view of it with its prospects.

    Only the plan knows its slot, and therefore the day whose prices apply. ``say`` gets the
    understood time before anything is written. Raise UserError, in which case nothing is added.
    """
    from bot.services.adding import add_post

    posts, checked, warnings = add_post(config, request, Clock().now(), say)
    return added_view(config, posts, find_prospects(config, checked, posts), warnings)


def added_view(
    config: Config, posts: Sequence[Post], next_: ProspectsView, warnings: Sequence[Problem]
) -> AddedPostView:
    """Return the view of one entry; ``posts`` are several if its text differs between platforms.

    The price is by the list of its day, or by the latest list if its slot is not known yet.
    """
    from bot.services.adding import QUEUE_FILE
    from bot.spreadsheets.existing import timezone_of

    first, due = posts[0], posts[0].when.due
    contents = {name: post.wordings[0].content for post in posts for name in post.accounts}
    slots = {slot.account: slot.due for slot in next_.slots}
    on = [place_of(config, name) for name in contents]
    price, lengths = Decimal(0), dict[str, list[Place]]()
    for place in on:
        account, content = config.accounts[place.account], contents[place.account]
        platform = load_platform(account.platform)
        day = due or slots.get(place.account, _LATEST)
        price += publishing_cost(platform, content, day)
        counts = (platform.length(part, account) for part in content.parts)
        text = f"{', '.join(f'{used} of {most}' for used, most in counts)} characters"
        lengths.setdefault(text, []).append(place)
    places = place_names(on)
    by_length = [f"{text} on {join_places(where, places)}" for text, where in lengths.items()]
    timezone = timezone_of(first)
    local = f"{due.astimezone(zone(timezone)):%a %Y-%m-%d %H:%M}" if due else "next slot"
    return AddedPostView(
        id=first.id,
        campaign=first.campaign,
        accounts=tuple(contents),
        on=count_networks(on),
        due=due,
        local=local,
        timezone=timezone if due else None,
        file=str(config.campaigns / QUEUE_FILE),
        length=next(iter(lengths)) if len(lengths) == 1 else "; ".join(by_length),
        price=price,
        errors=next_.errors,
        next=next_,
        warnings=tuple(warnings),
    )
