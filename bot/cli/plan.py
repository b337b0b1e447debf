"""``groundswell plan``: what ``run`` would do to the queue, and what that will cost."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import output
from bot.cli.main import (
    ActorOption,
    ConfigPath,
    Json,
    actor_name,
    command_group,
    day_option,
    load_config,
)
from bot.cli.output import with_config
from bot.clock import SystemClock
from bot.model import Content, State
from bot.planning import diff
from bot.planning.diff import without_mass_cancel
from bot.planning.unplanned import posts_beyond_horizon
from bot.reports.lists import ITEM_NAMES
from bot.services.describe import format_due
from bot.services.plan import (
    action_subject,
    check_or_raise,
    make_plan,
    missing_approval,
    read_approvers,
)
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.config import Config
    from bot.engagement.forecast import Forecast, UpcomingPost
    from bot.planning.diff import Action, MassCancel
    from bot.planning.slots import GivenApprovals
    from bot.planning.unplanned import LaterPost
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


app = command_group()

MAX_LISTED = 10
"""Posts beyond the horizon that are listed one by one."""

VERBS = {
    diff.Add: "queue",
    diff.Revive: "queue again",
    diff.Change: "change",
    diff.Cancel: "cancel",
    diff.AddMissed: "too late",
    diff.TooLate: "leave",
}
"""The word for each action, in the order of the summary."""

_FIELD_NAMES = {
    "due": "time",
    "content": "words or media",
    "files": "place of the media files",
    "stale_from": "when a fact is due for review",
    "kind": "kind of its time",
    "frequency": "how often it comes",
    "approvals": "how many must approve it",
}

OnOption = Annotated[
    datetime | None,
    day_option("Plan as on that day (UTC), as if nothing had been queued yet.", "--on"),
]
ForceOption = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Cancel posts held because many disappeared from the files at once.",
    ),
]
CostOption = Annotated[
    bool,
    typer.Option("--cost", help="Show what this month and the next will cost instead."),
]


@app.command()
def plan(
    *,
    on: OnOption = None,
    force: ForceOption = False,
    cost: CostOption = False,
    who: ActorOption = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Show what would be queued, changed and cancelled, with local times and prices.

    Nothing is done: `groundswell run` does it.
    """
    if on and force:
        raise typer.BadParameter("--on changes nothing: use either --on or --force")
    if cost and force:
        raise typer.BadParameter("--cost changes nothing: use either --cost or --force")
    settings = load_config(config)
    if cost:
        show_costs(settings, on, as_json=as_json)
        return
    checked = check_or_raise(settings, on)
    planned = make_plan(settings, checked, on, forced_by=actor_name(who) if force else None)
    given = read_approvers(settings, planned.actions, on)
    held_back = planned.held_back
    rows = [
        describe_action(action, None if force else held_back, given) for action in planned.actions
    ]
    output.emit(
        rows,
        lambda: [*_table_lines(rows, settings), *_held_back_lines(held_back, forced=force)],
        as_json=as_json,
    )
    for problem in (*planned.unplaced, *planned.never_queued):
        output.error_line(f"warning: {problem}")
    later = posts_beyond_horizon(checked.campaigns, on or SystemClock().now(), settings.horizon)
    for line in later_lines(later, "queued yet"):
        output.error_line(line)


def describe_action(
    action: Action, held_back: MassCancel | None, given: GivenApprovals
) -> dict[str, Any]:
    """Return an action as plain values; ``dollars`` is what publishing it costs."""
    from bot.engagement.budget import publishing_cost
    from bot.platforms import load_platform

    subject = action_subject(action)
    notes = [_action_note(action)]
    if held_back and subject.key in held_back.keys:
        notes = ["held back"]
    elif isinstance(action, diff.Add | diff.Revive | diff.Change):  # what will be sent
        notes.append(missing_approval(action.occurrence, given) or "")
    return {
        "action": VERBS[type(action)],
        "key": subject.key,
        "campaign": subject.campaign,
        "demand": subject.demand,
        "account": subject.account,
        "wording": subject.wording,
        "due": subject.due,
        "local": format_due(subject),
        "text": subject.content.text,
        "dollars": publishing_cost(load_platform(subject.platform), subject.content, subject.due),
        "note": "; ".join(filter(None, notes)),
    }


def _action_note(action: Action) -> str:
    match action:
        case diff.Cancel(_, why) | diff.TooLate(_, why):
            return why
        case diff.AddMissed():
            return "its time has passed: listed as missed, not sent"
        case diff.Change(delivery, _, fields):
            names = ", ".join(_FIELD_NAMES.get(name, name) for name in fields)
            return f"{names} (was {format_due(delivery)})" if "due" in fields else names
        case diff.Revive(delivery):
            return f"was {delivery.state.value}"
        case _:
            return ""


def later_lines(later: Sequence[LaterPost], not_done: str) -> list[str]:
    """Return what is due beyond the horizon, the first posts by name; empty if there is nothing."""
    if not later:
        return []
    days = (later[0].due - later[0].queued_from).days
    verb = "they are" if len(later) > 1 else "it is"
    lines = [f"Not {not_done}, as {verb} due beyond the horizon of {days} days:"]
    lines += [f"  {post}" for post in later[:MAX_LISTED]]
    if (more := len(later) - MAX_LISTED) > 0:
        lines.append(f"  and {more} more, the last on {later[-1].local:%Y-%m-%d}")
    return lines


def _held_back_lines(held_back: MassCancel | None, *, forced: bool) -> list[str]:
    if held_back is None:
        return ["", "Nothing is held back."] if forced else []
    if forced:
        count = len(held_back.keys)
        return ["", f"{count} posts that disappeared from the files: run cancels them."]
    hint = with_config("Put them back, or cancel them: groundswell plan --force")
    return ["", f"{held_back}.", hint]


def _table_lines(rows: Sequence[dict[str, Any]], config: Config) -> list[str]:
    if not rows:
        days = config.horizon.days
        return [f"Nothing to do: the queue matches the files for the next {days} days."]
    extra = [name for name in ("wording", "note") if any(row[name] for row in rows)]
    columns = ["", "When", "Account", "Post", "Price", *map(str.title, extra)]
    cells = [
        (
            row["action"],
            row["local"],
            row["account"],
            truncate_line(row["text"], output.TEXT_WIDTH),
            f"${row['dollars']}",
            *(with_config(row[name]) for name in extra),
        )
        for row in rows
    ]
    return [*output.table_lines(columns, cells, right=["Price"]), "", _summary(rows)]


def _summary(rows: Sequence[dict[str, Any]]) -> str:
    counts = {verb: sum(row["action"] == verb for row in rows) for verb in VERBS.values()}
    summary = ", ".join(f"{count} to {verb}" for verb, count in counts.items() if count)
    summary = summary.replace("to too late", "too late")
    new = [row["dollars"] for row in rows if row["action"].startswith("queue")]
    cost = f" Publishing what is new costs ${sum(new, Decimal(0))}." if new else ""
    return with_config(f"{summary}.{cost} Nothing was done: groundswell run does it.")
