"""The first sentences of a report, on more or fewer engagements and on how the new posts did.

They claim no more than the figures carry. A sum without all readings is "at least" so much. A
difference that chance brings among so few is not called one. A post is compared only with the other
posts of its account.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.reports.comparing import MIN_POSTS
from bot.reports.moved import Outcome
from bot.reports.table import format_count, format_number_of, join_platforms
from bot.text import join_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.reports.evidence import Evidence
    from bot.reports.moved import MovedPost, PeriodReview
    from bot.reports.period import Gains, Period

_ALIKE_SHARE = 0.1
"""The share of the larger sum by which two may differ and still be "about as many"."""

_ALIKE_DEVIATIONS = 2
"""The number of standard deviations of chance by which they may."""


def write_length(period: Period) -> str:
    """Return a period's length, such as ``7 days``."""
    hours = max(1, round((period.end - period.start) / timedelta(hours=1)))
    days = round(hours / 24)
    return f"{days} days" if days > 1 else f"{hours} hours" if hours > 1 else "hour"


def first_sentences(review: PeriodReview, when: str) -> tuple[str, ...]:
    """Return the verdict on a period, how the new posts did, and how many figures are missing.

    ``when`` names the period, such as ``the past 7 days``.
    """
    several = len(review.networks) > 1
    on = f" on {join_platforms(review.networks)}" if several else ""
    sentences = [_compare(review, when, on), _new_posts(review.new)]
    if missing := review.gained[0].missing:
        sentences.append(f"{missing}, so the sums may be too low.")
    return tuple(filter(None, sentences))


def what_is_counted(evidence: Evidence) -> str:
    """Return sentences on what counts as an engagement and as a post."""
    on = f" on {join_platforms(own)} together" if len(own := evidence.platforms()) > 1 else ""
    post = " A post counts once, on however many accounts it is." if len(own) > 1 else ""
    return f"Engagements are likes, reposts, quotes, replies and bookmarks{on}.{post}"


def _compare(review: PeriodReview, when: str, on: str) -> str:
    """Return a sentence on the engagements and new posts of a period and of the one before."""
    before = f"the {write_length(review.before)} before"
    out, out_before = review.out
    new = format_number_of(out, "new post") if out else "no new posts"
    against = format_count(out_before) if out_before else "none"
    known, known_before = review.gained
    hardly = not min(review.out) and max(review.out) >= MIN_POSTS
    if (than := _verdict(known, known_before)) and not hardly:
        counts = (
            f"{format_count(known.engagements)} against {format_count(known_before.engagements)}"
        )
        return f"{than} {before} ({counts}{on}), with {new} against {against}."
    now, then = known.engagements, known_before.engagements
    engaged = "No data on engagements" if now is None else format_number_of(now, "engagement")
    earlier = "no data" if then is None else format_count(then) if then else "none"
    least = "At least " if known.unread and now else ""
    alone = ", so the two can hardly be compared" if hardly else ""
    return (
        f"{least}{engaged}{on} in {when}, {earlier} in {before}. {new[0].upper()}{new[1:]}, "
        f"{against} before{alone}."
    )


def _verdict(now: Gains, before: Gains) -> str:
    """Return whether posts gained more or fewer engagements, or "" if that is not known.

    The verdict stands if only the larger sum lacks readings, as these can only add.
    """
    if not now.engagements or not before.engagements:
        return ""
    if are_alike(now.engagements, before.engagements):
        return "" if now.unread or before.unread else "About as many engagements as in"
    is_more = now.engagements > before.engagements
    if (before.unread and is_more) or (now.unread and not is_more):
        return ""
    return "More engagements than in" if is_more else "Fewer engagements than in"


def are_alike(one: int, other: int) -> bool:
    """Return whether two counts differ by a tenth at most, or by no more than chance brings."""
    many, few = max(one, other), min(one, other)
    chance = _ALIKE_DEVIATIONS * math.sqrt(many + few)
    return many - few <= max(_ALIKE_SHARE * many, chance)


_DID: dict[Outcome, tuple[str, str]] = {
    "more": ("moved more people than usual", "more"),
    "less": ("moved fewer people than usual", "fewer"),
    "mixed": (
        "moved more people than usual on one network than on another",
        "more on one network than on another",
    ),
    "usual": ("moved about as many people as usual", "about as many as usual"),
}
"""Each outcome in words, and in shorter words after another one."""


def _new_posts(new: Sequence[MovedPost]) -> str:
    """Return a sentence on how the new posts did against their accounts' other posts."""
    counts = Counter[Outcome](post.outcome for post in new)
    unknown = counts.pop("unknown", 0)
    found = [(name, counts[name]) for name in _DID if counts[name]]
    whom = "The new post" if len(new) == 1 else "The new posts each"
    if not new:
        return ""
    if not found:
        posts = "post" if len(new) == 1 else "posts"
        return f"It is too early to say how the new {posts} did."
    if len(found) == 1 and not unknown:
        return f"{whom} {_DID[found[0][0]][0]}."
    shares = [
        f"{format_count(count)} {_DID[name][1 if place else 0]}"
        for place, (name, count) in enumerate(found)
    ]
    rest = f"; for {format_count(unknown)} it is too early to say" if unknown else ""
    return f"Of the new posts, {join_words(shares)}{rest}."
