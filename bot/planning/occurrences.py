"""The occurrences that campaigns ask for, and who says which wording. Pure.

The key of an occurrence is made of its campaign, post, account and the schedule's label. It stays
the same however often it is planned.

Partners publish by hand, from accounts of their own. A partner gets a wording that nobody else says
or none, because one voice must not look like many.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.link_marks import with_term
from bot.model import Occurrence, ScheduleKind
from bot.schedules import Every
from bot.schedules.local_time import zone
from bot.text import find_as_x
from bot.voice.said import said
from bot.voice.sameness import likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from bot.model import Account, Campaign, Moment, Post, Wording
    from bot.voice.said import Said


LOOK_BACK = timedelta(days=7)
"""A post that was due in the past week and was never queued (the loop was down, or the post was
added late) is listed as missed. Older ones are not."""

DEFAULT_HORIZON = timedelta(days=30)
"""Far enough to read the coming month in ``queue``, near enough that a recurrence stays a list."""


def planning_window(
    now: datetime, horizon: timedelta = DEFAULT_HORIZON
) -> tuple[datetime, datetime]:
    """Return the span to plan, from the start up to but without the end."""
    return now - LOOK_BACK, now + horizon


def plan_occurrences(
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    start: datetime,
    end: datetime,
) -> tuple[Occurrence, ...]:
    """Return all occurrences due in [start, end), by due instant, then campaign, post and account.

    Posts that take the next slot are planned in ``bot.planning.slots``. Raise UserError for
    unknown accounts, and for two posts with one id.
    """
    pairs = [
        (post, name) for campaign in campaigns for post in campaign.posts for name in post.accounts
    ]
    times = Counter((post.campaign, post.id, name, post.event) for post, name in pairs)
    problems = set()
    for post, name in pairs:
        if name not in accounts:
            message = f"There is no account {name!r} in the config."
            problems.add(Problem(*post.mark, "P101", message, "Add it, or correct the name."))
        if times[post.campaign, post.id, name, post.event] > 1:
            message = f"Two posts would be {post.campaign}/{post.id} on {name}."
            hint = "Give each post an id of its own, and name each account once."
            problems.add(Problem(*post.mark, "P102", message, hint))
    if problems:
        raise UserError(problems)
    occurrences = [
        build_occurrence(campaign, post, accounts[name], moment)
        for campaign in campaigns
        for post in campaign.posts
        for moment in post.when.occurrences(start, end)
        for name in post.accounts
    ]
    return tuple(sorted(occurrences, key=lambda occurrence: occurrence.due))


def delivery_key(post: Post, account: str, label: str) -> str:
    """Return the key of a delivery, which depends on nothing else and never changes."""
    return f"{post.campaign}/{post.id}/{account}/{label}"


def build_occurrence(
    campaign: Campaign, post: Post, account: Account, moment: Moment
) -> Occurrence:
    """Return the occurrence of a post on an account at a moment."""
    wording = choose_wording(post, account.name, moment.label)
    return Occurrence(
        key=delivery_key(post, account.name, moment.label),
        campaign=post.campaign,
        post=post.id,
        demand=post.demand,
        event=post.event,
        account=account.name,
        platform=account.platform,
        label=moment.label,
        due=moment.due,
        timezone=moment.timezone,
        grace=account.grace,
        expires=expiry_of(post, moment.due),
        content=wording.content,
        wording=wording.name,
        embargo=embargo_of(campaign, post),
        stale_from=stale_from(campaign, post),
        approvals=max(campaign.require_approval, account.require_approval),
        author=post.author,
        kind=post.when.kind,
        frequency=post.when.frequency,
    )


def expiry_of(post: Post, due: datetime) -> datetime | None:
    """Return the instant after which a post that is due then is never sent."""
    return due + post.expires if isinstance(post.expires, timedelta) else post.expires


def embargo_of(campaign: Campaign, post: Post) -> datetime | None:
    """Return the later embargo of the post and its campaign, as a UTC instant, or None."""
    return max(filter(None, (campaign.embargo, post.embargo)), default=None)


def stale_from(campaign: Campaign, post: Post) -> datetime | None:
    """Return the UTC instant from which a fact of the post is due for review, or None."""
    facts = (campaign.facts.get(name) for name in post.facts)
    days = [fact.review_by for fact in facts if fact and fact.review_by]
    return review_deadline(campaign, min(days)) if days else None


def review_deadline(campaign: Campaign, review_by: date) -> datetime:
    """Return the UTC instant at which that day ends in the campaign's timezone."""
    midnight = datetime.combine(review_by + timedelta(days=1), time(), zone(campaign.timezone))
    return midnight.astimezone(UTC)


# --- Which wording --------------------------------------------------------------------------------


def choose_wording(post: Post, account: str, label: str) -> Wording:
    """Return the wording for an account of the post."""
    if len(post.wordings) == 1:
        return post.wordings[0]
    return _wording_at(post, account, post.when.sequence_number(label))


def partner_wordings(post: Post, label: str, partners: Sequence[str]) -> dict[str, Wording | None]:
    """Return the wording for each partner of the campaign, or None if none is left.

    A partner never gets a wording that says the same as one of our accounts or another partner. Our
    accounts use up all wordings of a recurring post, at one time or another. Marked links name the
    partner as well.
    """
    if not partners:
        return {}
    number, speakers = post.when.sequence_number(label), post.dealt_among or post.accounts
    order = _shuffled_wordings(post)
    if post.when.kind is ScheduleKind.EVERY:
        ours = [wording for name in speakers for wording in account_wordings(post, name)]
    else:
        ours = [_wording_at(post, name, number) for name in speakers]
    start = order.index(ours[0])
    taken = [*map(_said, ours)]
    free: list[Wording] = []
    for wording in [*order[start:], *order[:start]][::-1]:
        says = _said(wording)
        if not any(likeness(says, other) for other in taken):
            free.append(wording)
            taken.append(says)
    return {
        name: _for_partner(free[at], name) if at < len(free) else None
        for at, name in enumerate(partners)
    }


def _for_partner(wording: Wording, partner: str) -> Wording:
    """Return the wording with ``utm_term`` on its marked links."""
    named = {
        found.link: with_term(found.link, partner) for found in wording.links if not found.reason
    }
    if not named:
        return wording
    either = re.compile("|".join(map(re.escape, sorted(named, key=len, reverse=True))))
    parts = [
        replace(
            part,
            text=either.sub(lambda found: named[found[0]], part.text),
            marked=tuple(named.get(link, link) for link in part.marked),
        )
        for part in wording.content.parts
    ]
    links = [replace(found, link=named.get(found.link, found.link)) for found in wording.links]
    content = replace(wording.content, parts=tuple(parts))
    return replace(wording, content=content, links=tuple(links))


def _said(wording: Wording) -> Said:
    return said(wording.content, find_as_x)


def account_wordings(post: Post, account: str) -> Sequence[Wording]:
    """Return all wordings that an account of the post uses at one time or another."""
    order, accounts = _shuffled_wordings(post), post.dealt_among or post.accounts
    return order[accounts.index(account) % len(order) :: len(accounts)]


def _wording_at(post: Post, account: str, number: int) -> Wording:
    wordings = account_wordings(post, account)
    round_, step = divmod(number, len(wordings))
    return wordings[(step + _rotation_start(post, round_, len(wordings))) % len(wordings)]


def _rotation_start(post: Post, round_: int, count: int) -> int:
    """Return the index of the wording, of ``count``, with which a round begins.

    A round ends with the wording before that one. The first round begins with the first wording,
    and other even rounds with a random one. An odd round does not begin with the wording that ends
    the round before, and does not end with the wording that begins the next round.
    """
    if round_ == 0 or count <= 2:  # noqa: PLR2004 - two can only alternate
        return 0
    random = int.from_bytes(_hash(post, round_)[:8])
    if round_ % 2 == 0:
        return random % count
    last = (_rotation_start(post, round_ - 1, count) - 1) % count
    following = (_rotation_start(post, round_ + 1, count) + 1) % count
    free = [place for place in range(count) if place not in {last, following}]
    return free[random % len(free)]


def _shuffled_wordings(post: Post) -> list[Wording]:
    return sorted(post.wordings, key=lambda wording: _hash(post, wording.name))


def _hash(post: Post, of: object) -> bytes:
    return hashlib.sha256(f"{post.campaign}/{post.id}/{of}".encode()).digest()


@dataclass(frozen=True, slots=True)
class SharedText:
    """A post at one moment, as one account or partner publishes it."""

    name: str
    """The name of the account or partner."""
    post: Post
    occurrence: Occurrence
    """The occurrence of the account. A partner publishes at the time of the first account, whose
    occurrence it is then."""
    wordings: Mapping[str, Wording | None]
    """The wordings of all accounts and partners; None for a partner for whom none is left. Accounts
    whose posts differ in the marks of links alone are among them."""

    @property
    def wording(self) -> Wording | None:
        """The wording that ``name`` publishes; None for a partner for whom none is left."""
        return self.wordings[self.name]

    @property
    def shared_with(self) -> list[str]:
        """The others that publish the same text, or all others if no wording is left."""
        mine = self.wording
        return [
            name
            for name, theirs in self.wordings.items()
            if name != self.name
            and theirs
            and (mine is None or theirs.typed_content.text == mine.typed_content.text)
        ]

    @property
    def wording_count(self) -> int:
        """The number of different texts of the post."""
        return len({wording.content.text for wording in self.post.wordings})


def shared_texts(
    campaigns: Sequence[Campaign], planned: Iterable[Occurrence], name: str
) -> list[SharedText]:
    """Return the texts of an account or a partner in the planned posts, in their order.

    A partner may be on any platform, and gets every text of a post that differs between platforms.
    If posts differ in the marks of links alone, it gets the text once.
    """
    campaign_by_id = {campaign.id: campaign for campaign in campaigns}
    alike_by_account = _alike_by_account(campaigns)
    found: dict[tuple[object, ...], SharedText] = {}
    for occurrence in planned:
        campaign = campaign_by_id.get(occurrence.campaign)
        if campaign is None:
            continue
        post_id = (occurrence.campaign, occurrence.post, occurrence.event)
        alike = alike_by_account[*post_id, occurrence.account]
        post = next(each for each in alike if occurrence.account in each.accounts)
        moment = (occurrence.campaign, occurrence.post, occurrence.label)
        if any((*moment, each.platform) in found for each in alike):
            continue
        ours = [speaker for each in alike for speaker in each.accounts]
        by_partner = name not in ours and name in campaign.partners
        if occurrence.account != name and not by_partner:
            continue
        label = occurrence.label
        wordings = partner_wordings(post, label, campaign.partners)
        for each in alike:
            wordings |= {of: choose_wording(each, of, label) for of in each.accounts}
        found[*moment, post.platform] = SharedText(name, post, occurrence, wordings)
    return list(found.values())


def _alike_by_account(campaigns: Sequence[Campaign]) -> dict[tuple[object, ...], list[Post]]:
    """Return, for each post of each account, the posts that differ in the marks of links alone."""
    alike: dict[tuple[object, ...], list[Post]] = {}
    by_account: dict[tuple[object, ...], list[Post]] = {}
    for post in (post for campaign in campaigns for post in campaign.posts):
        post_id = (post.campaign, post.id, post.event)
        typed = tuple(wording.typed_content for wording in post.wordings)
        together = alike.setdefault((*post_id, typed), [])
        together.append(post)
        by_account.update({(*post_id, account): together for account in post.accounts})
    return by_account


def widen_to_dates(
    campaigns: Sequence[Campaign], start: datetime, end: datetime
) -> tuple[datetime, datetime]:
    """Return the span [start, end), widened to all dates in the files."""
    dates: list[datetime] = []
    for post in (post for campaign in campaigns for post in campaign.posts):
        if post.when.due:
            dates.append(post.when.due)
        elif isinstance(post.when, Every):
            for day in filter(None, (post.when.start, post.when.until)):
                midnight = datetime.combine(day, time(), UTC)  # other zones differ by up to a day
                dates += (midnight - timedelta(days=1), midnight + timedelta(days=1))
    return min([start, *dates]), max([end, *(date + timedelta(days=1) for date in dates)])


def most_parts(post: Post) -> int:
    """Return how many parts the longest of a post's wordings has."""
    return max((len(wording.content.parts) for wording in post.wordings), default=1)
