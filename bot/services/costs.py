"""Forecast the costs of this month and the next."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.clock import Clock, utc_month
from bot.engagement.reading import forecast_month
from bot.model import Content, Delivery, State
from bot.planning.diff import planned_deliveries
from bot.platforms import load_platform
from bot.services.plan import check_or_raise
from bot.services.views_plan import BilledItem, CostView, MonthCost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.checking import CheckResult
    from bot.config import Config
    from bot.engagement.reading import Forecast
    from bot.runtime.app import App


def forecast_costs(config: Config, on: datetime | None) -> CostView:
    """Return the costs of each account in this month and the next, by the plan for both.

    Raise UserError with every mistake in the files.
    """
    from bot.runtime.app import create_app

    now = on or Clock().now()
    this_month = utc_month(now)
    next_month = utc_month(this_month[1])
    until_then = replace(config, horizon=next_month[1] - now)
    checked = check_or_raise(until_then, now)
    with create_app(until_then, os.environ, missing_ok=True, on=on) as app:
        forecasts = [*_forecasts(app, checked, (this_month, next_month), now)]
    platforms = sorted({account.platform for account in config.accounts.values()})
    return CostView(
        prices_since={name: f"{load_platform(name).priced_since(now)}" for name in platforms},
        months=tuple(_month_cost(forecast) for forecast in forecasts),
    )


def _forecasts(
    app: App, checked: CheckResult, months: tuple[tuple[datetime, datetime], ...], now: datetime
) -> Iterator[Forecast]:
    accounts = app.config.accounts
    live = app.queue.in_states((State.SCHEDULED, State.SENDING, State.UNKNOWN))
    upcoming: dict[str, list[tuple[datetime, Content]]] = {name: [] for name in accounts}
    for item, state in planned_deliveries(app.queue_sync.plan(checked).actions, live):
        if state not in {State.MISSED, State.CANCELLED}:
            done = item.next_part if isinstance(item, Delivery) else 0
            left = Content(item.content.parts[done:])
            upcoming.setdefault(item.account, []).append((item.due, left))
    publications = app.metrics.publications()
    for month in months:
        for name, account in accounts.items():
            out = [
                publication.published
                for publication in publications
                if publication.account == name and publication.next_read
            ]
            spent = app.ledger.spent(name, *month)
            platform = load_platform(account.platform)
            yield forecast_month(account, platform, month, now, upcoming[name], out, spent)


def _month_cost(forecast: Forecast) -> MonthCost:
    return MonthCost(
        month=f"{forecast.since:%Y-%m}",
        account=forecast.account,
        budget=forecast.budget,
        spent=forecast.spent,
        posts=forecast.posts,
        items=tuple(BilledItem(item, *cost) for item, cost in forecast.items.items()),
        posting=forecast.posting_cost,
        reading=forecast.reading_cost,
        total=forecast.total,
        notes=tuple(forecast.notes),
    )
