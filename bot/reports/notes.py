"""The notes below a table, on what a reader must know of its figures."""

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
    """Return the notes that every table of posts has."""
    totals, name = overall_totals(evidence, now), evidence.names.account
    notes = []
    accounts = {publication.account for publication in evidence.publications}
    if not evidence.simulated:  # if all are, a banner says it
        notes += [
            f"{name(account)} is on a simulated platform. Its figures come from the sandbox."
            for account in sorted(accounts & {*evidence.sandbox_accounts})
        ]
    notes += _platform_notes(evidence, totals)
    kinds = (
        ([post for post in totals.metrics if post.read is None], _UNREAD),
        ([post for post in totals.metrics if post.publication.gone], _GONE),
        ([post for post in totals.metrics if post.fell], _FELL),
    )
    notes += [_count_note(evidence, found, words) for found, words in kinds if found]
    for account, why in sorted(evidence.paused_accounts.items()):
        own = [post for post in evidence.publications if post.account == account]
        if any(post.next_read for post in own):  # without one, reading has ended anyway
            when = describe_last_read(evidence, own)
            notes.append(f"{name(account)} has no new figures {when}, as {why}.")
    for account, since in sorted(evidence.blank_accounts.items()):
        if account in accounts:
            when = format_instant(since, evidence.zone)
            notes.append(f"The platform of {name(account)} has given no counters since {when}.")
    reads = [post.read for post in totals.metrics if post.read and not post.publication.gone]
    if totals.read and reads and totals.read - min(reads) >= DAY:
        first = format_instant(min(reads), evidence.zone)
        notes.append(f"Some posts were last read earlier, the first of them {first}.")
    return notes


def _platform_notes(evidence: Evidence, totals: Totals) -> Iterator[str]:
    """Yield notes on sums over several platforms, and on platforms without impressions."""
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
        give += f". Impressions, and rates per impression, are those of {of}"
    yield f"{give}. Rankings go by engagements."


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
    """Write how many posts this is true of, and on which networks if there are several."""
    posts = len({PostKey.of(metrics.publication) for metrics in found})
    own = {metrics.publication.platform for metrics in found}
    on = f" on {join_platforms(own)}" if len(evidence.platforms()) > 1 else ""
    one, several = words
    return f"{format_count(posts)} {(one if posts == 1 else several).format(on)}"


def unassigned_spend_note(
    evidence: Evidence, now: datetime, groups: Mapping[GroupKey, Totals]
) -> str:
    """Return a note on the spend that belongs to no single row, or "" without any."""
    assigned = [totals.spend for totals in groups.values() if totals.spend is not None]
    rest = (overall_totals(evidence, now).spend or Decimal(0)) - sum(assigned, Decimal(0))
    if not assigned or rest <= 0:
        return ""
    amount = format_money(rest)
    return f"{amount} of the spend, such as reads made in batches, belongs to no single row."
