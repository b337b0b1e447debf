"""The posts of campaigns, found by the keys of what they plan. Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import ONCE, SLOT, Moment
from bot.planning.occurrences import account_wordings, build_occurrence, choose_wording
from bot.schedules import At, EventRelative, Every, NextSlot
from bot.schedules.local_time import to_utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.checking import CheckResult
    from bot.config import Config
    from bot.model import Campaign, Content, Occurrence, Post, Wording

ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for the time of a queue slot, which only the plan knows."""


class PostsByKey:
    """The posts of campaigns, found by the keys of their deliveries."""

    def __init__(self, checked: CheckResult, config: Config) -> None:
        self._accounts = config.accounts
        self._campaigns = {campaign.id: campaign for campaign in checked.campaigns}
        self._posts: dict[tuple[str, str, str], list[Post]] = defaultdict(list)
        for post in checked.posts:
            for account in post.accounts:
                self._posts[post.campaign, post.id, account].append(post)

    def campaign(self, post: Post) -> Campaign:
        """Return the campaign of a post."""
        return self._campaigns[post.campaign]

    def find(self, key: str) -> tuple[Post, Occurrence] | None:
        """Return the post and the occurrence of a key, if the files have it."""
        campaign, post_id, account, label = (*key.split("/", 3), "", "", "")[:4]
        for post in self._posts.get((campaign, post_id, account), ()):
            if moment := self._moment(post, account, label):
                owner = self._accounts[account]
                return post, build_occurrence(self.campaign(post), post, owner, moment)
        return None

    def find_moved(self, old: Occurrence, account: str) -> tuple[Post, Occurrence] | None:
        """Return the post and the occurrence on an account in these files, at whatever time."""
        for post in self._posts.get((old.campaign, old.post, account), ()):
            label = old.label
            if isinstance(post.when, At):
                label = ONCE
            elif isinstance(post.when, NextSlot):
                label = SLOT
            if old.event is None or post.event in (None, old.event):
                return self.find(f"{old.campaign}/{old.post}/{account}/{label}")
        return None

    def contents(self, campaign: str, post_id: str) -> dict[tuple[object, ...], Content]:
        """Return the contents of a post by campaign, id, event, account and name of the wording."""
        return {
            (campaign, post_id, post.event, account, wording.name): wording.content
            for (theirs, name, account), posts in self._posts.items()
            if (theirs, name) == (campaign, post_id)
            for post in posts
            for wording in _wordings_of(post, account)
        }

    def _moment(self, post: Post, account: str, label: str) -> Moment | None:
        when, due = post.when, post.when.due
        if isinstance(when, Every):
            try:
                near = to_utc(datetime.fromisoformat(label), when.timezone, one_off=False)
            except ValueError:
                return None
            day = timedelta(days=1)
            found = when.occurrences(near - day, near + day)
        elif due:
            found = when.occurrences(due, due + timedelta.resolution)
        else:
            found = iter([Moment(SLOT, ANY_TIME, self._accounts[account].timezone)])
        return next((moment for moment in found if moment.label == label), None)


def _wordings_of(post: Post, account: str) -> Sequence[Wording]:
    """Return the wordings that an account publishes; several only for a recurrence."""
    if isinstance(post.when, Every):
        return account_wordings(post, account)
    label = post.when.event.id if isinstance(post.when, EventRelative) else ONCE
    return [choose_wording(post, account, label)]
