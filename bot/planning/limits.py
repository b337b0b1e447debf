"""Far too many posts: of one post, of an account's day, and of all together. Pure.

A file of 42 kB can ask for 100,000 posts: thousands of recurrences, each at 24 times of every day.
So there is a limit for an account's day, one for a post, and one for all posts together;
``daily_cap`` and ``daily_parts`` in ``config.yaml`` can raise those of an account. What has left on
a day counts at the claim (``bot.delivery.decide``); here it is foreseen from the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.planning.occurrences import most_parts
from bot.schedules.account_times import DEFAULT_DAILY_CAP, day_span, local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime
    from typing import Literal

    from bot.model import Account, Campaign, DayCount, Post

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
    return [*problems, *_full_days(days, accounts), *_days_with_many_parts(days, accounts)]


def _days_with_many_parts(
    days: Mapping[Day, list[Post]], accounts: Mapping[str, Account]
) -> Iterator[Problem]:
    """Yield one problem for each account, at the post with which its first such day is too full."""
    told: set[str] = set()
    for name, day in sorted(days):
        account, parts = accounts[name], 0
        too_many_posts = len(days[name, day]) > max(account.daily_cap or 0, DEFAULT_DAILY_CAP)
        for post in days[name, day] if not too_many_posts and name not in told else ():
            parts += most_parts(post)
            if parts > account.daily_parts:
                told.add(name)
                message = f"With this post, {name} has more than {account.daily_parts} parts of "
                message += f"threads and single posts due on {day}, its daily_parts."
                hint = "Thin them out, or shorten threads; what is meant can be raised to "
                hint += "2400 by daily_parts: in the config."
                yield Problem(*post.mark, "P113", message, hint)
                break


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
        limit = max(cap or 0, DEFAULT_DAILY_CAP)  # only daily_cap can raise it
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


def over_today(
    campaigns: Iterable[Campaign],
    accounts: Mapping[str, Account],
    begun: Mapping[str, DayCount],
    now: datetime,
) -> Iterator[Problem]:
    """Yield a warning for each account whose day is too full only with what it has sent already.

    ``begun`` is what each has begun to publish since its midnight. It is at the first post that
    waits for tomorrow.
    """
    for name, sent in begun.items():
        account = accounts[name]
        cap, (_, midnight) = account.daily_cap or DEFAULT_DAILY_CAP, day_span(account, now)
        due = sorted(
            (moment.due, post.mark, most_parts(post))
            for campaign in campaigns
            for post in campaign.posts
            if name in post.accounts
            for moment in post.when.occurrences(now, midnight)
        )
        parts = sent.parts
        for number, (_, mark, more) in enumerate(due):
            parts += more
            if sent.posts + number >= cap or parts > account.daily_parts:
                if sent.posts:
                    message = f"{name} has begun {sent.posts} posts today, of {sent.parts} parts; "
                    message += f"{len(due) - number} of the {len(due)} that are still due wait for "
                    message += "tomorrow, and are missed after their grace."
                    hint = "Move them, or see daily_cap and daily_parts in the config."
                    yield Problem(*mark, "P114", message, hint, "warning")
                break
