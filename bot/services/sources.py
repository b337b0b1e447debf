"""The entry of the campaign files behind a queued post, and the sources that it relies on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.schedules.local_time import format_local
from bot.services.views_approval import AllowedView, FactView, StatementView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.model import Campaign, Delivery, Fact, Occurrence, Post, Statement


def entry_of(campaign: Campaign | None, delivery: Occurrence) -> Post | None:
    """Return the entry of the campaign files for a delivery's post on its account."""
    posts = (
        post
        for post in (campaign.posts if campaign else ())
        if (post.id, post.event) == (delivery.post, delivery.event)
        and delivery.account in post.accounts
    )
    return next(posts, None)


def fact_views(campaign: Campaign | None, entries: Sequence[Post]) -> Iterator[FactView]:
    """Yield the facts that these entries use."""
    names = dict.fromkeys(name for entry in entries for name in entry.facts)
    for fact in (campaign.facts[name] for name in names) if campaign else ():
        yield FactView(fact.id, fact.claim, fact.figure, fact.source, fact.as_of, fact.review_by)


def statement_views(campaign: Campaign | None, entries: Sequence[Post]) -> Iterator[StatementView]:
    """Yield the statements that these entries quote."""
    names = dict.fromkeys(name for entry in entries for name in entry.statements)
    for said in (campaign.statements[name] for name in names) if campaign else ():
        yield StatementView(said.id, said.speaker, said.role, said.words, said.exact, said.source)


def allowed_views(campaign: Campaign | None, entries: Sequence[Post]) -> Iterator[AllowedView]:
    """Yield the rules that comments allow, at the posts, their sources or the campaign."""
    if campaign is None or not entries:
        return
    marked: list[Campaign | Post | Fact | Statement] = [
        campaign,
        *entries,
        *(campaign.facts[name] for entry in entries for name in entry.facts),
        *(campaign.statements[name] for entry in entries for name in entry.statements),
    ]
    found = (AllowedView(item.code, item.reason) for of in marked for item in of.suppressions)
    yield from dict.fromkeys(found)


def delivery_notes(delivery: Delivery, entry: Post | None) -> Iterator[str]:
    """Yield differences between files and queue, and reasons that hold it even if approved."""
    if entry is None:
        yield "This post is no longer in the campaign files, or there is a mistake in it."
    elif entry.when.frequency != delivery.frequency or delivery.content.digest not in {
        wording.content.digest for wording in entry.wordings
    }:
        yield "The files now say something else. The version below is queued until run reads them."
    elif any(wording.cut and wording.content == delivery.content for wording in entry.wordings):
        count = len(delivery.content.parts)
        yield f"The text is too long for one post, and is cut into a thread of {count} parts."
    if delivery.embargo and delivery.due < delivery.embargo:
        until = format_local(delivery.embargo, delivery.timezone)
        yield f"It is under embargo until {until}."
    if delivery.stale_from and delivery.stale_from <= delivery.due:
        since = format_local(delivery.stale_from, delivery.timezone)
        yield f"A fact in it is due for review from {since} on. The post is held back from then on."
