"""Tables that sum publications by something.

Each figure of a row is an entry of ``MEASURES``. The verdict on a row comes from
``bot.reports.comparing``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import methodcaller
from typing import TYPE_CHECKING, Literal

from bot.model import ENGAGEMENTS
from bot.reports.comparing import METHOD, verdict_texts
from bot.reports.evidence import cached_per_evidence
from bot.reports.notes import general_notes, unassigned_spend_note
from bot.reports.per_post import ALSO_PER_POST, METHOD_PER_POST, SETTLED, posterior_of
from bot.reports.table import CAMPAIGN_COLUMN, Cell, Column, Table, format_cell
from bot.reports.totals import MEDIAN_FROM, Totals, overall_totals, totals_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.model import Publication
    from bot.reports.comparing import Posterior, Trial
    from bot.reports.evidence import Evidence, GroupKey


_SETTLED_HOURS = SETTLED // timedelta(hours=1)

_CLICKS_MEANING = (
    "As last read, because X gives clicks for 30 days after a post. Not among the engagements."
)
_COUNTERS = (
    *((name, "") for name in ENGAGEMENTS),
    *((name, _CLICKS_MEANING) for name in ("link_clicks", "profile_clicks")),
)

MEASURES: dict[Column, Callable[[Totals], Cell]] = {
    Column(
        "posts",
        "Posts",
        "count",
        "Posts that are out. A post on several accounts, or a thread, counts as one.",
        rank=2,
    ): lambda totals: totals.posts,
    Column(
        "parts",
        "Parts",
        "count",
        "Each part of a thread on each account.",
        rank=6,
    ): lambda totals: totals.parts,
    Column(
        "impressions",
        "Impressions",
        "count",
        "Times that posts were shown.",
        bar=True,
        short="Shown",
    ): lambda totals: totals.count("impressions"),
    Column(
        "impressions_growth",
        "Since yesterday",
        "delta",
        "Impressions now, less those of the last reading that is at least 24 hours old. A younger "
        "post counts all of them. A post that was not read since then has no data.",
        rank=2,
        short="Since yest.",
    ): lambda totals: totals.growth("impressions"),
    Column(
        "engagements",
        "Engagements",
        "count",
        "Likes, reposts, quotes, replies and bookmarks together.",
        short="Engaged",
    ): lambda totals: totals.count(*ENGAGEMENTS),
    **{
        Column(name, name.replace("_", " ").capitalize(), "count", meaning, rank=6): (
            methodcaller("count", name)
        )
        for name, meaning in _COUNTERS
    },
    Column(
        "engagement_rate",
        "Engagement rate",
        "rate",
        "Engagements per impression, of posts for which both are known.",
        short="Rate",
    ): lambda totals: totals.per_impression(*ENGAGEMENTS),
    Column(
        "engagements_per_post",
        "Engagements per post",
        "number",
        "On a platform without impressions, the median of its posts that were read "
        f"{_SETTLED_HOURS} hours after they went out or later, a thread as one post. No data for "
        "posts of several such platforms.",
        rank=1,
        short="Per post",
    ): lambda totals: totals.per_post,
    Column(
        "against_usual",
        "\N{MULTIPLICATION SIGN} your median",
        "factor",
        "The engagement rate (or engagements per post) as a multiple of the account's own median "
        "in this report, and for several posts the median of these. Needs "
        f"{MEDIAN_FROM} posts of the account.",
        rank=4,
    ): lambda totals: totals.rate_to_median,
    Column(
        "amplification",
        "Passed on",
        "rate",
        "Reposts and quotes per impression.",
        rank=5,
    ): lambda totals: totals.per_impression("reposts", "quotes"),
    Column(
        "conversation",
        "Answered",
        "rate",
        "Replies per impression.",
        rank=5,
    ): lambda totals: totals.per_impression("replies"),
    Column("spend", "Spend", "money", "By the platform's prices, in US dollars.", rank=1): (
        lambda totals: totals.spend
    ),
    Column(
        "cost_per_hundred",
        "Cost per 100 engagements",
        "money",
        "Spend for each hundred engagements.",
        rank=5,
        short="Per 100 eng.",
    ): lambda totals: totals.cost_per_hundred,
    Column("read", "Last read", "instant", "When counters were last read.", rank=7): (
        lambda totals: totals.read
    ),
}
"""The columns of figures, each with the function that makes it from totals."""

COLUMNS_BY_KEY = {column.key: column for column in MEASURES}


def figure(key: str, totals: Totals) -> str:
    """Return a figure of some posts as written, by its column's key. Raise KeyError."""
    column = COLUMNS_BY_KEY[key]
    return format_cell(MEASURES[column](totals), column, UTC)


VERDICT_COLUMN = Column("verdict", "Compared", "text", "Against the other rows of its kind.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A report that sums publications into groups."""

    id: str
    title: str
    key: Callable[[Evidence, Publication], GroupKey]
    """Returns the group of a publication."""
    columns: tuple[Column, ...]
    """The columns that name a group."""
    label: Callable[[Evidence, GroupKey, Totals], tuple[Cell, ...]]
    """Returns the cells of these columns."""
    booked_by: Literal["campaign", "account"] | None = None
    """Whose bookings are a group's cost, with reads in batches, or None for that of publishing."""
    ordered: bool = False
    """Whether rows are in the order of their keys, or else with the largest counts first."""
    all_rows: bool = False
    """Whether all rows are shown, however few were asked for."""
    family: Callable[[GroupKey], GroupKey | None] | None = None
    """Returns the family of a group. Rows of a family are compared, except in the family None."""
    in_campaign: bool = False
    """Whether a key begins with its campaign, which then gets a column."""


def build_table(grouping: Grouping, evidence: Evidence, now: datetime) -> Table:
    """Sum the publications by the grouping."""
    keys = {post.id: grouping.key(evidence, post) for post in evidence.publications}
    spend = _booked(evidence, keys, grouping.booked_by) if grouping.booked_by else None
    groups = totals_by(evidence, now, lambda post: keys[post.id], spend)
    order = sorted(groups) if grouping.ordered else _most_first(evidence, groups)
    shown = order if grouping.all_rows else order[: evidence.row_limit]
    columns, method = grouping.columns, ""
    if grouping.in_campaign:
        columns = (*columns, CAMPAIGN_COLUMN)
    compared: Mapping[GroupKey, str] = {}
    if family := grouping.family:
        columns = (*columns, VERDICT_COLUMN)
        compared = _compare(evidence, groups, family)
        method = _method(evidence) if any(family(key) is not None for key in groups) else ""
    blank: list[Cell] = [None] * (len(columns) - 1)
    notes = (*general_notes(evidence, now), unassigned_spend_note(evidence, now, groups))
    return Table(
        grouping.id,
        grouping.title,
        (*columns, *shown_columns(evidence, MEASURES)),
        tuple(
            (
                *grouping.label(evidence, key, groups[key]),
                *([evidence.names.campaign(key[0])] if grouping.in_campaign else ()),
                *([compared.get(key, "")] if grouping.family else ()),
                *(value(groups[key]) for value in MEASURES.values()),
            )
            for key in shown
        ),
        tuple(filter(None, notes)) if groups else ("Nothing has been published yet.",),
        overall_totals(evidence, now).read,
        ("Total", *blank, *_total_cells(evidence, now)) if groups else None,
        method,
        len(order) - len(shown),
    )


def _most_first(evidence: Evidence, groups: Mapping[GroupKey, Totals]) -> list[GroupKey]:
    """Return the groups with most of the counter that all accounts have first."""
    by = ENGAGEMENTS if evidence.without_impressions else ("impressions",)
    counts = {key: totals.count(*by) for key, totals in groups.items()}
    return sorted(sorted(groups), key=lambda key: 1 if (most := counts[key]) is None else -most)


def shown_columns(evidence: Evidence, columns: Iterable[Column]) -> Iterator[Column]:
    """Yield columns, with bars for the counter that all accounts have.

    If all have impressions, people need no figures per post.
    """
    for column in columns:
        bar = column.key == evidence.common_counter
        hidden = column.key == "engagements_per_post" and not evidence.without_impressions
        changed = bar != column.bar or hidden
        yield replace(column, bar=bar, machine_only=hidden) if changed else column


def _method(evidence: Evidence) -> str:
    """Return how the rows of these accounts are compared."""
    accounts = {post.account for post in evidence.publications}
    if accounts <= evidence.without_impressions:
        return METHOD_PER_POST
    return f"{METHOD} {ALSO_PER_POST}" if evidence.without_impressions else METHOD


def _booked(
    evidence: Evidence, keys: Mapping[int, GroupKey], owner: str
) -> Mapping[GroupKey, Decimal] | None:
    """Return the bookings for the owners of the publications that have these keys."""
    if evidence.spending is None:
        return None
    groups = {getattr(post, owner): keys[post.id] for post in evidence.publications}
    booked: dict[GroupKey, Decimal] = defaultdict(Decimal)
    for booking in evidence.spending:
        if (group := groups.get(getattr(booking, owner))) is not None:
            booked[group] += booking.dollars
    return booked


@cached_per_evidence
def _total_cells(evidence: Evidence, now: datetime) -> tuple[Cell, ...]:
    totals = overall_totals(evidence, now)
    return tuple(value(totals) for value in MEASURES.values())


def _compare(
    evidence: Evidence,
    groups: Mapping[GroupKey, Totals],
    family: Callable[[GroupKey], GroupKey | None],
) -> Mapping[GroupKey, str]:
    """Return the verdict on each row that has a family."""
    known: dict[GroupKey, dict[str, Posterior | None]] = {}
    for key, totals in groups.items():
        # A thread is one post. An account without any post whose figures are known has no trials.
        posts = {metrics.publication.delivery: metrics for metrics in totals.metrics}.values()
        trials: dict[str, list[Trial]] = {metrics.publication.account: [] for metrics in posts}
        for metrics in posts:
            if metrics.post_engagement:
                trials[metrics.publication.account].append(metrics.post_engagement)
        known[key] = {account: posterior_of(own) for account, own in trials.items()}
    per_post = evidence.without_impressions
    return verdict_texts(known, family, evidence.names.account, per_post)
