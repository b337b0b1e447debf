"""How much the files may ask for; more is a slip or an attack, and is not queued. Pure.

A file of 42 kB can ask for 100,000 posts: thousands of recurrences, each at 24 times of every day.
So there is a limit for an account's day, one for a post, and one for all posts together. ``CODES``
says what each is for; ``daily_cap`` in ``config.yaml`` can raise that of an account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bot.errors import Problem
from bot.schedules.account_times import daily_planning_limit, local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from bot.model import Account, Campaign, Post

    Day = tuple[str, date]
    """An account, and a day of its audience."""

MAX_PER_POST = 1000
"""Times that one post may go out within the horizon: hourly for a month, from one account."""

MAX_TOTAL = 20_000
"""Posts of all accounts within the horizon: 13 accounts at 50 a day for a month."""

MAX_REPORTED = 20
"""Posts reported as too frequent before counting ends."""

CODES = {
    "P105": "A post that goes out over 1,000 times within the horizon has a mistake in its when:.",
    "P106": "Over 20,000 posts within the horizon are a mistake, or an attack on the loop.",
    "P107": "X accepts 50 posts a day of an unverified account, and people put up with fewer.",
    "P108": "Posts over an account's daily_cap wait for the next day, or are missed.",
}
"""What can be wrong with how much is planned, and why it matters."""


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
