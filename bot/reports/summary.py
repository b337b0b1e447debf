"""The totals of the first screen, the last readings, and the meaning of “your median”."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.model.post_words import platform_name
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
    from bot.reports.moved import PeriodReview
    from bot.reports.period import Gains

MAX_BEHIND = 3
"""Most accounts that are named because their counters are a day behind."""

_MEDIAN = (
    "“Your median” is that of the account's posts, in engagements per impression. “Surely” is 99 % "
    "certain, “likely” 90 %. The more people saw a post, the smaller a difference is sure."
)
_MEDIAN_PER_POST = (
    "On {}, without impressions, “your median” is in engagements per post, of posts that were read "
    f"{SETTLED // timedelta(hours=1)} hours after they went out or later. “Surely” means that 99 % "
    "of the account's ordinary posts lie closer to it, “likely” 90 %."
)


def describe_median(evidence: Evidence) -> str:
    """Return the meaning of “your median” on each platform of the evidence."""
    without = join_platforms(evidence.platforms(evidence.without_impressions))
    if not without:
        return _MEDIAN
    per_post = _MEDIAN_PER_POST.format(without)
    return f"{_MEDIAN} {per_post}" if evidence.platforms_with_impressions else per_post


def last_reads(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield when counters were last read, and the same of accounts that are a day behind."""
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


@dataclass(frozen=True, slots=True)
class TotalRow:
    """A line of the totals, with its figures as written."""

    name: str
    """The counter's name for people."""
    now: str
    """Its figure in this period."""
    before: str = ""
    """Its figure in the period before."""
    change: str = ""
    _: KW_ONLY
    network: bool = False
    """Whether the line is one network's share in a line above."""


def total_rows(evidence: Evidence, review: PeriodReview, notes: PeriodNotes) -> Iterator[TotalRow]:
    """Yield the totals of this period and of the one before, and each network's share in them."""
    out, out_before = review.out
    new = (format_count(out), format_count(out_before), format_delta(out - out_before))
    yield TotalRow("New posts", *new)
    shown = evidence.platforms_with_impressions
    on = f" on {join_platforms(shown)}" if shown and len(review.networks) > 1 else ""
    if evidence.without_impressions and not shown:
        without = join_platforms(evidence.platforms())
        yield TotalRow("Impressions", f"not given by {without}")
    else:
        yield _row(f"Impressions{on}", "impressions", review.gained)
    for name in ("engagements", "passed_on", "answered"):
        yield _row(name.replace("_", " ").capitalize(), name, review.gained)
        if len(review.networks) > 1:  # each counts in its own way, to its own people
            for platform, gained in review.networks.items():
                yield _row(f"on {platform_name(platform)}", name, gained, network=True)
    if shown or not evidence.without_impressions:
        rates = (format_rate(of.rate) for of in review.gained)
        yield TotalRow(f"Engagements per impression{on}", *rates)
    if shown and evidence.without_impressions and any(of.shown < of.posts for of in review.gained):
        known = (f"{of.shown} of {of.posts}" for of in review.gained)
        yield TotalRow("Posts with impressions", *known)
    if notes.spent is not None:
        yield TotalRow("Spent", *map(format_money, notes.spent))
    if any(of.unread for of in review.gained):
        unread = (f"{of.unread} of {of.posts}" for of in review.gained)
        yield TotalRow("Posts without new figures", *unread)
    for name, read in [*last_reads(evidence)] or [("Counters last read", "never")]:
        yield TotalRow(name, read)


def _row(title: str, name: str, gained: tuple[Gains, Gains], *, network: bool = False) -> TotalRow:
    now: int | None
    then: int | None
    now, then = (getattr(of, name) for of in gained)
    change = NO_DATA if now is None or then is None else format_delta(now - then)
    return TotalRow(title, format_count(now), format_count(then), change, network=network)
