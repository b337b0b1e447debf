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

    def cells(self, groups: Mapping[Key, Sums]) -> dict[Key, tuple[Cell, ...]]:
        """Give each row's verdict and interval, blank and None where there is none."""
        known = {key: weighed(_trials(sums)) for key, sums in groups.items()}
        families: dict[Key, dict[Key, Posterior | None]] = defaultdict(dict)
        for key, each in known.items():
            family = self.family(key)
            if family is not None:
                families[family][key] = each
        said: dict[Key, Verdict] = verdicts(families.values())
        return {key: (said.get(key, ""), *_interval(known[key])) for key in groups}

    def method(self, groups: Mapping[Key, Sums]) -> str:
        """Tell the method, where anything is compared."""
        return METHOD if any(self.family(key) is not None for key in groups) else ""


@dataclass(frozen=True, slots=True)
class _Nothing:
    columns: tuple[Column, ...] = ()

    def cells(self, groups: Mapping[Key, Sums]) -> dict[Key, tuple[Cell, ...]]:
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
    posts = {each.publication.delivery: each.post for each in sums.standings}
    return [Trial(post.seen, post.engaged) for post in posts.values() if post]


def _interval(known: Posterior | None) -> tuple[Cell, Cell]:
    if known is None:
        return None, None
    low, high = known.interval
    return Decimal(low).quantize(_DIGITS), Decimal(high).quantize(_DIGITS)
