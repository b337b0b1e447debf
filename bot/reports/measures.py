"""The figures that every grouped report shows, in one tuple: a figure is one entry here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.reports.numbers import ENGAGEMENTS, USUAL_FROM, Sums
from bot.reports.table import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Figure:
    """A column and how its figure comes from sums."""

    column: Column
    value: Callable[[Sums], Cell]


def _counter(name: str, title: str, meaning: str) -> Figure:
    return Figure(Column(name, title, "count", meaning, rank=6), lambda sums: sums.count(name))


_WHILE_TOLD = "As last told: X tells clicks for 30 days after a post. Not among the engagements."

FIGURES = (
    Figure(
        Column("posts", "Posts", "count", "Posts out; each part of a thread is one.", rank=1),
        lambda sums: sums.posts,
    ),
    Figure(
        Column(
            "impressions",
            "Impressions",
            "count",
            "Times that posts were shown.",
            bar=True,
            short="Shown",
        ),
        lambda sums: sums.count("impressions"),
    ),
    Figure(
        Column(
            "impressions_growth",
            "Since yesterday",
            "delta",
            "Impressions now, less those of the last reading that is at least 24 hours old; of a "
            "younger post, all. What was not read since then has no data.",
            rank=2,
            short="Since yest.",
        ),
        lambda sums: sums.growth("impressions"),
    ),
    Figure(
        Column(
            "engagements",
            "Engagements",
            "count",
            "Likes, reposts, quotes, replies and bookmarks together.",
            short="Engaged",
        ),
        lambda sums: sums.count(*ENGAGEMENTS),
    ),
    _counter("likes", "Likes", ""),
    _counter("reposts", "Reposts", ""),
    _counter("quotes", "Quotes", ""),
    _counter("replies", "Replies", ""),
    _counter("bookmarks", "Bookmarks", ""),
    _counter("link_clicks", "Link clicks", _WHILE_TOLD),
    _counter("profile_clicks", "Profile clicks", _WHILE_TOLD),
    Figure(
        Column(
            "engagement_rate",
            "Engagement rate",
            "rate",
            "Engagements per impression, of posts of which both are known.",
            short="Rate",
        ),
        lambda sums: sums.per_impression(*ENGAGEMENTS),
    ),
    Figure(
        Column(
            "against_usual",
            "Against usual",
            "factor",
            "The engagement rate as a multiple of the account's own median, of the posts in this "
            f"report; of several posts, their middle. From {USUAL_FROM} posts of an account on.",
            rank=4,
            short="Usual",
        ),
        lambda sums: sums.against_usual,
    ),
    Figure(
        Column(
            "amplification",
            "Amplification",
            "rate",
            "Reposts and quotes per impression: how often those who saw a post passed it on.",
            rank=5,
            short="Ampl.",
        ),
        lambda sums: sums.per_impression("reposts", "quotes"),
    ),
    Figure(
        Column(
            "reposts_per_impression",
            "Reposts per impression",
            "rate",
            "Reposts alone, without quotes.",
            rank=6,
            short="Reposts per impr.",
        ),
        lambda sums: sums.per_impression("reposts"),
    ),
    Figure(
        Column(
            "conversation",
            "Conversation",
            "rate",
            "Replies per impression: how often those who saw a post answered it.",
            rank=5,
            short="Conv.",
        ),
        lambda sums: sums.per_impression("replies"),
    ),
    Figure(
        Column("spend", "Spend", "money", "By the platform's prices, in US dollars.", rank=3),
        lambda sums: sums.spend,
    ),
    Figure(
        Column(
            "cost_per_engagement",
            "Cost per engagement",
            "money",
            "Spend divided by engagements.",
            rank=5,
            short="Cost per eng.",
        ),
        lambda sums: sums.cost_per_engagement,
    ),
    Figure(
        Column("read", "Last read", "instant", "When counters were last read.", rank=7),
        lambda sums: sums.read,
    ),
)
