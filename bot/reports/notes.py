"""What a reader must know of the figures in a table: the notes below it. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import PostKey
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
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.reports.evidence import Evidence, GroupKey
    from bot.reports.totals import PostMetrics


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
    kinds = (
        ([post for post in totals.metrics if post.read is None], _UNREAD),
        ([post for post in totals.metrics if post.publication.gone], _GONE),
        ([post for post in totals.metrics if post.fell], _FELL),
    )
    notes += [_count_note(evidence, found, words) for found, words in kinds if found]
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
        yield (
            f"Engagements are those of {join_platforms(platforms)} together; a post on several of "
            "them counts once."
        )
    if not (without := evidence.without_impressions):
        return
    own = evidence.platforms(without)
    give = f"{join_platforms(own)} {'give' if len(own) > 1 else 'gives'} no impressions"
    seen = [post.publication for post in totals.metrics if post.latest.impressions is not None]
    if seen:
        shown = len(set(map(PostKey.of, seen)))
        of = join_platforms(evidence.platforms_with_impressions)
        if shown < totals.posts:
            of += f" ({format_count(shown)} of {format_number_of(totals.posts, 'post')})"
        give += f": impressions, and rates per impression, are those of {of}"
    yield f"{give}. Where rows are ranked, it is by engagements."


_UNREAD = (
    "post has not been read yet{}, and counts only as a post.",
    "posts have not been read yet{}, and count only as posts.",
)
_GONE = (
    "post has been deleted{}; its last figures stay.",
    "posts have been deleted{}; their last figures stay.",
)
_FELL = (
    "post has a counter that fell{}; it is shown as last read.",
    "posts have a counter that fell{}; they are shown as last read.",
)


def _count_note(evidence: Evidence, found: Sequence[PostMetrics], words: tuple[str, str]) -> str:
    """Say of how many posts something is true, and on which networks, if there are several."""
    posts = len({PostKey.of(metrics.publication) for metrics in found})
    own = {metrics.publication.platform for metrics in found}
    on = f" on {join_platforms(own)}" if len(evidence.platforms()) > 1 else ""
    one, several = words
    return f"{format_count(posts)} {(one if posts == 1 else several).format(on)}"


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
