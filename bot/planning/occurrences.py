"""What should be queued: the occurrences that campaigns ask for, and how many they may be. Pure.

A file of 42 kB can ask for 100,000 posts: thousands of recurrences, each at 24 times of every day.
So there is a limit for an account's day, one for a post, and one for all posts together;
``daily_cap`` in ``config.yaml`` can raise that of an account.

The key of an occurrence is made of its campaign, post and account and the schedule's label, so it
stays the same however often it is planned.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from bot.errors import Problem, UserError
from bot.model import Occurrence
from bot.schedules import zone
from bot.schedules.account_times import daily_planning_limit, local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from bot.model import Account, Campaign, Moment, Post, Wording

    Day = tuple[str, date]
    """An account, and a day of its audience."""


MAX_PER_POST = 1000
"""Times that one post may go out within the horizon: hourly for a month, from one account."""

MAX_TOTAL = 20_000
"""Posts of all accounts within the horizon: 13 accounts at 50 a day for a month."""

MAX_REPORTED = 20
"""Posts reported as too frequent before counting ends."""


def find_excess(
    campaigns: Iterable[Campaign], accounts: Mapping[str, Account], now: datetime, end: datetime
) -> list[Problem]:
    """Return what asks for too much from ``now`` to the end of the horizon.

    Counting stops once there is far too much. Posts in queue slots are not counted: they take no
    slot of a full day.
    """
    problems: list[Problem] = []
    days: dict[Day, list[Post]] = {}
    total = 0
    for post in (post for campaign in campaigns for post in campaign.posts):
        dues = [moment.due for moment in post.when.occurrences(now, end)]
        times = len(dues) * len(post.accounts)
        if times > MAX_PER_POST:
            message = f"{post.campaign}/{post.id} would go out {times} times within the horizon"
            hint = "Give it fewer days, times or accounts, or the last day with until:."
            message += f"; at most {MAX_PER_POST} are taken."
            problems.append(Problem(*post.mark, "P105", message, hint))
            if len(problems) == MAX_REPORTED:
                break
            continue
        total += times
        if total > MAX_TOTAL:
            message = f"With this post, more than {MAX_TOTAL} are due within the horizon."
            hint = "Take out what repeats itself, or lower horizon: in the config."
            problems.append(Problem(*post.mark, "P106", message, hint))
            break
        for account in filter(None, map(accounts.get, post.accounts)):
            for due in dues:
                days.setdefault((account.name, local_day(account, due)), []).append(post)
    return [*problems, *_full_days(days, accounts)]


def _full_days(
    days: Mapping[Day, list[Post]], accounts: Mapping[str, Account]
) -> Iterator[Problem]:
    """Yield one problem for each account with too full a day, at the first post over the limit."""
    fullest: dict[str, Day] = {}
    for day in sorted(days):
        name, _ = day
        if name not in fullest or len(days[day]) > len(days[fullest[name]]):
            fullest[name] = day
    for name, day in fullest.items():
        posts, cap = days[day], accounts[name].daily_cap
        limit = daily_planning_limit(accounts[name])
        level: Literal["error", "warning"] = "error"
        if len(posts) > limit:
            code, why = "P107", f"at most {limit} are taken"
            hint = "Thin them out; what is meant can be raised to 100 by daily_cap: in the config."
        elif cap is not None and len(posts) > cap:
            code, why, limit, level = "P108", f"its daily_cap is {cap}", cap, "warning"
            hint = "Move some to another day: what is over waits, and is missed after its grace."
        else:
            continue
        message = f"{name} has {len(posts)} posts due on {day[1]}; {why}."
        yield Problem(*posts[limit].mark, code, message, hint, level)


LOOK_BACK = timedelta(days=7)
"""A post that was due in the past week and was never queued (the loop was down, or the post was
added late) is listed as missed. What is older is not reported."""

DEFAULT_HORIZON = timedelta(days=30)
"""Far enough to read the coming month in ``queue``, near enough that a recurrence stays a list."""


def planning_window(
    now: datetime, horizon: timedelta = DEFAULT_HORIZON
) -> tuple[datetime, datetime]:
    """Return the span to plan: it includes the start, but not the end."""
    return now - LOOK_BACK, now + horizon


def plan_occurrences(
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    start: datetime,
    end: datetime,
) -> tuple[Occurrence, ...]:
    """Return all that is due in [start, end): by due instant, then campaign, post and account.

    Posts that take the next slot are planned in ``bot.planning.slots``. Raises UserError for
    unknown accounts, and for two posts with one id.
    """
    _validate_posts([post for campaign in campaigns for post in campaign.posts], accounts)
    occurrences = [
        build_occurrence(campaign, post, accounts[name], moment)
        for campaign in campaigns
        for post in campaign.posts
        for moment in post.when.occurrences(start, end)
        for name in post.accounts
    ]
    return tuple(sorted(occurrences, key=lambda occurrence: occurrence.due))


def _validate_posts(posts: Iterable[Post], accounts: Mapping[str, Account]) -> None:
    pairs = [(post, name) for post in posts for name in post.accounts]
    times = Counter((post.campaign, post.id, name, post.event) for post, name in pairs)
    problems = set()
    for post, name in pairs:
        if name not in accounts:
            message = f"There is no account {name!r} in the configuration."
            problems.add(Problem(*post.mark, "P101", message, "Add it, or correct the name."))
        if times[post.campaign, post.id, name, post.event] > 1:
            message = f"Two posts would be {post.campaign}/{post.id} on {name}."
            hint = "Give each post an id of its own, and name each account once."
            problems.add(Problem(*post.mark, "P102", message, hint))
    if problems:
        raise UserError(problems)


def delivery_key(post: Post, account: str, label: str) -> str:
    """Return the key of a delivery; it never changes for a post, account and label."""
    return f"{post.campaign}/{post.id}/{account}/{label}"


def build_occurrence(
    campaign: Campaign, post: Post, account: Account, moment: Moment
) -> Occurrence:
    """Return what an account is to publish at a moment."""
    expires = post.expires
    wording = choose_wording(post, account.name, moment.label, campaign.partners)
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
        expires=moment.due + expires if isinstance(expires, timedelta) else expires,
        content=wording.content,
        wording=wording.name,
        embargo=campaign.embargo,
        stale_from=stale_from(campaign, post),
        approvals=max(campaign.require_approval, account.require_approval),
        author=post.author,
        kind=post.when.kind,
        frequency=post.when.frequency,
    )


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


def choose_wording(post: Post, account: str, label: str, partners: Sequence[str] = ()) -> Wording:
    """Return the wording for an account of the post, or for a partner of its campaign."""
    if len(post.wordings) == 1:
        return post.wordings[0]
    number = post.when.sequence_number(label)
    if account in post.accounts:
        return _wording_at(post, account, number)
    order = _shuffled_wordings(post)
    used = [_wording_at(post, name, number).name for name in post.accounts]
    start = [wording.name for wording in order].index(used[0])
    for_partners = [*order[start:], *order[:start]][::-1]
    for_partners.sort(key=lambda wording: wording.name in used)
    return for_partners[partners.index(account) % len(for_partners)]


def account_wordings(post: Post, account: str) -> Sequence[Wording]:
    """Return all wordings that an account of the post uses at one time or another."""
    order = _shuffled_wordings(post)
    return order[post.accounts.index(account) % len(order) :: len(post.accounts)]


def _wording_at(post: Post, account: str, number: int) -> Wording:
    wordings = account_wordings(post, account)
    round_, step = divmod(number, len(wordings))
    return wordings[(step + _rotation_start(post, round_, len(wordings))) % len(wordings)]


def _rotation_start(post: Post, round_: int, count: int) -> int:
    """Return at which of ``count`` wordings this round begins; it ends with the one before.

    The first round begins with the first wording, every other one with any. The odd rounds in
    between begin neither with the wording that ended the round before, nor so that they end with
    the wording that begins the next one.
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
