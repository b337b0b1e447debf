"""What a post stands on: the facts that it names or fetches, and until when they hold. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.schedules import zone

if TYPE_CHECKING:
    from datetime import date

    from bot.model import Campaign, Post


def stale_from(campaign: Campaign, post: Post) -> datetime | None:
    """Give the UTC instant from which a fact of the post is due for review, or None."""
    known = (campaign.facts.get(name) for name in post.facts)
    days = [fact.review_by for fact in known if fact and fact.review_by]
    return due_for_review(campaign, min(days)) if days else None


def due_for_review(campaign: Campaign, review_by: date) -> datetime:
    """Give the UTC instant at which that day ends in the campaign's timezone."""
    midnight = datetime.combine(review_by + timedelta(days=1), time(), zone(campaign.timezone))
    return midnight.astimezone(UTC)
