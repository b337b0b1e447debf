"""What a grouped report says of its rows against each other: an interval and a verdict."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.comparing import METHOD, Posterior, Trial, Verdict, verdicts, weighed
from bot.reports.table import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.reports.numbers import Sums

    Key = tuple[str, ...]

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
                "Against the other rows of its kind; the method is below the table.",
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
        said = self._said(groups, names)
        return {
            key: (said.get(key, ""), *_interval(weighed(_trials(sums))))
            for key, sums in groups.items()
        }

    def _said(self, groups: Mapping[Key, Sums], names: Mapping[str, str]) -> dict[Key, str]:
        """Compare the rows of each family on each account by itself, all of them taken together."""
        apart: dict[tuple[Key, str], dict[tuple[Key, str], Posterior | None]] = defaultdict(dict)
        members: dict[Key, set[Key]] = defaultdict(set)
        accounts: dict[Key, set[str]] = defaultdict(set)
        for key, sums in groups.items():
            family = self.family(key)
            if family is None:
                continue
            members[family].add(key)
            for account, trials in _by_account(sums).items():
                accounts[family].add(account)
                apart[family, account][key, account] = weighed(trials)
        found: dict[Key, dict[str, Verdict]] = defaultdict(dict)
        for (key, account), verdict in verdicts(apart.values()).items():
            found[key][account] = verdict
        return {
            key: _in_words(found[key], names, several=len(accounts[family]) > 1)
            if len(keys) > 1
            else Verdict.ALONE
            for family, keys in members.items()
            for key in keys
        }

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


def _trials(sums: Sums) -> list[Trial]:
    """Give the posts of which impressions and engagements are both known, a thread as one."""
    return [trial for trials in _by_account(sums).values() for trial in trials]


def _by_account(sums: Sums) -> dict[str, list[Trial]]:
    """Give the same apart by account; an account of which nothing was seen has none."""
    posts = {each.publication.delivery: each for each in sums.standings}
    found: dict[str, list[Trial]] = defaultdict(list)
    for each in posts.values():
        seen = [Trial(each.post.seen, each.post.engaged)] if each.post else []
        found[each.publication.account] += seen
    return found


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
