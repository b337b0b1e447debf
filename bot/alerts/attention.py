"""What needs a person, a line each with the command that settles it: for reports and the digest.

No line repeats the text of a post that is not out, which may be under embargo: it names the post.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from bot.alerts.notices import FAILED_STATES, mass_cancelled, own_pauses
from bot.model import State
from bot.schedules.local_time import format_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from bot.model import BudgetStatus, Campaign, Delivery
    from bot.store.approvals import Approvals
    from bot.store.pauses import MassCancelStore
    from bot.store.queue import Queue

MAX_POSTS = 3
"""At most so many posts of a kind are named; the others are counted."""

REVIEW_AHEAD = timedelta(days=7)
"""A fact that is due for review within this time is named."""


class AttentionSources(Protocol):
    """Where it is known what needs a person."""

    @property
    def queue(self) -> Queue:
        """The queue and the pauses."""
        ...

    @property
    def approvals(self) -> Approvals:
        """The approvals."""
        ...

    @property
    def mass_cancels(self) -> MassCancelStore:
        """The posts that left the files all at once."""
        ...


def attention_lines(
    sources: AttentionSources,
    budgets: Iterable[BudgetStatus],
    campaigns: Iterable[Campaign],
    since: datetime,
    now: datetime,
    campaign: str | None = None,
) -> list[str]:
    """Return what needs a person now, and which posts did not go out since an instant.

    With ``campaign``, only its posts count; pauses, budgets and approvals concern all.
    """
    queue = sources.queue

    def posts(what: str, deliveries: Iterable[Delivery], command: str) -> Iterator[str]:
        own = [delivery for delivery in deliveries if campaign in {None, delivery.campaign}]
        return _posts(what, own, command)

    inbox = "groundswell inbox"
    lines = [*posts("Needs a decision", queue.in_states([State.NEEDS_HUMAN]), inbox)]
    lines += posts("Outcome unknown, looked for", queue.in_states([State.UNKNOWN]), inbox)
    lines += [notice.text for notice in own_pauses(queue.pauses())]
    if held_back := sources.mass_cancels.held_back():
        lines.append(mass_cancelled(held_back.keys, held_back.scheduled).text)
    if waiting := sources.approvals.waiting(now):
        first = waiting[0].next
        due = format_local(first.due, first.timezone)
        texts = _count(len(waiting), "text waits", "texts wait")
        lines.append(f"{texts} for approval, the first is due {due}: groundswell review")
    lines += _facts(campaigns, queue.count_stale(now), now)
    lines += [
        f"Budget of {budget.account}: spent {budget}. Raise it in config.yaml, or reading waits "
        "until next month: groundswell plan --cost"
        for budget in budgets
        if budget.threshold
    ]
    failed = queue.in_states(FAILED_STATES, since=since)
    lines += posts("Did not go out", failed, "groundswell queue list --all")
    return lines


def _posts(what: str, deliveries: Sequence[Delivery], command: str) -> Iterator[str]:
    for delivery in deliveries[:MAX_POSTS]:
        why = f", {delivery.reason}" if delivery.reason else ""
        due = format_local(delivery.due, delivery.timezone)
        yield f"{what}: {delivery.key}, due {due}{why}: {command}"
    if (more := len(deliveries) - MAX_POSTS) > 0:
        yield f"{what}: {more} more: {command}"


def _facts(campaigns: Iterable[Campaign], held: int, now: datetime) -> Iterator[str]:
    soon: list[tuple[date, str]] = sorted(
        (fact.review_by, f"{campaign.id}/{fact.id}")
        for campaign in campaigns
        for fact in campaign.facts.values()
        if fact.review_by and fact.review_by <= (now + REVIEW_AHEAD).date()
    )
    for day, name in soon[:MAX_POSTS]:
        yield f"The fact {name} is to be reviewed by {day}: groundswell check"
    if held:
        posts = _count(held, "post is", "posts are")
        yield f"{posts} held back by a fact whose review is overdue: groundswell queue list"


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
