"""``groundswell plan --cost``: what this month and the next will cost, against the budgets."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.cli import output
from bot.clock import SystemClock
from bot.model import Content, State
from bot.planning import diff
from bot.planning.diff import without_mass_cancel
from bot.reports.lists import ITEM_NAMES
from bot.services.plan import action_subject, check_or_raise, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.config import Config
    from bot.engagement.forecast import Forecast, UpcomingPost
    from bot.planning.diff import Action
    from bot.runtime.app import App

_ITEM_NAMES = {**ITEM_NAMES, "reads": "reads of counters"}

ASSUMPTIONS = (
    "Reads are forecast for posts whose counters level off within a week, as many do; a thread is"
    " billed part by part."
)


def show_costs(config: Config, on: datetime | None, *, as_json: bool) -> None:
    """Print the forecast. Raises UserError with every mistake in the files."""
    from bot.engagement.budget import utc_month
    from bot.platforms import load_platform

    now = on or SystemClock().now()
    this_month = utc_month(now)
    next_month = utc_month(this_month[1])
    until_then = replace(config, horizon=next_month[1] - now)
    plan = make_plan(until_then, check_or_raise(until_then, on), on)
    held_back = plan.held_back
    actions = without_mass_cancel(plan.actions, held_back) if held_back else plan.actions
    forecasts = list(_forecasts(config, on, actions, now, (this_month, next_month)))
    platforms = sorted({account.platform for account in config.accounts.values()})
    dates = {name: f"{load_platform(name).priced_since(now)}" for name in platforms}
    value = {"prices_since": dates, "months": list(map(_describe, forecasts))}
    output.emit(value, lambda: _lines(forecasts, dates), as_json=as_json)


def _forecasts(
    config: Config,
    on: datetime | None,
    actions: Sequence[Action],
    now: datetime,
    months: Sequence[tuple[datetime, datetime]],
) -> Iterator[Forecast]:
    from bot.engagement.forecast import forecast_month
    from bot.platforms import load_platform
    from bot.runtime.app import create_app

    queued = not on and config.has_database
    with create_app(config, os.environ) if queued else nullcontext() as app:
        upcoming = dict(_upcoming_posts(config, actions, app))
        published = _publication_times(config, app)
        for month in months:
            for name, account in config.accounts.items():
                spent = app.ledger.spent(name, *month) if app else Decimal(0)
                platform = load_platform(account.platform)
                yield forecast_month(
                    account, platform, month, now, upcoming[name], published[name], spent
                )


def _upcoming_posts(
    config: Config, actions: Sequence[Action], app: App | None
) -> Iterator[tuple[str, list[UpcomingPost]]]:
    """Yield for each account what will be published: the queue after the plan's actions."""
    from bot.engagement.forecast import UpcomingPost

    live = (State.SCHEDULED, State.SENDING, State.UNKNOWN)
    changed = {action_subject(act).key for act in actions if not isinstance(act, diff.TooLate)}
    deliveries = app.queue.in_states(live) if app else ()
    kept = [delivery for delivery in deliveries if delivery.key not in changed]
    added = diff.queued_after(actions)
    for name in config.accounts:
        yield (
            name,
            [
                *(
                    UpcomingPost(item.due, Content(item.content.parts[item.next_part :]))
                    for item in kept
                    if item.account == name
                ),
                *(UpcomingPost(item.due, item.content) for item in added if item.account == name),
            ],
        )


def _publication_times(config: Config, app: App | None) -> dict[str, list[datetime]]:
    """Return for each account when those posts were published that are still being read."""
    publications = app.metrics.publications() if app else []
    return {
        name: [item.published for item in publications if item.account == name and item.next_read]
        for name in config.accounts
    }


def _describe(forecast: Forecast) -> dict[str, Any]:
    return {
        "month": f"{forecast.since:%Y-%m}",
        "account": forecast.account,
        "budget": forecast.budget,
        "spent": forecast.spent,
        "posts": forecast.posts,
        "items": [
            {"item": item.item, "quantity": item.quantity, "dollars": item.dollars}
            for item in forecast.items
        ],
        "posting": forecast.posting_cost,
        "reading": forecast.reading_cost,
        "total": forecast.total,
        "notes": forecast.notes,
    }


def _lines(forecasts: Sequence[Forecast], dates: dict[str, str]) -> list[str]:
    rows = [row for forecast in forecasts for row in _rows(forecast)]
    columns = ["Month", "Account", "What", "How many", "Dollars"]
    priced = ", ".join(f"{name} since {day}" for name, day in dates.items())
    return [
        *output.table_lines(columns, rows, right=["How many", "Dollars"]),
        "",
        *(
            f"{forecast.since:%Y-%m} {forecast.account}: {note}."
            for forecast in forecasts
            for note in forecast.notes
        ),
        f"Prices: {priced}. {ASSUMPTIONS}",
    ]


def _rows(forecast: Forecast) -> Iterator[tuple[str, ...]]:
    head = (f"{forecast.since:%Y-%m}", forecast.account)
    if forecast.spent:
        yield *head, "spent so far", "", f"{forecast.spent:.3f}"
    for item in forecast.items:
        name = _ITEM_NAMES.get(item.item, item.item)
        yield *head, name, str(item.quantity), f"{item.dollars:.3f}"
    budget = "" if forecast.budget is None else f" (budget {forecast.budget:.2f})"
    yield *head, f"in all{budget}", "", f"{forecast.total:.3f}"
