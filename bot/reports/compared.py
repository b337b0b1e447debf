"""What a grouped report says of its rows against each other: an interval and a verdict."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from bot.reports.comparing import METHOD, Posterior, Trial, Verdict, verdicts, weighed
from bot.reports.table import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.reports.numbers import Sums

    Key = tuple[str, ...]
    ByAccount = Mapping[str, tuple[Trial, ...]]

_DIGITS = Decimal("0.000001")
"""An interval is an estimate: more digits would only pretend."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Which rows are compared with each other: those of one family; None leaves a row out.

    ``rank`` is that of the verdict's column.
    """

    family: Callable[[Key], Key | None]
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
            _bound("rate_low", "Likely rate from", "low"),
            _bound("rate_high", "Likely rate to", "high"),
        )

    def cells(
        self, groups: Mapping[Key, Sums], names: Mapping[str, str]
    ) -> dict[Key, tuple[Cell, ...]]:
        """Give each row's verdict and interval, blank and None where there is none.

        ``names`` are the accounts' handles.
        """
        trials = {key: _by_account(sums) for key, sums in groups.items()}
        weigh = cache(weighed)  # a row's posts are often all of one account
        said = self._said(trials, names, weigh)
        return {
            key: (said.get(key, ""), *_interval(weigh(tuple(chain(*by.values())))))
            for key, by in trials.items()
        }

    def _said(
        self,
        trials: Mapping[Key, ByAccount],
        names: Mapping[str, str],
        weigh: Callable[[tuple[Trial, ...]], Posterior | None],
    ) -> dict[Key, str]:
        """Compare the rows of each family on each account by itself, all of them taken together."""
        families: dict[Key, dict[Key, ByAccount]] = defaultdict(dict)
        for key, by in trials.items():
            if (family := self.family(key)) is not None:
                families[family][key] = by
        rivals = {family: rows for family, rows in families.items() if len(rows) > 1}
        found: dict[Key, dict[str, Verdict]] = defaultdict(dict)
        for (key, account), verdict in verdicts(_apart(rivals.values(), weigh)).items():
            found[key][account] = verdict
        said: dict[Key, str] = {key: Verdict.ALONE for rows in families.values() for key in rows}
        for rows in rivals.values():
            several = len({account for by in rows.values() for account in by}) > 1
            said |= {key: _in_words(found[key], names, several=several) for key in rows}
        return said

    def method(self, groups: Mapping[Key, Sums]) -> str:
        """Tell the method, where anything is compared."""
        return METHOD if any(self.family(key) is not None for key in groups) else ""


@dataclass(frozen=True, slots=True)
class _Nothing:
    columns: tuple[Column, ...] = ()

    def cells(
        self,
        groups: Mapping[Key, Sums],
        names: Mapping[str, str],  # noqa: ARG002 - as Compared
    ) -> dict[Key, tuple[Cell, ...]]:
        return dict.fromkeys(groups, ())

    def method(self, groups: Mapping[Key, Sums]) -> str:  # noqa: ARG002 - as Compared
        return ""


NOTHING = _Nothing()
"""Of rows that nobody compares."""


def _bound(key: str, name: str, short: str) -> Column:
    meaning = "Bound of the 95 % interval of the mean engagement rate of such posts."
    return Column(key, name, "rate", meaning, rank=6, short=short)


def _by_account(sums: Sums) -> ByAccount:
    """Give the posts of which impressions and engagements are both known, a thread as one.

    They are apart by account; an account of which nothing was seen has none.
    """
    posts = {each.publication.delivery: each for each in sums.standings}
    found: dict[str, list[Trial]] = defaultdict(list)
    for each in posts.values():
        seen = [Trial(each.post.seen, each.post.engaged)] if each.post else []
        found[each.publication.account] += seen
    return {account: tuple(trials) for account, trials in found.items()}


def _apart(
    families: Iterable[Mapping[Key, ByAccount]],
    weigh: Callable[[tuple[Trial, ...]], Posterior | None],
) -> Iterator[dict[tuple[Key, str], Posterior | None]]:
    """Yield each family once for each account that several of its rows, or one, went out from."""
    for rows in families:
        for account in sorted({account for by in rows.values() for account in by}):
            yield {(key, account): weigh(by[account]) for key, by in rows.items() if account in by}


def _in_words(said: Mapping[str, Verdict], names: Mapping[str, str], *, several: bool) -> str:
    """Say of a row what was found on each account; where there is but one, it goes without saying.

    Rows that no account has both of cannot be compared: the account would get the credit.
    """
    if not several:
        return next(iter(said.values()), Verdict.EARLY)
    known = {account: each for account, each in said.items() if each not in _NOTHING_SAID}
    if known:
        return ", ".join(f"{each} on {names.get(one, one)}" for one, each in sorted(known.items()))
    return Verdict.EARLY if Verdict.EARLY in said.values() else Verdict.APART


_NOTHING_SAID = (Verdict.EARLY, Verdict.ALONE)


def _interval(known: Posterior | None) -> tuple[Cell, Cell]:
    if known is None:
        return None, None
    low, high = known.interval
    return Decimal(low).quantize(_DIGITS), Decimal(high).quantize(_DIGITS)
