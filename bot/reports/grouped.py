"""How publications are summed into a table, whatever they are summed by."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.evidence import cached_per_evidence, gains
from bot.reports.measures import MEASURES, NO_COMPARISON
from bot.reports.table import Cell, Column, Table, format_instant, format_money
from bot.reports.totals import DAY, Totals, overall_totals, totals_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from bot.model import Publication
    from bot.reports.evidence import Evidence, GroupKey
    from bot.reports.measures import RowFamilies


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a report sums by: the key, the cells that name a group, and which groups are compared.

    Rows are in the order of their keys if ``ordered``, or else those with most impressions first.
    A report with ``all_rows`` is of use only with all its rows, however few were asked for.
    """

    id: str
    title: str
    key: Callable[[Publication], GroupKey]
    columns: tuple[Column, ...]
    label: Callable[[GroupKey, Totals], tuple[Cell, ...]]
    spend: Mapping[GroupKey, Decimal] | None = None
    ordered: bool = False
    all_rows: bool = False
    families: RowFamilies | None = None


def build_table(grouping: Grouping, evidence: Evidence, now: datetime) -> Table:
    """Sum the publications by the grouping."""
    keys = {each.id: grouping.key(each) for each in evidence.publications}
    groups = totals_by(evidence, now, lambda each: keys[each.id], grouping.spend)
    order = sorted(groups)
    if not grouping.ordered:
        order.sort(key=lambda key: _impressions_descending(groups[key]))
    shown = order if grouping.all_rows else order[: evidence.row_limit]
    trends = gains(evidence, lambda each: keys[each.id], ["impressions"], {*shown})
    comparison = grouping.families or NO_COMPARISON
    compared = comparison.cells(groups, evidence.names)
    overall = overall_totals(evidence, now)
    notes = (*_general_notes(evidence, now), _unassigned_spend_note(overall, groups))
    blank: list[Cell] = [None] * (len(grouping.columns) - 1 + len(comparison.columns))
    return Table(
        grouping.id,
        grouping.title,
        (*grouping.columns, *comparison.columns, *(measure.column for measure in MEASURES)),
        tuple(
            (*grouping.label(key, groups[key]), *compared[key], *_measure_cells(groups[key]))
            for key in shown
        ),
        tuple(filter(None, notes)) if groups else ("Nothing has been published yet.",),
        overall.read,
        ("Total", *blank, *_total_cells(evidence, now)) if groups else None,
        tuple(trends.get(key, ()) for key in shown),
        comparison.method(groups),
        len(order) - len(shown),
    )


def _impressions_descending(totals: Totals) -> int:
    impressions = totals.count("impressions")
    return 1 if impressions is None else -impressions


def _measure_cells(totals: Totals) -> tuple[Cell, ...]:
    return tuple(measure.value(totals) for measure in MEASURES)


@cached_per_evidence
def _total_cells(evidence: Evidence, now: datetime) -> tuple[Cell, ...]:
    return _measure_cells(overall_totals(evidence, now))


@cached_per_evidence
def _general_notes(evidence: Evidence, now: datetime) -> list[str]:
    """Return the notes on everything that is listed, whatever it is summed by."""
    totals = overall_totals(evidence, now)
    return [
        *_sandbox_notes(evidence),
        _count_note(totals.unread, "not been read yet, and counts only as a post."),
        _count_note(totals.gone, "been deleted on the platform; its last figures stay."),
        _count_note(totals.fell, "a counter that fell; it is shown as last read."),
        *_paused_notes(evidence),
        _stale_note(totals, evidence),
    ]


def _count_note(posts: int, what: str) -> str:
    if posts == 1:
        return f"1 post has {what}"
    plural = what.replace("it is", "they are").replace("its", "their").replace("counts", "count")
    return f"{posts} posts have {plural}" if posts else ""


def _paused_notes(evidence: Evidence) -> Iterator[str]:
    """Yield which accounts' counters are not read now, where some listed post still would be."""
    for account, why in sorted(evidence.paused_accounts.items()):
        own = [each for each in evidence.publications if each.account == account]
        if any(publication.next_read for publication in own):
            states = (evidence.latest.get(publication.id) for publication in own)
            last = max((state.read for state in states if state), default=None)
            when = f"since {format_instant(last, evidence.zone)}" if last else "yet"
            name = evidence.names.account(account)
            yield f"{name}: counters have not been read {when}: {why}."


def _sandbox_notes(evidence: Evidence) -> Iterator[str]:
    """Name the accounts of the sandbox where not all are: then no banner says it for all."""
    accounts = {publication.account for publication in evidence.publications}
    simulated = accounts & {*evidence.sandbox_accounts} if not evidence.simulated else ()
    for account in sorted(simulated):
        name = evidence.names.account(account)
        yield f"{name} is on a simulated platform: its figures come from the sandbox."


def _stale_note(totals: Totals, evidence: Evidence) -> str:
    first, last = totals.oldest_read, totals.read
    if first is None or last is None or last - first < DAY:
        return ""
    when = format_instant(first, evidence.zone)
    return f"Some posts were last read earlier, the first of them {when}."


def _unassigned_spend_note(overall: Totals, groups: Mapping[GroupKey, Totals]) -> str:
    assigned = [totals.spend for totals in groups.values() if totals.spend is not None]
    rest = (overall.spend or Decimal(0)) - sum(assigned, Decimal(0))
    if not assigned or rest <= 0:
        return ""
    amount = format_money(rest)
    return f"{amount} of the spend, such as reads made in batches, belongs to no single row."
