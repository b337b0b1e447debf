"""``groundswell plan --cost``: what this month and the next will cost, against the budgets."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot import planning
from bot.cli import output
from bot.cli.plan import instant, planned
from bot.model import Content, State
from bot.reports.listed import BOUGHT
from bot.vanishing import kept_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.app import App
    from bot.config import Config
    from bot.engagement.forecast import Coming, Outlook
    from bot.planning import Action

_NAMES = {**BOUGHT, "reads": "reads of counters"}
"""What items are called for a person."""

ASSUMED = (
    "Reads are foreseen for posts that level off within a week, as many do; a thread is billed part"
    " by part."
)


def show(config: Config, on: datetime | None, *, as_json: bool) -> None:
    """Print the forecast. Raises UserError with every mistake in the files."""
    from bot.engagement.budget import month
    from bot.platforms import kind

    now = instant(on)
    this = month(now)
    following = month(this[1])
    found = planned(replace(config, horizon=following[1] - now), on)
    held = kept_back(found.actions, found.held) if found.held else found.actions
    looks = list(_looks(config, on, held, now, (this, following)))
    platforms = sorted({account.platform for account in config.accounts.values()})
    dates = {name: f"{kind(name).priced_since(now)}" for name in platforms}
    told = {"prices_since": dates, "months": [_told(one) for one in looks]}
    output.emit(told, lambda: _lines(looks, dates), as_json=as_json)


def _looks(
    config: Config,
    on: datetime | None,
    actions: Sequence[Action],
    now: datetime,
    months: Sequence[tuple[datetime, datetime]],
) -> Iterator[Outlook]:
    from bot.app import opened
    from bot.engagement.forecast import outlook
    from bot.platforms import kind

    queued = not on and config.has_database
    with opened(config, os.environ) if queued else nullcontext() as app:
        coming = dict(_coming(config, actions, app))
        out = _out(config, app)
        for span in months:
            for name, account in config.accounts.items():
                spent = app.ledger.spent(name, *span) if app else Decimal(0)
                module = kind(account.platform)
                yield outlook(account, module, span, now, coming[name], out[name], spent)


def _coming(
    config: Config,
    actions: Sequence[Action],
    app: App | None,
) -> Iterator[tuple[str, list[Coming]]]:
    """Yield for each account what will go out: what is queued, as the plan will have changed it."""
    from bot.engagement.forecast import Coming

    changed = {_key(one) for one in actions if not isinstance(one, planning.Frozen)}
    kept = [one for one in _queued(app) if one.key not in changed]
    added = planning.coming(actions)
    for name in config.accounts:
        new = [Coming(one.due, one.content) for one in added if one.account == name]
        old = [
            Coming(one.due, Content(one.content.parts[one.next_part :]))
            for one in kept
            if one.account == name
        ]
        yield name, [*old, *new]


def _key(action: Action) -> str:
    if isinstance(action, planning.Cancel | planning.Frozen):
        return action.delivery.key
    return action.occurrence.key


def _queued(app: App | None) -> Iterable[Any]:
    live = (State.SCHEDULED, State.SENDING, State.UNKNOWN)
    return app.queue.in_states(live) if app else ()


def _out(config: Config, app: App | None) -> dict[str, list[datetime]]:
    """Give for each account when those were published that are still being read."""
    found = app.metrics.publications() if app else []
    return {
        name: [one.published for one in found if one.account == name and one.next_read]
        for name in config.accounts
    }


def _told(one: Outlook) -> dict[str, Any]:
    return {
        "month": f"{one.since:%Y-%m}",
        "account": one.account,
        "budget": one.budget,
        "spent": one.spent,
        "posts": one.posts,
        "items": [
            {"item": item.item, "quantity": item.quantity, "dollars": item.dollars}
            for item in one.items
        ],
        "posting": one.posting,
        "reading": one.reading,
        "total": one.total,
        "notes": one.notes,
    }


def _lines(looks: Sequence[Outlook], dates: dict[str, str]) -> list[str]:
    rows = [cells for one in looks for cells in _rows(one)]
    columns = ["Month", "Account", "What", "How many", "Dollars"]
    priced = ", ".join(f"{name} since {day}" for name, day in dates.items())
    return [
        *output.table_lines(columns, rows, right=["How many", "Dollars"]),
        "",
        *(f"{one.since:%Y-%m} {one.account}: {note}." for one in looks for note in one.notes),
        f"Prices: {priced}. {ASSUMED}",
    ]


def _rows(one: Outlook) -> Iterator[tuple[str, ...]]:
    month = f"{one.since:%Y-%m}"
    if one.spent:
        yield month, one.account, "spent so far", "", f"{one.spent:.3f}"
    for item in one.items:
        name = _NAMES.get(item.item, item.item)
        yield month, one.account, name, str(item.quantity), f"{item.dollars:.3f}"
    against = "" if one.budget is None else f" (budget {one.budget:.2f})"
    yield month, one.account, f"in all{against}", "", f"{one.total:.3f}"
