"""How much the files may ask for: what is beyond it is a slip or an attack, and not queued. Pure.

A file of 42 kB can ask for 100,000 posts: thousands of recurrences, each at 24 times of every day.
So there is a cap for an account's day, one for a post, and one for all of them together. What the
caps are for is in ``CODES``; ``config.yaml`` can raise an account's with ``daily_cap``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.schedules.hours import local_day, most_a_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime
    from typing import Literal

    from bot.model import Account, Campaign, Post

    Day = tuple[str, date]
    """An account, and a day of its audience."""

MOST_OF_A_POST = 1000
"""Times that one post may go out within the horizon: hourly for a month, from one account."""

MOST_IN_ALL = 20_000
"""Posts of all accounts within the horizon: 13 accounts that post 50 times a day for a month."""

MOST_TOLD = 20
"""Posts told of that go out too often, before counting ends."""

CODES = {
    "P105": "A post that goes out over 1,000 times within the horizon is a slip in its when:.",
    "P106": "Over 20,000 posts within the horizon are a slip, or made to keep the loop busy.",
    "P107": "X takes 50 posts a day of an account that is not verified, and people take fewer.",
    "P108": "What is over an account's daily_cap waits for the next day, or is missed.",
}
"""What can be wrong with how much is planned, and why it matters."""


def problems(
    campaigns: Iterable[Campaign], accounts: Mapping[str, Account], now: datetime, end: datetime
) -> list[Problem]:
    """Return what asks for too much from ``now`` to ``end``, the horizon's; else an empty list.

    Counting ends where there is far too much. Posts in queue slots are not counted: they take no
    slot of a day that is full.
    """
    found: list[Problem] = []
    days: dict[Day, list[Post]] = {}
    total = 0
    for post in (post for campaign in campaigns for post in campaign.posts):
        dues = [moment.due for moment in post.when.occurrences(now, end)]
        times = len(dues) * len(post.accounts)
        if times > MOST_OF_A_POST:
            found.append(_too_often(post, times))
            if len(found) == MOST_TOLD:
                break
            continue
        total += times
        if total > MOST_IN_ALL:
            found.append(_too_many(post))
            break
        for account in filter(None, map(accounts.get, post.accounts)):
            for due in dues:
                days.setdefault((account.name, local_day(account, due)), []).append(post)
    return [*found, *_full_days(days, accounts)]


def _full_days(
    days: Mapping[Day, list[Post]], accounts: Mapping[str, Account]
) -> Iterator[Problem]:
    """Yield one problem for each account that has a day too full, at the first post too much."""
    fullest: dict[str, Day] = {}
    for day in sorted(days):
        name = day[0]
        if len(days[day]) > len(days.get(fullest.get(name, day), ())) or name not in fullest:
            fullest[name] = day
    for name, day in fullest.items():
        account, posts = accounts[name], days[day]
        most, own = most_a_day(account), account.daily_cap
        if len(posts) > most:
            hint = "Thin them out; what is meant can be raised to 100 by daily_cap: in the config."
            said = f"at most {most} are taken"
            yield _problem(posts[most], "P107", f"{_full(day, posts)}; {said}.", hint)
        elif own is not None and len(posts) > own:
            hint = "Move some to another day: what is over waits, and is missed after its grace."
            said = f"its daily_cap is {own}"
            yield _problem(posts[own], "P108", f"{_full(day, posts)}; {said}.", hint, "warning")


def _full(day: Day, posts: list[Post]) -> str:
    name, date_ = day
    return f"{name} has {len(posts)} posts due on {date_}"


def _too_often(post: Post, times: int) -> Problem:
    message = f"{post.campaign}/{post.id} would go out {times} times within the horizon"
    hint = "Give it fewer days, times or accounts, or the last day with until:."
    return _problem(post, "P105", f"{message}; at most {MOST_OF_A_POST} are taken.", hint)


def _too_many(post: Post) -> Problem:
    message = f"With this post, more than {MOST_IN_ALL} are due within the horizon."
    hint = "Take out what repeats itself, or lower horizon: in the config."
    return _problem(post, "P106", message, hint)


def _problem(
    post: Post, code: str, message: str, hint: str, level: Literal["error", "warning"] = "error"
) -> Problem:
    mark = post.mark
    return Problem(mark.file, mark.line, mark.column, code, message, hint, level=level)
