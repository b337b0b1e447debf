"""How publications are summed into a table: the figures of a row, and what rows are summed by.

A figure is one entry of ``MEASURES``. Where rows are compared, ``bot.reports.comparing`` says which
is better.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from operator import methodcaller
from typing import TYPE_CHECKING, Literal

from bot.model import ENGAGEMENTS
from bot.reports.comparing import METHOD, Trial, posterior_if_enough, verdict_texts
from bot.reports.evidence import cached_per_evidence, trends
from bot.reports.table import (
    CAMPAIGN_COLUMN,
    Cell,
    Column,
    Table,
    describe_last_read,
    format_cell,
    format_instant,
    format_money,
)
from bot.reports.totals import DAY, MEDIAN_FROM, Totals, overall_totals, totals_by

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.model import Publication
    from bot.reports.evidence import Evidence, GroupKey


_CLICKS_MEANING = (
    "As last read: X gives clicks for 30 days after a post. Not among the engagements."
)
_COUNTERS = (
    *((name, "") for name in ENGAGEMENTS),
    *((name, _CLICKS_MEANING) for name in ("link_clicks", "profile_clicks")),
)

MEASURES: dict[Column, Callable[[Totals], Cell]] = {
    Column("posts", "Posts", "count", "Posts out; each part of a thread is one.", rank=2): (
        lambda totals: totals.posts
    ),
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
        "Impressions now, less those of the last reading that is at least 24 hours old; all of "
        "them for a younger post. A post that was not read since then has no data.",
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
        "against_usual",
        "\N{MULTIPLICATION SIGN} your median",
        "factor",
        "The engagement rate as a multiple of the account's own median in this report; of "
        f"several posts, the median of these. Needs {MEDIAN_FROM} posts of the account.",
        rank=4,
    ): lambda totals: totals.rate_to_median,
    Column(
        "amplification",
        "Passed on",
        "rate",
        "Reposts and quotes per impression: how often those who saw a post passed it on.",
        rank=5,
    ): lambda totals: totals.per_impression("reposts", "quotes"),
    Column(
        "reposts_per_impression",
        "Reposts per impression",
        "rate",
        "Reposts alone, without quotes.",
        rank=6,
        short="Reposts per impr.",
    ): lambda totals: totals.per_impression("reposts"),
    Column(
        "conversation",
        "Answered",
        "rate",
        "Replies per impression: how often those who saw a post answered it.",
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
"""The columns of figures, and how each is made from totals."""

_COLUMNS_BY_KEY = {column.key: column for column in MEASURES}


def figure(key: str, totals: Totals) -> str:
    """Return one figure of some posts as written, by its column's key. Raise KeyError."""
    column = _COLUMNS_BY_KEY[key]
    return format_cell(MEASURES[column](totals), column, UTC)


_BOUND_MEANING = "Bound of the 95 % interval of the mean engagement rate of such posts."

COMPARISON_COLUMNS = (
    Column("verdict", "Compared", "text", "Against the other rows of its kind."),
    Column("rate_low", "Likely rate from", "rate", _BOUND_MEANING, rank=6, short="low"),
    Column("rate_high", "Likely rate to", "rate", _BOUND_MEANING, rank=6, short="high"),
)

_PRECISION = Decimal("0.000001")
"""An interval is an estimate: more digits would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """What a report sums by: the key of a publication, and the cells that name a group.

    What a group cost is what was booked for its campaign or account, or else, without
    ``booked_by``, what publishing cost: reads made in batches are an account's, too. Rows are in
    the order of their keys if ``ordered``, or else those with most impressions first. A report with
    ``all_rows`` is of use only with all its rows, however few were asked for. Rows with the same
    ``family`` are compared, except where it is None. Of groups ``in_campaign``, the key begins with
    their campaign, which gets a column.
    """

    id: str
    title: str
    key: Callable[[Evidence, Publication], GroupKey]
    columns: tuple[Column, ...]
    label: Callable[[Evidence, GroupKey, Totals], tuple[Cell, ...]]
    booked_by: Literal["campaign", "account"] | None = None
    ordered: bool = False
    all_rows: bool = False
    family: Callable[[GroupKey], GroupKey | None] | None = None
    in_campaign: bool = False


def build_table(grouping: Grouping, evidence: Evidence, now: datetime) -> Table:
    """Sum the publications by the grouping."""
    keys = {post.id: grouping.key(evidence, post) for post in evidence.publications}
    spend = _booked(evidence, keys, grouping.booked_by) if grouping.booked_by else None
    groups = totals_by(evidence, now, lambda post: keys[post.id], spend)
    order = sorted(groups)
    if not grouping.ordered:
        shown_most = {key: totals.count("impressions") for key, totals in groups.items()}
        order.sort(key=lambda key: 1 if (most := shown_most[key]) is None else -most)
    shown = order if grouping.all_rows else order[: evidence.row_limit]
    gained = trends(evidence, lambda post: keys[post.id], {*shown})
    columns, method = grouping.columns, ""
    if grouping.in_campaign:
        columns = (*columns, CAMPAIGN_COLUMN)
    compared: Mapping[GroupKey, tuple[Cell, ...]] = {}
    if family := grouping.family:
        columns = (*columns, *COMPARISON_COLUMNS)
        compared = _compare(evidence, groups, family)
        method = METHOD if any(family(key) is not None for key in groups) else ""
    blank: list[Cell] = [None] * (len(columns) - 1)
    notes = (*_general_notes(evidence, now), _unassigned_spend_note(evidence, now, groups))
    return Table(
        grouping.id,
        grouping.title,
        (*columns, *MEASURES),
        tuple(
            (
                *grouping.label(evidence, key, groups[key]),
                *[evidence.names.campaign(key[0])] * grouping.in_campaign,
                *compared.get(key, ()),
                *(value(groups[key]) for value in MEASURES.values()),
            )
            for key in shown
        ),
        tuple(filter(None, notes)) if groups else ("Nothing has been published yet.",),
        overall_totals(evidence, now).read,
        ("Total", *blank, *_total_cells(evidence, now)) if groups else None,
        tuple(gained.get(key, ()) for key in shown),
        method,
        len(order) - len(shown),
    )


def _booked(
    evidence: Evidence, keys: Mapping[int, GroupKey], owner: str
) -> Mapping[GroupKey, Decimal] | None:
    """Return what was booked for the owners of the publications that have these keys."""
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
) -> dict[GroupKey, tuple[Cell, ...]]:
    """Return each row's verdict and interval, blank and None where there is none."""
    rows: dict[GroupKey, dict[str, list[Trial]]] = {}
    for key, totals in groups.items():
        # A thread is one post. An account without any post whose figures are known has no trials.
        posts = {metrics.publication.delivery: metrics for metrics in totals.metrics}.values()
        rows[key] = {metrics.publication.account: [] for metrics in posts}
        for metrics in posts:
            if metrics.post_engagement:
                rows[key][metrics.publication.account].append(metrics.post_engagement)
    texts = verdict_texts(rows, family, evidence.names.account)
    cells: dict[GroupKey, tuple[Cell, ...]] = {}
    for key, by_account in rows.items():
        known = posterior_if_enough([*chain(*by_account.values())])
        bounds = known.interval if known else ()
        interval = tuple(Decimal(bound).quantize(_PRECISION) for bound in bounds)
        cells[key] = (texts.get(key, ""), *(interval or (None, None)))
    return cells


# --- What a reader must know of the figures -------------------------------------------------------


@cached_per_evidence
def _general_notes(evidence: Evidence, now: datetime) -> list[str]:
    """Return the notes on everything that is listed, whatever it is summed by."""
    totals, name = overall_totals(evidence, now), evidence.names.account
    notes = []
    if not evidence.simulated:  # else a banner says it of all of them
        accounts = {publication.account for publication in evidence.publications}
        for account in sorted(accounts & {*evidence.sandbox_accounts}):
            figures = "its figures come from the sandbox"
            notes.append(f"{name(account)} is on a simulated platform: {figures}.")
    notes += [
        _count_note(
            sum(post.read is None for post in totals.metrics),
            "not been read yet, and counts only as a post.",
        ),
        _count_note(totals.gone, "been deleted on the platform; its last figures stay."),
        _count_note(
            sum(bool(post.fell) for post in totals.metrics),
            "a counter that fell; it is shown as last read.",
        ),
    ]
    for account, why in sorted(evidence.paused_accounts.items()):
        own = [post for post in evidence.publications if post.account == account]
        if any(post.next_read for post in own):  # else none would be read any more
            when = describe_last_read(evidence, own)
            notes.append(f"{name(account)}: counters have not been read {when}: {why}.")
    reads = [post.read for post in totals.metrics if post.read and not post.publication.gone]
    if totals.read and reads and totals.read - min(reads) >= DAY:
        first = format_instant(min(reads), evidence.zone)
        notes.append(f"Some posts were last read earlier, the first of them {first}.")
    return notes


def _count_note(posts: int, what: str) -> str:
    if posts == 1:
        return f"1 post has {what}"
    plural = what.replace("it is", "they are").replace("its", "their").replace("counts", "count")
    return f"{posts} posts have {plural}" if posts else ""


def _unassigned_spend_note(
    evidence: Evidence, now: datetime, groups: Mapping[GroupKey, Totals]
) -> str:
    assigned = [totals.spend for totals in groups.values() if totals.spend is not None]
    rest = (overall_totals(evidence, now).spend or Decimal(0)) - sum(assigned, Decimal(0))
    if not assigned or rest <= 0:
        return ""
    amount = format_money(rest)
    return f"{amount} of the spend, such as reads made in batches, belongs to no single row."
