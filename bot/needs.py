"""What needs a person, found in one place: ``status`` counts it, ``inbox`` shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.checking import Files
from bot.model import State
from bot.showing import LOCAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.app import App
    from bot.model import Delivery

_LOST = (State.MISSED, State.EXPIRED, State.REJECTED)
_WEEK = timedelta(days=7)

LARGE = 500_000
"""Campaign files of more bytes in all are not checked: a look must not take long."""


@dataclass(frozen=True, slots=True)
class Needs:
    """How much there is of each; all empty where nothing needs a person.

    ``stopped`` are the scopes that Groundswell paused by itself: what a person paused, they know.
    ``mistakes`` keep the campaign files from being followed; None where they were not checked.
    """

    inbox: int
    approvals: int
    first_approval: str | None
    left_files: int
    stale_facts: int
    lost: int
    stopped: tuple[str, ...]
    mistakes: tuple[str, ...] | None


def needs(app: App) -> Needs:
    """Return what needs a person now; nothing is changed, no platform is asked."""
    now = app.clock.now()
    waiting = app.approvals.waiting(now)
    held = app.mass_cancels.held_back()
    return Needs(
        inbox=app.queue.counts().get(State.NEEDS_HUMAN, 0),
        approvals=len(waiting),
        first_approval=_due(waiting[0].next) if waiting else None,
        left_files=len(held.keys) if held else 0,
        stale_facts=app.queue.stale(now),
        lost=len(lost(app)),
        stopped=tuple(
            f"{pause.scope} {pause.name}".strip() for pause in app.queue.pauses() if pause.by_itself
        ),
        mistakes=_mistakes(app),
    )


def lost(app: App) -> Sequence[Delivery]:
    """Return what did not go out in the past week, and will not."""
    return app.queue.in_states(_LOST, since=app.clock.now() - _WEEK)


def _mistakes(app: App) -> tuple[str, ...] | None:
    if _size(app.config.campaigns) > LARGE:
        return None
    checked = Files(app.config).look(app.clock.now())
    return tuple(map(str, checked.problems))


def _size(folder: Path) -> int:
    files = (path for pattern in ("*.yaml", "*.yml") for path in folder.rglob(pattern))
    return sum(path.lstat().st_size for path in files)


def _due(delivery: Delivery) -> str:
    return f"{delivery.due.astimezone(ZoneInfo(delivery.timezone)):{LOCAL} %Z}"
