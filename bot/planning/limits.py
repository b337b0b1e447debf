"""Limits for the number of posts on an account's day, of one entry, and of all entries. Pure.

A file of 42 kB can ask for 100,000 posts, with thousands of recurrences at 24 times of every day.
``daily_cap`` and ``daily_parts`` in ``config.yaml`` can raise the limits of an account. Here they
are foreseen from the files. ``bot.delivery.decide`` counts the posts that have left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.planning.occurrences import most_parts
from bot.schedules.account_times import DEFAULT_DAILY_CAP, day_span, local_day
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime
    from typing import Literal

    from bot.model import Account, Campaign, DayCount, Post

    Day = tuple[str, date]
    """An account, and a day of its audience."""


MAX_PER_POST = 1000
"""Times that one post may go out within the horizon, enough for hourly posts in a month."""

MAX_TOTAL = 20_000
"""Posts within the horizon, enough for a month of 50 a day on 13 accounts with different posts."""

MAX_DELIVERIES = 3 * MAX_TOTAL
"""Deliveries within the horizon, each a post on one account, enough for three networks."""

MAX_REPORTED = 20
"""Posts reported as too frequent before counting ends."""


def find_excess(
    campaigns: Iterable[Campaign], accounts: Mapping[str, Account], now: datetime, end: datetime
) -> list[Problem]:
    """Return a problem for each limit that is passed from ``now`` to the end of the horizon.

    Counting stops at ``MAX_REPORTED`` problems, or at the limit for all posts. Posts in queue slots
    do not count, because they take no slot of a full day.
    """
    problems: list[Problem] = []
    days: dict[Day, list[Post]] = {}
    counted: set[tuple[str, str, str | None]] = set()
    total = deliveries = 0
    for post in (post for campaign in campaigns for post in campaign.posts):
        # One entry, even if it has other texts on some platforms.
        key = post.campaign, post.id, post.event
        is_other_text = key in counted
        counted.add(key)
        dues = [moment.due for moment in post.when.occurrences(now, end)]
        if len(dues) > MAX_PER_POST:
            if not is_other_text:
                problems.append(_too_frequent(post, len(dues)))
            if len(problems) == MAX_REPORTED:
                break
            continue
        total += 0 if is_other_text else len(dues)
        deliveries += len(dues) * len(post.accounts)
        if total > MAX_TOTAL or deliveries > MAX_DELIVERIES:
            most = f"{MAX_TOTAL} posts"
            if total <= MAX_TOTAL:
                most = f"{MAX_DELIVERIES} deliveries, each a post on one account,"
            problems.append(_too_many(post, most))
            break
        for account in filter(None, map(accounts.get, post.accounts)):
            for due in dues:
                days.setdefault((account.name, local_day(account, due)), []).append(post)
    full = (*_full_days(days, accounts), *_days_with_many_parts(days, accounts))
    return [*problems, *_join_accounts(full)]


def _too_frequent(post: Post, times: int) -> Problem:
    message = f"{post.campaign}/{post.id} would go out {times} times within the horizon"
    message += f"; at most {MAX_PER_POST} are allowed."
    hint = "Give it fewer days or times, or the last day with until:."
    return Problem(*post.mark, "P105", message, hint)


def _too_many(post: Post, most: str) -> Problem:
    message = f"With this post, more than {most} are due within the horizon."
    hint = "Take out posts that repeat themselves, or lower the horizon in the config."
    return Problem(*post.mark, "P106", message, hint)


def _days_with_many_parts(
    days: Mapping[Day, list[Post]], accounts: Mapping[str, Account]
) -> Iterator[tuple[str, Problem]]:
    """Yield one problem for each account, at the post with which its first such day is too full."""
    reported: set[str] = set()
    for name, day in sorted(days):
        account, parts = accounts[name], 0
        too_many_posts = len(days[name, day]) > max(account.daily_cap or 0, DEFAULT_DAILY_CAP)
        for post in days[name, day] if not too_many_posts and name not in reported else ():
            parts += most_parts(post)
            if parts > account.daily_parts:
                reported.add(name)
                message = f"With this post, {_WHO} more than {account.daily_parts} parts of "
                message += f"threads and single posts due on {day}, the account's daily_parts."
                hint = "Move or remove some, or shorten threads. If this is intended, raise "
                hint += "daily_parts in the config, to at most 2400."
                yield name, Problem(*post.mark, "P113", message, hint)
                break


def _full_days(
    days: Mapping[Day, list[Post]], accounts: Mapping[str, Account]
) -> Iterator[tuple[str, Problem]]:
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
            code, why = "P107", f"at most {limit} for one account are allowed"
            hint = "Move or remove some. If this is intended, raise daily_cap in the config, to at "
            hint += "most 100."
        elif cap is not None and len(posts) > cap:
            code, why, limit, level = "P108", f"the account's daily_cap is {cap}", cap, "warning"
            hint = "Move some to another day. Posts over the cap wait, and are missed after their "
            hint += "grace."
        else:
            continue
        message = f"{_WHO} {len(posts)} posts due on {day[1]}; {why}."
        yield name, Problem(*posts[limit].mark, code, message, hint, level)


_WHO = "{who has}"
"""A placeholder in a message for the accounts that it is about."""


def _join_accounts(found: Iterable[tuple[str, Problem]]) -> Iterator[Problem]:
    """Yield each problem once, with the names of all accounts that have it."""
    names: dict[Problem, list[str]] = {}
    for name, problem in found:
        names.setdefault(problem, []).append(name)
    for problem, accounts in names.items():
        has = "has" if len(accounts) == 1 else "each have"
        who = f"{join_first(accounts)} {has}"
        yield replace(problem, message=problem.message.replace(_WHO, who))


def over_today(
    campaigns: Iterable[Campaign],
    accounts: Mapping[str, Account],
    begun: Mapping[str, DayCount],
    now: datetime,
) -> Iterator[Problem]:
    """Yield a warning for accounts whose day is too full together with the posts already sent.

    ``begun`` counts the posts of each account since its midnight. A warning is at the first post
    that waits for tomorrow.
    """
    found: list[tuple[str, Problem]] = []
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
                    message = f"{_WHO} begun {sent.posts} posts today, of {sent.parts} parts; "
                    message += f"{len(due) - number} of the {len(due)} that are still due wait for "
                    message += "tomorrow, and are missed after their grace."
                    hint = "Move them, or see daily_cap and daily_parts in the config."
                    found.append((name, Problem(*mark, "P114", message, hint, "warning")))
                break
    return _join_accounts(found)
