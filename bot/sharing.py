"""What an account or a partner of the coalition says, and whether it is theirs alone. Pure.

Partners publish by hand, from accounts of their own. They get wordings that nobody else of the
coalition has at the same moment, while there are enough: one voice must not look like many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot import schedules
from bot.facts import stale_from
from bot.wordings import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.model import Campaign, Occurrence, Post, Wording

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """What ``name`` says of a post at one moment.

    ``like`` are the accounts and partners that would say the same words at it; ``wordings`` how
    many there are, ``voices`` for how many accounts and partners. ``stale_from`` is when a fact in
    it is due for review.
    """

    name: str
    post: Post
    wording: Wording
    due: datetime
    timezone: str
    like: tuple[str, ...]
    voices: int
    embargo: datetime | None = None
    stale_from: datetime | None = None

    @property
    def wordings(self) -> int:
        """How many texts there are to choose from."""
        return len({one.content.text for one in self.post.wordings})


def voices(campaigns: Sequence[Campaign]) -> set[str]:
    """Give every account and partner that any campaign names."""
    posts = (post for campaign in campaigns for post in campaign.posts)
    partners = {name for campaign in campaigns for name in campaign.partners}
    return partners | {name for post in posts for name in post.accounts}


def shares(campaigns: Sequence[Campaign], planned: Iterable[Occurrence], name: str) -> list[Share]:
    """Give what an account or a partner says of each post of these that is planned, in order."""
    by_id = {one.id: one for one in campaigns}
    posts = {
        (one.campaign, one.id, one.event, one.platform): one
        for each in campaigns
        for one in each.posts
    }
    found: dict[tuple[str, str, str], Share] = {}
    for one in (one for one in planned if one.campaign in by_id):
        named, campaign = (one.campaign, one.post, one.event), by_id[one.campaign]
        post = posts.get((*named, one.platform)) or posts[*named, None]
        moment = (one.campaign, one.post, one.label)
        if moment not in found and _speaks(name, one, post, campaign):
            found[moment] = _share(name, one, post, campaign)
    return list(found.values())


def _speaks(name: str, one: Occurrence, post: Post, campaign: Campaign) -> bool:
    """Tell whether it is this account's own, or this partner's at the first account's time."""
    return one.account == name or (name not in post.accounts and name in campaign.partners)


def _share(name: str, one: Occurrence, post: Post, campaign: Campaign) -> Share:
    everyone = dict.fromkeys((*post.accounts, *campaign.partners))
    said = {each: chosen(post, each, one.label, campaign.partners) for each in everyone}
    mine = said[name].content.text
    return Share(
        name=name,
        post=post,
        wording=said[name],
        due=one.due,
        timezone=one.timezone,
        like=tuple(each for each in everyone if each != name and said[each].content.text == mine),
        voices=len(everyone),
        embargo=campaign.embargo,
        stale_from=stale_from(campaign, post),
    )


def span(
    campaigns: Sequence[Campaign], start: datetime, end: datetime
) -> tuple[datetime, datetime]:
    """Widen [start, end) to all that the files put a date to."""
    dates = [date for one in campaigns for post in one.posts for date in _dates(post)]
    return min([start, *dates]), max([end, *(date + _DAY for date in dates)])


def _dates(post: Post) -> Iterator[datetime]:
    match post.when:
        case schedules.At() | schedules.EventRelative():
            yield post.when.due
        case schedules.Every():
            days = [day for day in (post.when.start, post.when.until) if day]
            yield from (datetime.combine(day, time(), UTC) - _DAY for day in days)
            yield from (datetime.combine(day, time(), UTC) + _DAY for day in days)
        case _:
            pass
