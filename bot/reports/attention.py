"""The report on the posts that did not go out as planned."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.model import PostKey, State
from bot.reports.table import Column, Table, one_line

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Delivery
    from bot.reports.evidence import Evidence

ATTENTION_STATES = {
    State.NEEDS_HUMAN: "Needs a person",
    State.UNKNOWN: "Perhaps out",
    State.REJECTED: "Refused by the platform",
    State.MISSED: "Missed",
    State.EXPIRED: "Expired unsent",
}
"""The states that a team must hear of, with its words for them, the most urgent first."""

_ATTENTION_COLUMNS = (
    Column("state", "State", "text"),
    Column("reason", "Why", "text"),
    Column("post", "Post", "text"),
    Column("name", "Name", "text", rank=2),
    Column("post_id", "Id", "text", machine_only=True),
    Column("account", "Account", "text", rank=3),
    Column("due", "Due", "instant", rank=1),
)


def attention_table(evidence: Evidence, now: datetime) -> Table:  # noqa: ARG001 - as every report
    """List the posts that did not go out as planned, the most urgent first."""
    urgency = list(ATTENTION_STATES)
    fates: dict[tuple[State, str, PostKey], list[Delivery]] = defaultdict(list)
    for delivery in evidence.deliveries:
        if delivery.state in ATTENTION_STATES:
            fates[delivery.state, delivery.reason, PostKey.of(delivery)].append(delivery)
    found = [sorted(own, key=lambda of: (of.due, of.id)) for own in fates.values()]
    found.sort(key=lambda own: (urgency.index(own[0].state), own[0].due, own[0].id))
    rows = tuple(
        (
            ATTENTION_STATES[first.state],
            first.reason,
            one_line(first.content.text, 60),
            evidence.post_name(PostKey.of(first)),
            first.post,
            ", ".join(dict.fromkeys(evidence.names.account(of.account) for of in own)),
            first.due,
        )
        for own in found
        for first in own[:1]
    )
    notes = () if rows else ("Nothing is waiting for a person.",)
    return Table("attention", "Needs attention", _ATTENTION_COLUMNS, rows, notes)
