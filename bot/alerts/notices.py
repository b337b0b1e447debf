"""Which happenings deserve an alert, and what it says. Pure.

``key`` names the happening: what has the same key is told once. No alert repeats what a post says,
which may be under embargo; it names the post.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.alerts.wanted import Kind
    from bot.model import Delivery, Pause

LOST = (State.REJECTED, State.MISSED, State.EXPIRED)
"""How a delivery ends that should have gone out, and did not."""

MOST_LINES = 20
"""So many things one message names; of the rest it gives the number."""

_LONGEST = 400  # characters of one thing: a platform's words can be long


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell."""

    key: str
    kind: Kind
    text: str


class Budget(Protocol):
    """How an account stands against its budget of a month, as ``bot.engagement.budget`` has it.

    ``mark`` is the percent that are reached of those that a team is told of, or 0.
    """

    @property
    def account(self) -> str:
        """Whose it is."""
        ...

    @property
    def since(self) -> datetime:
        """The month's first instant."""
        ...

    @property
    def mark(self) -> int:
        """80, 100 or 0."""
        ...


def lost(delivery: Delivery) -> Notice:
    """Tell that a post did not go out."""
    # Another time, or another try, is another failure.
    key = f"{delivery.state}:{delivery.key}:{delivery.due.isoformat()}:{delivery.fence}"
    return Notice(key, "failed", f"Did not go out: {_named(delivery)}")


def asks(delivery: Delivery) -> Notice:
    """Tell that a person must say what became of a post."""
    key = f"{delivery.state}:{delivery.key}:{delivery.fence}"
    return Notice(key, "person", f"Needs a person (groundswell inbox): {_named(delivery)}")


def vanished(keys: Iterable[str], scheduled: int) -> Notice:
    """Tell that much has left the campaign files at once, and is held back."""
    names = sorted(keys)
    words = (
        f"Needs a person: {len(names)} of {scheduled} posts left the campaign files at once, and "
        "stay queued. Put them back, or let them go: groundswell plan --force"
    )
    return Notice(f"vanished:{_digest(names)}", "person", words)


def paused(pauses: Iterable[Pause]) -> list[Notice]:
    """Tell of what Groundswell stopped by itself; what a person stopped, they know."""
    return [
        Notice(
            f"pause:{one.id}",
            "paused",
            f"Stopped by itself: {_scope(one)}. {one.why}. When it is mended: groundswell resume",
        )
        for one in pauses
        if one.by_itself
    ]


def broken(problems: Sequence[str]) -> list[Notice]:
    """Tell that the campaign files have mistakes, of which the first is given."""
    if not problems:
        return []
    many = f"{len(problems)} mistakes" if len(problems) > 1 else "a mistake"
    words = (
        f"The campaign files have {many}; the last good plan stays in force. See groundswell "
        f"check. First: {problems[0]}"
    )
    return [Notice(f"files:{_digest(problems)}", "files", words)]


def budgets(found: Iterable[Budget]) -> list[Notice]:
    """Tell of budgets that are nearly or wholly spent: of each, the higher mark only."""
    return [
        Notice(
            f"budget:{one.account}:{one.since:%Y-%m}:{one.mark}",
            "budget",
            f"Budget of {one.account}: {one.mark} % are spent, {one}",
        )
        for one in found
        if one.mark
    ]


def message(texts: Sequence[str]) -> tuple[str, str]:
    """Put things into one message: its title, and a body with a line for each."""
    shown = [f"- {_short(text)}" for text in texts[:MOST_LINES]]
    if more := len(texts) - len(shown):
        shown.append(f"- and {more} more: see groundswell inbox, groundswell log")
    title = "Groundswell" if len(texts) == 1 else f"Groundswell: {len(texts)} things"
    return title, "\n".join(shown)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _named(delivery: Delivery) -> str:
    why = f", {delivery.reason}" if delivery.reason else ""
    return f"{delivery.key}, due {local(delivery.due, delivery.timezone)}: {delivery.state}{why}"


def local(instant: datetime, timezone: str) -> str:
    """Write an instant with its weekday as a place's clock shows it."""
    return f"{instant.astimezone(ZoneInfo(timezone)):%a %Y-%m-%d %H:%M %Z}"


def _scope(pause: Pause) -> str:
    return "everything" if pause.scope == "all" else f"{pause.scope} {pause.name}"


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]
