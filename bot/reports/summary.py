"""The totals of the first screen, when counters were last read, and what “your median” is. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.reports.per_post import SETTLED
from bot.reports.table import (
    NO_DATA,
    format_count,
    format_delta,
    format_instant,
    format_money,
    format_rate,
    join_platforms,
)
from bot.reports.totals import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.reports.advice import PeriodNotes
    from bot.reports.evidence import Evidence
    from bot.reports.period import PeriodReview

MAX_BEHIND = 3
"""At most so many accounts whose counters are a day behind are named."""

_MEDIAN = (
    "“Your median” is that of the account's posts, in engagements per impression; “surely” is 99 % "
    "certain, “likely” 90 %: the more saw a post, the smaller a difference is sure."
)
_MEDIAN_PER_POST = (
    "On {}, without impressions, “your median” is in engagements per post, of posts that were read "
    f"{SETTLED // timedelta(hours=1)} hours after they went out or later; “surely” means that 99 % "
    "of the account's ordinary posts lie closer to it, “likely” 90 %."
)


def describe_median(evidence: Evidence) -> str:
    """Say what “your median” is, over what it is taken on each platform."""
    without = join_platforms(evidence.platforms(evidence.without_impressions))
    sentences = [_MEDIAN] * bool(evidence.platforms_with_impressions or not without)
    return " ".join([*sentences, *[_MEDIAN_PER_POST.format(without)] * bool(without)])


def last_reads(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield when counters were last read, and when those of accounts that are a day behind."""
    last: dict[str, datetime] = {}
    for post in evidence.publications:
        if post.next_read and (known := evidence.latest.get(post.id)):
            last[post.account] = max(last.get(post.account, known.read), known.read)
    if evidence.read:
        yield "Counters last read", format_instant(evidence.read, evidence.zone)
        behind = [account for account in last if evidence.read - last[account] >= DAY]
        for account in sorted(behind, key=last.__getitem__)[:MAX_BEHIND]:
            name = evidence.names.account(account)
            yield f"those of {name}", format_instant(last[account], evidence.zone)


def total_rows(
    evidence: Evidence, review: PeriodReview, notes: PeriodNotes
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is counted, in this period, in the one before, and the change, each as written."""
    out, out_before = review.out
    yield "Posts out", format_count(out), format_count(out_before), format_delta(out - out_before)
    no_impressions = evidence.without_impressions and not evidence.platforms_with_impressions
    if no_impressions:
        without = join_platforms(evidence.platforms())
        yield "Impressions", f"not given by {without}", "", ""
    for name in ("impressions", "engagements", "passed_on", "answered")[bool(no_impressions) :]:
        now, then = (getattr(gained, name) for gained in review.gained)
        change = NO_DATA if now is None or then is None else format_delta(now - then)
        title = name.replace("_", " ").capitalize()
        yield title, format_count(now), format_count(then), change
    if not no_impressions:
        rate, rate_before = (format_rate(gained.rate) for gained in review.gained)
        yield "Engagements per impression", rate, rate_before, ""
    if evidence.without_impressions and not no_impressions:
        shown, shown_before = (f"{gained.shown} of {gained.posts}" for gained in review.gained)
        yield "Posts with impressions", shown, shown_before, ""
    if notes.spent is not None:
        spent, spent_before = map(format_money, notes.spent)
        yield "Spent", spent, spent_before, ""
    if any(gained.unread for gained in review.gained):
        known, known_before = (f"{gained.unread} of {gained.posts}" for gained in review.gained)
        yield "Posts without new figures", known, known_before, ""
    for name, read in [*last_reads(evidence)] or [("Counters last read", "never")]:
        yield name, read, "", ""
