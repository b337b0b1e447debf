"""What a post stands on: the facts that it names or fetches, and until when they hold. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.schedules import zone

if TYPE_CHECKING:
    from bot.model import Campaign, Post


def stale_from(campaign: Campaign, post: Post) -> datetime | None:
    """Give the UTC instant from which a fact of the post is due for review; None if none ever is.

    It is the end of the fact's ``review_by`` day in the campaign's timezone.
    """
    known = (campaign.facts.get(name) for name in post.facts)
    days = [fact.review_by for fact in known if fact and fact.review_by]
    if not days:
        return None
    midnight = datetime.combine(min(days) + timedelta(days=1), time(), zone(campaign.timezone))
    return midnight.astimezone(UTC)
