"""What an account or a partner of the coalition publishes, and who shares the text. Pure.

Partners publish by hand, from accounts of their own. They get wordings that nobody else of the
coalition has at the same moment, while there are enough, so that one voice does not look like many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot import schedules
from bot.planning.occurrences import choose_wording, stale_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.model import Campaign, Occurrence, Post, Wording


@dataclass(frozen=True, slots=True)
class SharedText:
    """What ``name``, an account or a partner, publishes of a post at one moment.

    ``shared_with`` are the accounts and partners that would publish the same text then,
    ``speaker_count`` is how many accounts and partners the post has. From ``stale_from`` on, a fact
    in it is due for review.
    """

    name: str
    post: Post
    wording: Wording
    due: datetime
    timezone: str
    shared_with: tuple[str, ...]
    speaker_count: int
    embargo: datetime | None = None
    stale_from: datetime | None = None

    @property
    def wording_count(self) -> int:
        """How many texts there are to choose from."""
        return len({wording.content.text for wording in self.post.wordings})


def speakers(campaigns: Sequence[Campaign]) -> set[str]:
    """Return every account and partner that any campaign names."""
    posts = (post for campaign in campaigns for post in campaign.posts)
    partners = {name for campaign in campaigns for name in campaign.partners}
    return partners | {name for post in posts for name in post.accounts}


def shared_texts(
    campaigns: Sequence[Campaign], planned: Iterable[Occurrence], name: str
) -> list[SharedText]:
    """Return what an account or a partner publishes of each planned post of these, in order."""
    campaign_by_id = {campaign.id: campaign for campaign in campaigns}
    post_by_id = {
        (post.campaign, post.id, post.event, post.platform): post
        for campaign in campaigns
        for post in campaign.posts
    }
    found: dict[tuple[str, str, str], SharedText] = {}
    for occurrence in planned:
        campaign = campaign_by_id.get(occurrence.campaign)
        moment = (occurrence.campaign, occurrence.post, occurrence.label)
        if campaign is None or moment in found:
            continue
        post_id = (occurrence.campaign, occurrence.post, occurrence.event)
        post = post_by_id.get((*post_id, occurrence.platform)) or post_by_id[*post_id, None]
        # A partner publishes it at the time of the first account.
        by_partner = name not in post.accounts and name in campaign.partners
        if occurrence.account == name or by_partner:
            found[moment] = _shared_text(name, occurrence, post, campaign)
    return list(found.values())


def _shared_text(name: str, occurrence: Occurrence, post: Post, campaign: Campaign) -> SharedText:
    wordings = {
        speaker: choose_wording(post, speaker, occurrence.label, campaign.partners)
        for speaker in (*post.accounts, *campaign.partners)
    }
    text = wordings[name].content.text
    return SharedText(
        name=name,
        post=post,
        wording=wordings[name],
        due=occurrence.due,
        timezone=occurrence.timezone,
        shared_with=tuple(
            speaker
            for speaker, wording in wordings.items()
            if speaker != name and wording.content.text == text
        ),
        speaker_count=len(wordings),
        embargo=campaign.embargo,
        stale_from=stale_from(campaign, post),
    )


def widen_to_dates(
    campaigns: Sequence[Campaign], start: datetime, end: datetime
) -> tuple[datetime, datetime]:
    """Widen [start, end) so that it holds every date in the files."""
    dates = [date for campaign in campaigns for post in campaign.posts for date in _dates(post)]
    return min([start, *dates]), max([end, *(date + timedelta(days=1) for date in dates)])


def _dates(post: Post) -> Iterator[datetime]:
    match post.when:
        case schedules.At() | schedules.EventRelative():
            yield post.when.due
        case schedules.Every():
            for day in filter(None, (post.when.start, post.when.until)):
                midnight = datetime.combine(day, time(), UTC)  # in some zone, a day off
                yield from (midnight - timedelta(days=1), midnight + timedelta(days=1))
