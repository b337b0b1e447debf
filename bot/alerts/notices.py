"""Which events deserve an alert, and what it says. Pure.

A notice's ``key`` identifies the event: each is sent once. No alert repeats the text of a post,
which may be under embargo; it names the post.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.model import State
from bot.schedules.local_time import format_local
from bot.text.shorten import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.config.schema import AlertKind
    from bot.model import Delivery, Pause

FAILED_STATES = (State.REJECTED, State.MISSED, State.EXPIRED)
"""The final states of a delivery that should have gone out, and did not."""

MAX_LINES = 20
"""How many notices one message lists; the others are counted."""

_MAX_CHARS = 400  # of one notice: a platform's words can be long


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a team should know."""

    key: str
    kind: AlertKind
    text: str


class BudgetState(Protocol):
    """An account's budget in a month, as ``bot.engagement.budget`` has it.

    Its ``str()`` says what was spent of how much.
    """

    @property
    def account(self) -> str:
        """The account's name."""
        ...

    @property
    def since(self) -> datetime:
        """The month's first instant."""
        ...

    @property
    def threshold(self) -> int:
        """The highest percentage reached of those that are reported: 80, 100 or 0."""
        ...


def post_failed(delivery: Delivery) -> Notice:
    """Return the notice of a post that did not go out."""
    # Another time, or another attempt, is another failure.
    key = f"{delivery.state}:{delivery.key}:{delivery.due.isoformat()}:{delivery.fence}"
    return Notice(key, "failed", f"Did not go out: {_describe(delivery)}")


def needs_human(delivery: Delivery) -> Notice:
    """Return the notice of a post about which a person must decide."""
    key = f"{delivery.state}:{delivery.key}:{delivery.fence}"
    return Notice(key, "person", f"Needs a person (groundswell inbox): {_describe(delivery)}")


def mass_cancelled(keys: Iterable[str], scheduled: int) -> Notice:
    """Return the notice of posts that left the campaign files at once, and are not cancelled."""
    names = sorted(keys)
    words = (
        f"Needs a person: {len(names)} of {scheduled} posts left the campaign files at once, and "
        "stay queued. Put them back, or cancel them: groundswell plan --force"
    )
    return Notice(f"vanished:{_digest(names)}", "person", words)


def own_pauses(pauses: Iterable[Pause]) -> list[Notice]:
    """Return a notice of each pause that Groundswell set by itself; people know their own."""
    found = []
    for pause in pauses:
        if pause.is_automatic:
            scope = "everything" if pause.scope == "all" else f"{pause.scope} {pause.name}"
            words = f"Stopped by itself: {scope}. {pause.why}. Once it is fixed: groundswell resume"
            found.append(Notice(f"pause:{pause.id}", "paused", words))
    return found


def file_errors(problems: Sequence[str]) -> list[Notice]:
    """Return the notice of mistakes in the campaign files, with the first one, if there are any."""
    if not problems:
        return []
    count = f"{len(problems)} mistakes" if len(problems) > 1 else "a mistake"
    words = (
        f"The campaign files have {count}; the last good plan stays in force. See groundswell "
        f"check. First: {problems[0]}"
    )
    return [Notice(f"files:{_digest(problems)}", "files", words)]


def budget_thresholds(budgets: Iterable[BudgetState]) -> list[Notice]:
    """Return a notice of each budget that is nearly or wholly spent."""
    return [
        Notice(
            f"budget:{budget.account}:{budget.since:%Y-%m}:{budget.threshold}",
            "budget",
            f"Budget of {budget.account}: {budget.threshold} % are spent, {budget}",
        )
        for budget in budgets
        if budget.threshold
    ]


def compose_message(texts: Sequence[str]) -> tuple[str, str]:
    """Return one message for several notices: its title, and a body with a line for each."""
    shown = [f"- {truncate_line(text, _MAX_CHARS)}" for text in texts[:MAX_LINES]]
    if more := len(texts) - len(shown):
        shown.append(f"- and {more} more: see groundswell inbox, groundswell log")
    title = "Groundswell" if len(texts) == 1 else f"Groundswell: {len(texts)} things"
    return title, "\n".join(shown)


def _describe(delivery: Delivery) -> str:
    why = f", {delivery.reason}" if delivery.reason else ""
    due = format_local(delivery.due, delivery.timezone)
    return f"{delivery.key}, due {due}: {delivery.state}{why}"


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]
