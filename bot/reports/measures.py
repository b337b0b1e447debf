"""The figures of every grouped report, in one tuple: a figure is one entry of ``MEASURES``.

And the columns of a report that compares its rows (``bot.reports.comparing``).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from bot.reports.comparing import METHOD, Posterior, Trial, Verdict, posterior_if_enough, verdicts
from bot.reports.table import Cell, Column
from bot.reports.totals import ENGAGEMENTS, MEDIAN_FROM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.reports.evidence import GroupKey, Names
    from bot.reports.totals import Totals

    TrialsByAccount = Mapping[str, tuple[Trial, ...]]
    Estimate = Callable[[tuple[Trial, ...]], Posterior | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """A column, and how its figure is made from totals."""

    column: Column
    value: Callable[[Totals], Cell]


def _counter_measure(name: str, title: str, meaning: str) -> Measure:
    return Measure(Column(name, title, "count", meaning, rank=6), lambda totals: totals.count(name))


_CLICKS_MEANING = (
    "As last read: X gives clicks for 30 days after a post. Not among the engagements."
)

MEASURES = (
    Measure(
        Column("posts", "Posts", "count", "Posts out; each part of a thread is one.", rank=1),
        lambda totals: totals.posts,
    ),
    Measure(
        Column(
            "impressions",
            "Impressions",
            "count",
            "Times that posts were shown.",
            bar=True,
            short="Shown",
        ),
        lambda totals: totals.count("impressions"),
    ),
    Measure(
        Column(
            "impressions_growth",
            "Since yesterday",
            "delta",
            "Impressions now, less those of the last reading that is at least 24 hours old; all of "
            "them for a younger post. A post that was not read since then has no data.",
            rank=2,
            short="Since yest.",
        ),
        lambda totals: totals.growth("impressions"),
    ),
    Measure(
        Column(
            "engagements",
            "Engagements",
            "count",
            "Likes, reposts, quotes, replies and bookmarks together.",
            short="Engaged",
        ),
        lambda totals: totals.count(*ENGAGEMENTS),
    ),
    _counter_measure("likes", "Likes", ""),
    _counter_measure("reposts", "Reposts", ""),
    _counter_measure("quotes", "Quotes", ""),
    _counter_measure("replies", "Replies", ""),
    _counter_measure("bookmarks", "Bookmarks", ""),
    _counter_measure("link_clicks", "Link clicks", _CLICKS_MEANING),
    _counter_measure("profile_clicks", "Profile clicks", _CLICKS_MEANING),
    Measure(
        Column(
            "engagement_rate",
            "Engagement rate",
            "rate",
            "Engagements per impression, of posts for which both are known.",
            short="Rate",
        ),
        lambda totals: totals.per_impression(*ENGAGEMENTS),
    ),
    Measure(
        Column(
            "against_usual",
            "\N{MULTIPLICATION SIGN} your median",
            "factor",
            "The engagement rate as a multiple of the account's own median in this report; of "
            f"several posts, the median of these. Needs {MEDIAN_FROM} posts of the account.",
            rank=4,
        ),
        lambda totals: totals.rate_to_median,
    ),
    Measure(
        Column(
            "amplification",
            "Passed on",
            "rate",
            "Reposts and quotes per impression: how often those who saw a post passed it on.",
            rank=5,
        ),
        lambda totals: totals.per_impression("reposts", "quotes"),
    ),
    Measure(
        Column(
            "reposts_per_impression",
            "Reposts per impression",
            "rate",
            "Reposts alone, without quotes.",
            rank=6,
            short="Reposts per impr.",
        ),
        lambda totals: totals.per_impression("reposts"),
    ),
    Measure(
        Column(
            "conversation",
            "Answered",
            "rate",
            "Replies per impression: how often those who saw a post answered it.",
            rank=5,
        ),
        lambda totals: totals.per_impression("replies"),
    ),
    Measure(
        Column("spend", "Spend", "money", "By the platform's prices, in US dollars.", rank=3),
        lambda totals: totals.spend,
    ),
    Measure(
        Column(
            "cost_per_engagement",
            "Cost per engagement",
            "money",
            "Spend divided by engagements.",
            rank=5,
            short="Cost per eng.",
        ),
        lambda totals: totals.cost_per_engagement,
    ),
    Measure(
        Column("read", "Last read", "instant", "When counters were last read.", rank=7),
        lambda totals: totals.read,
    ),
)


_PRECISION = Decimal("0.000001")
"""An interval is an estimate: more digits would mean nothing."""


@dataclass(frozen=True, slots=True)
class RowFamilies:
    """Which rows are compared with each other: those of one family. A row of None is left out.

    ``rank`` is that of the verdict's column.
    """

    family: Callable[[GroupKey], GroupKey | None]
    rank: int

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that it adds."""
        return (
            Column(
                "verdict",
                "Compared",
                "text",
                "Against the other rows of its kind.",
                rank=self.rank,
            ),
            _bound_column("rate_low", "Likely rate from", "low"),
            _bound_column("rate_high", "Likely rate to", "high"),
        )

    def cells(
        self, groups: Mapping[GroupKey, Totals], names: Names
    ) -> dict[GroupKey, tuple[Cell, ...]]:
        """Return each row's verdict and interval, blank and None where there is none."""
        trials = {key: _trials_by_account(totals) for key, totals in groups.items()}
        estimate = cache(posterior_if_enough)  # a row's posts are often all of one account
        texts = self._verdict_texts(trials, names, estimate)
        return {
            key: (texts.get(key, ""), *_interval(estimate(tuple(chain(*by.values())))))
            for key, by in trials.items()
        }

    def _verdict_texts(
        self,
        trials: Mapping[GroupKey, TrialsByAccount],
        names: Names,
        estimate: Estimate,
    ) -> dict[GroupKey, str]:
        """Compare the rows of each family on each account by itself, all of them taken together."""
        families: dict[GroupKey, dict[GroupKey, TrialsByAccount]] = defaultdict(dict)
        for key, by in trials.items():
            if (family := self.family(key)) is not None:
                families[family][key] = by
        rivals = {family: rows for family, rows in families.items() if len(rows) > 1}
        by_account: dict[GroupKey, dict[str, Verdict]] = defaultdict(dict)
        compared = verdicts(_split_by_account(rivals.values(), estimate))
        for (key, account), verdict in compared.items():
            by_account[key][account] = verdict
        texts: dict[GroupKey, str] = {
            key: Verdict.NOTHING_TO_COMPARE for rows in families.values() for key in rows
        }
        for rows in rivals.values():
            several = len({account for by in rows.values() for account in by}) > 1
            texts |= {key: _verdict_text(by_account[key], names, several=several) for key in rows}
        return texts

    def method(self, groups: Mapping[GroupKey, Totals]) -> str:
        """Return the method, where anything is compared."""
        return METHOD if any(self.family(key) is not None for key in groups) else ""


@dataclass(frozen=True, slots=True)
class _NoComparison:
    columns: tuple[Column, ...] = ()

    def cells(
        self,
        groups: Mapping[GroupKey, Totals],
        names: Names,  # noqa: ARG002 - as RowFamilies
    ) -> dict[GroupKey, tuple[Cell, ...]]:
        return dict.fromkeys(groups, ())

    def method(self, groups: Mapping[GroupKey, Totals]) -> str:  # noqa: ARG002 - as RowFamilies
        return ""


NO_COMPARISON = _NoComparison()
"""For reports whose rows are not compared."""


def _bound_column(key: str, name: str, short: str) -> Column:
    meaning = "Bound of the 95 % interval of the mean engagement rate of such posts."
    return Column(key, name, "rate", meaning, rank=6, short=short)


def _trials_by_account(totals: Totals) -> TrialsByAccount:
    """Return the posts whose impressions and engagements are both known, a thread as one.

    An account without any such post has an empty entry.
    """
    posts = {metrics.publication.delivery: metrics for metrics in totals.metrics}
    trials: dict[str, list[Trial]] = defaultdict(list)
    for metrics in posts.values():
        own = trials[metrics.publication.account]
        if post := metrics.post_engagement:
            own.append(Trial(post.impressions, post.engagements))
    return {account: tuple(own) for account, own in trials.items()}


def _split_by_account(
    families: Iterable[Mapping[GroupKey, TrialsByAccount]],
    estimate: Estimate,
) -> Iterator[dict[tuple[GroupKey, str], Posterior | None]]:
    """Yield each family once for each account from which any of its rows went out."""
    for rows in families:
        for account in sorted({account for by in rows.values() for account in by}):
            yield {
                (key, account): estimate(by[account]) for key, by in rows.items() if account in by
            }


def _verdict_text(by_account: Mapping[str, Verdict], names: Names, *, several: bool) -> str:
    """Return a row's verdict on each account; without its name where there is only one account.

    Rows that no account has both of cannot be compared: the account would get the credit.
    """
    found = by_account.values()
    if not several:
        return next(iter(found), Verdict.TOO_EARLY)
    known = {name: verdict for name, verdict in by_account.items() if verdict not in _NO_VERDICT}
    if known:
        return ", ".join(f"{known[name]} on {names.account(name)}" for name in sorted(known))
    return Verdict.TOO_EARLY if Verdict.TOO_EARLY in found else Verdict.NO_SHARED_ACCOUNT


_NO_VERDICT = (Verdict.TOO_EARLY, Verdict.NOTHING_TO_COMPARE)


def _interval(known: Posterior | None) -> tuple[Cell, Cell]:
    if known is None:
        return None, None
    low, high = known.interval
    return Decimal(low).quantize(_PRECISION), Decimal(high).quantize(_PRECISION)
