"""Whether all is well, in one look: the loop, what is paused, what is next, what needs a person."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.model import State
from bot.needs import needs
from bot.showing import LOCAL, Showing
from bot.store import rests
from bot.store.holder import workers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.app import App
    from bot.store.holder import Worker

NEXT = 5
"""So many of the posts that are due next are named."""


def status(app: App) -> dict[str, Any]:
    """Return it as plain values; nothing is changed, no platform is asked."""
    found = workers(app.database)
    return {
        "config": str(app.config.path),
        "database": app.config.database_name,
        "has_run": bool(found),
        "workers": _working(found),
        "pauses": _pauses(app),
        "rests": _rests(app),
        "scheduled": app.queue.counts().get(State.SCHEDULED, 0),
        "next": _next(app),
        "needs_person": needs(app),
        "budgets": [
            {**asdict(standing), "mark": standing.mark, "words": str(standing)}
            for standing in app.budgets.standings()
        ],
    }


def _working(found: Iterable[Worker]) -> list[dict[str, Any]]:
    """Return the workers that have not stopped in good order: alive, killed or stale."""
    return [{**asdict(worker), "state": worker.state} for worker in found if not worker.stopped]


def _pauses(app: App) -> list[dict[str, Any]]:
    return [
        {"what": str(pause), "scope": pause.scope, "name": pause.name, "why": pause.why}
        | {"who": pause.who, "since": pause.since, "by_itself": pause.by_itself}
        for pause in app.queue.pauses()
    ]


def _rests(app: App) -> list[dict[str, Any]]:
    """Return the accounts that the platform told to wait, and until when."""
    now = app.clock.now()
    with app.database.reading() as connection:
        found = rests.of(connection, [*app.config.accounts])
    return [
        {
            "account": account.name,
            "until": rest.until,
            "local": _local(rest.until, account.timezone),
        }
        | {"why": rest.why}
        for account in app.config.accounts.values()
        if (rest := found.get(account.name)) and now < rest.until
    ]


def _next(app: App) -> list[dict[str, Any]]:
    showing = Showing(app)
    return [
        {"number": delivery.id, "key": delivery.key, "account": delivery.account}
        | {"due": delivery.due, "local": _local(delivery.due, delivery.timezone)}
        | {"text": delivery.content.text, "why": showing.why(delivery)}
        for delivery in app.queue.in_states([State.SCHEDULED], limit=NEXT)
    ]


def _local(instant: Any, timezone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(timezone)):{LOCAL} %Z}"
