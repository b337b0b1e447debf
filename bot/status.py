"""Whether all is well, in one look: the loop, what is paused, what is next, what needs a person."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.checking import Files
from bot.model import State
from bot.showing import LOCAL, Showing
from bot.store.audit import GROUNDSWELL
from bot.store.holder import workers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from bot.app import App
    from bot.model import Delivery
    from bot.store.holder import Worker

NEXT = 5
"""So many of the posts that are due next are named."""

LOST = (State.MISSED, State.EXPIRED, State.REJECTED)
WEEK = timedelta(days=7)

LARGE = 500_000
"""Campaign files of more bytes in all are not checked: a look must not take long."""


def status(app: App) -> dict[str, Any]:
    """Return it as plain values; nothing is changed, no platform is asked."""
    found = workers(app.database)
    return {
        "config": str(app.config.path),
        "database": app.config.database_name,
        "has_run": bool(found),
        "workers": _working(found, app.clock.now()),
        "pauses": _pauses(app),
        "rests": _rests(app),
        "scheduled": app.queue.counts().get(State.SCHEDULED, 0),
        "next": _next(app),
        "needs_person": _needs_person(app),
        "budgets": [
            {**asdict(standing), "mark": standing.mark, "words": str(standing)}
            for standing in app.budgets.standings()
        ],
    }


def _working(found: Iterable[Worker], now: datetime) -> list[dict[str, Any]]:
    """Return the workers that have not stopped in good order: alive or stale."""
    return [
        {**asdict(worker), "state": worker.state(now)} for worker in found if not worker.stopped
    ]


def _pauses(app: App) -> list[dict[str, Any]]:
    return [
        {"what": str(pause), "scope": pause.scope, "name": pause.name, "why": pause.why}
        | {"who": pause.who, "since": pause.since, "by_itself": pause.who == GROUNDSWELL}
        for pause in app.queue.pauses()
    ]


def _rests(app: App) -> list[dict[str, Any]]:
    """Return the accounts that the platform told to wait, and until when."""
    now = app.clock.now()
    return [
        {
            "account": account.name,
            "until": rest.until,
            "local": _local(rest.until, account.timezone),
        }
        | {"why": rest.why}
        for account in app.config.accounts.values()
        if (rest := app.guards.rest(account.name)) and now < rest.until
    ]


def _next(app: App) -> list[dict[str, Any]]:
    showing = Showing(app)
    return [
        {"number": delivery.id, "key": delivery.key, "account": delivery.account}
        | {"due": delivery.due, "local": _local(delivery.due, delivery.timezone)}
        | {"text": delivery.content.text, "why": showing.why(delivery)}
        for delivery in app.queue.in_states([State.SCHEDULED], limit=NEXT)
    ]


def _needs_person(app: App) -> dict[str, Any]:
    now = app.clock.now()
    waiting = app.guards.approvals.waiting(now)
    held = app.guards.held_back()
    return {
        "inbox": app.queue.counts().get(State.NEEDS_HUMAN, 0),
        "approvals": len(waiting),
        "first_approval": _due(waiting[0].next) if waiting else None,
        "left_files": len(held.keys) if held else 0,
        "stale_facts": app.queue.stale(now),
        "lost": len(app.queue.in_states(LOST, since=now - WEEK)),
        "mistakes": _mistakes(app),
    }


def _mistakes(app: App) -> list[str] | None:
    """Return what keeps the campaign files from being followed; None where that takes too long."""
    if _size(app.config.campaigns) > LARGE:
        return None
    checked = Files(app.config).anew(app.config, app.clock.now())
    return [str(problem) for problem in checked.problems]


def _size(folder: Path) -> int:
    files = (path for pattern in ("*.yaml", "*.yml") for path in folder.rglob(pattern))
    return sum(path.lstat().st_size for path in files)


def _due(delivery: Delivery) -> str:
    return _local(delivery.due, delivery.timezone)


def _local(instant: Any, timezone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(timezone)):{LOCAL} %Z}"
