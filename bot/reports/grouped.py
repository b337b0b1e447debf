"""How publications are summed into a table, whatever they are summed by."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.compared import NOTHING
from bot.reports.figures import instant, money
from bot.reports.measures import FIGURES
from bot.reports.numbers import DAY, Sums, grouped, overall
from bot.reports.series import gains
from bot.reports.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from bot.model import Publication
    from bot.reports.compared import Compared
    from bot.reports.evidence import Evidence

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a report sums by: its key, the texts that name a group, and how groups are compared.

    ``whole`` reports are of use only with all their rows, however few were asked for.
    """

    id: str
    title: str
    key: Callable[[Publication], Key]
    columns: tuple[Column, ...]
    label: Callable[[Key, Sums], tuple[Cell, ...]]
    spend: Mapping[Key, Decimal] | None = None
    ordered: bool = False
    whole: bool = False
    compared: Compared | None = None


def build(grouping: Grouping, evidence: Evidence, now: datetime) -> Table:
    """Sum by the grouping: biggest first, or in the order of the keys where it says so."""
    names = {each.id: grouping.key(each) for each in evidence.publications}
    groups = grouped(evidence, now, lambda each: names[each.id], grouping.spend)
    keys = sorted(groups) if grouping.ordered else sorted(groups, key=_biggest(groups))
    shown = keys if grouping.whole else keys[: evidence.most]
    trends = gains(evidence, lambda each: names[each.id], ["impressions"], {*shown})
    whole = overall(evidence, now)
    compared = grouping.compared or NOTHING
    beside = compared.cells(groups, evidence.names.accounts)
    blank = [None for _ in compared.columns]
    return Table(
        grouping.id,
        grouping.title,
        (*grouping.columns, *compared.columns, *(figure.column for figure in FIGURES)),
        tuple(
            (*grouping.label(key, groups[key]), *beside[key], *_figures(groups[key]))
            for key in shown
        ),
        _notes(whole, groups, evidence, now),
        whole.read,
        (
            "Total",
            *(None for _ in grouping.columns[1:]),
            *blank,
            *evidence.remembered(("total", now), lambda: _figures(whole)),
        )
        if groups
        else None,
        tuple(trends.get(key, ()) for key in shown),
        compared.method(groups),
        len(keys) - len(shown),
    )


def _figures(sums: Sums) -> tuple[Cell, ...]:
    return tuple(figure.value(sums) for figure in FIGURES)


def _biggest(groups: Mapping[Key, Sums]) -> Callable[[Key], tuple[int, Key]]:
    def place(key: Key) -> tuple[int, Key]:
        seen = groups[key].count("impressions")
        return (1 if seen is None else -seen, key)

    return place


def _notes(
    whole: Sums, groups: Mapping[Key, Sums], evidence: Evidence, now: datetime
) -> tuple[str, ...]:
    if not groups:
        return ("Nothing has been published yet.",)
    same = evidence.remembered(("notes", now), lambda: [*_of_all(whole, evidence)])
    return tuple(text for text in (*same, _untied(whole, groups)) if text)


def _of_all(whole: Sums, evidence: Evidence) -> Iterator[str]:
    """Say what holds of all that is listed, whatever it is summed by."""
    yield from _sandboxed(evidence)
    yield _of(whole.unread, "not been read yet, and counts only as a post.")
    yield _of(whole.gone, "been deleted on the platform; its last figures stay.")
    yield _of(whole.fell, "a counter that fell; it is shown as last read.")
    yield from _held(evidence)
    yield _stale(whole, evidence)


def _of(some: int, what: str) -> str:
    if some == 1:
        return f"1 post has {what}"
    many = what.replace("it is", "they are").replace("its", "their").replace("counts", "count")
    return f"{some} posts have {many}" if some else ""


def _held(evidence: Evidence) -> Iterator[str]:
    """Say whose counters are not read, though some of what is listed still would be."""
    for account, why in sorted(evidence.held.items()):
        own = [each for each in evidence.publications if each.account == account]
        if any(each.next_read for each in own):
            known = (evidence.latest.get(each.id) for each in own)
            last = max((each.read for each in known if each), default=None)
            when = f"since {instant(last, evidence.zone)}" if last else "yet"
            name = evidence.names.accounts.get(account, account)
            yield f"{name}: counters have not been read {when}: {why}."


def _sandboxed(evidence: Evidence) -> Iterator[str]:
    """Name the accounts of the sandbox, where not all are: then no banner says it of the whole."""
    out = {each.account for each in evidence.publications}
    for account in sorted(out & {*evidence.sandboxed}) if not evidence.simulated else ():
        name = evidence.names.accounts.get(account, account)
        yield f"{name} is on a simulated platform: its figures come from the sandbox."


def _stale(whole: Sums, evidence: Evidence) -> str:
    first, last = whole.stalest, whole.read
    if first is None or last is None or last - first < DAY:
        return ""
    return f"Some posts were last read earlier, the first of them {instant(first, evidence.zone)}."


def _untied(whole: Sums, groups: Mapping[Key, Sums]) -> str:
    tied = [sums.spend for sums in groups.values() if sums.spend is not None]
    rest = (whole.spend or Decimal(0)) - sum(tied, Decimal(0))
    if not tied or rest <= 0:
        return ""
    return f"{money(rest)} of the spend, such as reads made in batches, belongs to no single row."
