"""Everything about one post at one moment, for one page.

It comes from the queue and the audit log, and from the campaign files as far as they can be read.
Files with a mistake never hide a queued post. A post that is not queued yet is shown as the files
plan it.

Deliveries on accounts that a person may not see are left out before anything is put together. The
state, the differences and the records of the page are therefore those of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from bot.model import PostKey, ScheduleKind, State, group_posts, name_moments, visible
from bot.model.people import EVERYTHING
from bot.model.post_words import count_networks, place_names
from bot.planning.diff import PLANNED
from bot.planning.unplanned import why_not_queued
from bot.services.concealing import Concealer
from bot.services.history import read_post_log
from bot.services.planned_post import planned_at
from bot.services.post_decisions import given_approvals, open_decisions
from bot.services.post_problems import (
    file_errors,
    post_problems,
    relative_place,
    relative_problem,
)
from bot.services.post_versions import Placement, build_versions
from bot.services.posts import planned_view, views_of
from bot.services.queue import attempt_views, find_seen, format_due
from bot.services.sources import (
    allowed_views,
    delivery_notes,
    entry_of,
    fact_views,
    statement_views,
)
from bot.services.views_post_page import OtherMoment, PostPage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.checking import CheckResult
    from bot.errors import Problem
    from bot.model import Campaign, Delivery, Occurrence, Post
    from bot.model.people import Scope, User
    from bot.runtime.app import App

NOT_READ_YET = "It is not queued yet. groundswell run queues it once it has read the files."
FILES_BEING_READ = "The campaign files are still being read. Load the page again for its sources."
FILES_BROKEN = "There are mistakes in the campaign files, which this page cannot show you."


def find_number(app: App, number: str, scope: Scope = EVERYTHING) -> PostKey | None:
    """Return the post that has a delivery with this number, or None if there is none to see."""
    delivery = find_seen(app, number, scope)
    return PostKey.of(delivery) if delivery else None


def find_moment(app: App, campaign: str, post: str, scope: Scope = EVERYTHING) -> str | None:
    """Return the label of a post's next unfinished moment, or else of its last one.

    Return None if none of it is queued, or none is to be seen.
    """
    seen = visible(app.queue.of_posts([(campaign, post)]), scope)
    going = [of for of in seen if of.state is State.SCHEDULED]
    if going:
        return min(going, key=lambda of: (of.due, of.id)).label
    return max(seen, key=lambda of: (of.due, of.id)).label if seen else None


def show_page(app: App, key: PostKey, reader: User) -> PostPage | None:
    """Return a person's page of a post at a moment, or None if there is no such post to see."""
    scope = reader.scope
    queued = app.queue.of_posts([key[:2]])
    mine = [of for of in visible(queued, scope) if PostKey.of(of) == key]
    files = app.files.read_soon() if mine else app.files.read()
    campaigns = files.campaigns if files else ()
    campaign = next((of for of in campaigns if of.id == key.campaign), None)
    found = _Sources(app, reader, files, campaign, Concealer(app, scope))
    if mine:
        return _queued_page(found, key, mine, queued)
    planned = planned_at(campaign, key.post, key.label, app.config.accounts) if campaign else []
    seen = visible(planned, scope)
    return _planned_page(found, key, seen, queued) if seen else None


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a page is made from, besides the queue."""

    app: App
    reader: User
    """The person who reads the page."""
    files: CheckResult | None
    """The campaign files, as far as they can be read; None while they are read for the first time.
    """
    campaign: Campaign | None
    """The post's campaign in them."""
    concealer: Concealer
    """Hides sentences about posts that the person may not see."""

    @property
    def scope(self) -> Scope:
        """The posts that the person sees."""
        return self.reader.scope

    @property
    def folder(self) -> Path:
        """The folder below which files are named."""
        return self.app.config.path.parent

    def place_of(self, entry: Post | None) -> str:
        """Return the place of an entry in the files, or ""."""
        return relative_place(entry.mark.file, entry.mark.line, self.folder) if entry else ""


def _queued_page(
    found: _Sources, key: PostKey, mine: Sequence[Delivery], queued: Sequence[Delivery]
) -> PostPage:
    app, scope = found.app, found.scope
    [post] = group_posts(mine, queued)
    [view] = views_of(app, [post], scope)
    entries = {of.account: entry_of(found.campaign, of) for of in post.deliveries}
    places = [
        Placement(of, shown, found.place_of(entries[of.account]))
        for of, shown in zip(post.deliveries, view.deliveries, strict=True)
    ]
    seen = visible(queued, scope)
    decisions = open_decisions(app, post.deliveries, seen, found.reader)
    earlier, later = _neighbours(seen, key)
    return replace(
        _common(found, key, view.name, places, entries),
        number=view.number,
        due=view.due,
        local=view.local,
        word=view.word,
        summary=view.summary,
        price=view.price,
        notes=tuple(dict.fromkeys(_notes(found, post.deliveries, entries))),
        waiting=decisions.waiting,
        refused=decisions.refused,
        to_send=decisions.to_send,
        decided_elsewhere=decisions.elsewhere,
        approvals=tuple(given_approvals(app, post.deliveries, place_names(view.deliveries))),
        history=tuple(
            replace(row, more=found.concealer.words(row.more))
            for row in read_post_log(app, post.deliveries)
        ),
        attempts=attempt_views(app, post.deliveries, found.concealer),
        earlier=earlier,
        later=later,
    )


def _planned_page(
    found: _Sources, key: PostKey, planned: Sequence[Occurrence], queued: Sequence[Occurrence]
) -> PostPage:
    entries = {of.account: entry_of(found.campaign, of) for of in planned}
    accounts = found.app.config.accounts
    places = [
        Placement(
            of,
            planned_view(of, State.SCHEDULED, accounts.get(of.account)),
            found.place_of(entries[of.account]),
        )
        for of in planned
    ]
    kinds = {PostKey.of(of): of.kind for of in (*queued, *planned)}
    app = found.app
    why = why_not_queued(
        f"{key.campaign}/{key.post}",
        [found.campaign] if found.campaign else [],
        accounts,
        app.clock.now(),
        app.config.horizon,
    )
    page = _common(found, key, name_moments(kinds)[key], places, entries)
    return replace(page, notes=(why or NOT_READ_YET,))


def _common(
    found: _Sources,
    key: PostKey,
    name: str,
    places: Sequence[Placement],
    entries: Mapping[str, Post | None],
) -> PostPage:
    """Return the page with all that queued and planned posts have in common."""
    first = min((of.occurrence for of in places), key=lambda of: of.due)
    views, campaign = [of.view for of in places], found.campaign
    known = [*{entry.mark: entry for entry in entries.values() if entry}.values()]
    demand = campaign.demands.get(first.demand or "") if campaign else None
    event = campaign.events.get(first.event or "") if campaign else None
    return PostPage(
        name=name,
        campaign=key.campaign,
        post=key.post,
        label=key.label,
        title=campaign.title if campaign else key.campaign,
        demand=demand.ask if demand else first.demand or "",
        event=f"{event.name}, {event.place}" if event else first.event or "",
        due=first.due,
        local=format_due(first),
        timezone=first.timezone,
        word=PLANNED,
        summary=PLANNED,
        on=count_networks(views),
        frequency=first.frequency if first.kind is ScheduleKind.EVERY else "",
        author=first.author or "",
        price=sum((view.price for view in views), Decimal(0)),
        versions=build_versions(found.app, places),
        problems=tuple(_problems(found, known, is_missing=None in entries.values())),
        facts=tuple(fact_views(campaign, known)),
        statements=tuple(statement_views(campaign, known)),
        allowed=tuple(allowed_views(campaign, known)),
    )


def _neighbours(
    deliveries: Sequence[Delivery], key: PostKey
) -> tuple[OtherMoment | None, OtherMoment | None]:
    """Return the queued moments before and after this one."""
    moments = {of.label: of for of in sorted(deliveries, key=lambda of: of.due, reverse=True)}
    labels = sorted(moments, key=lambda label: moments[label].due)
    at = labels.index(key.label)
    beside = (labels[place] if 0 <= place < len(labels) else None for place in (at - 1, at + 1))
    earlier, later = (
        OtherMoment(label, format_due(moments[label])) if label else None for label in beside
    )
    return earlier, later


# --- What is wrong --------------------------------------------------------------------------------


def _problems(found: _Sources, entries: Sequence[Post], *, is_missing: bool) -> Iterator[Problem]:
    """Yield the problems of these entries, and the mistakes that may hide another one."""
    problems: list[Problem] = []
    if found.files and found.campaign and entries:
        problems += post_problems(found.files, found.campaign, entries)
    if found.files and is_missing and found.scope.is_everything:
        problems += file_errors(found.files, found.campaign)
    for problem in dict.fromkeys(problems):
        if not found.concealer.hides(str(problem)):
            yield relative_problem(problem, found.folder)


def _notes(
    found: _Sources, deliveries: Sequence[Delivery], entries: Mapping[str, Post | None]
) -> Iterator[str]:
    if found.files is None:
        yield FILES_BEING_READ
        return
    going = [of for of in deliveries if of.state is State.SCHEDULED]
    yield from chain.from_iterable(delivery_notes(of, entries[of.account]) for of in going)
    if found.files.errors and not found.scope.is_everything and None in entries.values():
        yield FILES_BROKEN
