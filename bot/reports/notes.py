"""What a reader must know of the figures in a table: the notes below it. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.evidence import cached_per_evidence
from bot.reports.table import (
    describe_last_read,
    format_count,
    format_instant,
    format_money,
    format_number_of,
    join_platforms,
)
from bot.reports.totals import DAY, Totals, overall_totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bot.reports.evidence import Evidence, GroupKey


@cached_per_evidence
def general_notes(evidence: Evidence, now: datetime) -> list[str]:
    """Return the notes on everything that is listed, whatever it is summed by."""
    totals, name = overall_totals(evidence, now), evidence.names.account
    notes = []
    if not evidence.simulated:  # else a banner says it of all of them
        accounts = {publication.account for publication in evidence.publications}
        for account in sorted(accounts & {*evidence.sandbox_accounts}):
            figures = "its figures come from the sandbox"
            notes.append(f"{name(account)} is on a simulated platform: {figures}.")
    notes += _platform_notes(evidence, totals)
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
    for account, since in sorted(evidence.blank_accounts.items()):
        if any(post.account == account for post in evidence.publications):
            when = format_instant(since, evidence.zone)
            notes.append(f"{name(account)}: its platform has given no counters since {when}.")
    reads = [post.read for post in totals.metrics if post.read and not post.publication.gone]
    if totals.read and reads and totals.read - min(reads) >= DAY:
        first = format_instant(min(reads), evidence.zone)
        notes.append(f"Some posts were last read earlier, the first of them {first}.")
    return notes


def _platform_notes(evidence: Evidence, totals: Totals) -> Iterator[str]:
    """Say what is added up over several platforms, and which of them give no impressions."""
    if len(platforms := evidence.platforms()) > 1:
        yield f"Engagements are those of {join_platforms(platforms)} together."
    if not (without := evidence.without_impressions):
        return
    own = evidence.platforms(without)
    give = f"{join_platforms(own)} {'give' if len(own) > 1 else 'gives'} no impressions"
    shown = sum(post.latest.impressions is not None for post in totals.metrics)
    if shown:
        of = f"{format_count(shown)} of {format_number_of(totals.posts, 'post')}"
        give += f": impressions, and rates per impression, are those of {of}"
    yield f"{give}. Where rows are ranked, it is by engagements."


def _count_note(posts: int, what: str) -> str:
    if posts == 1:
        return f"1 post has {what}"
    plural = what.replace("it is", "they are").replace("its", "their").replace("counts", "count")
    return f"{posts} posts have {plural}" if posts else ""


def unassigned_spend_note(
    evidence: Evidence, now: datetime, groups: Mapping[GroupKey, Totals]
) -> str:
    """Say how much of the spend belongs to no single row; "" where none does."""
    assigned = [totals.spend for totals in groups.values() if totals.spend is not None]
    rest = (overall_totals(evidence, now).spend or Decimal(0)) - sum(assigned, Decimal(0))
    if not assigned or rest <= 0:
        return ""
    amount = format_money(rest)
    return f"{amount} of the spend, such as reads made in batches, belongs to no single row."
