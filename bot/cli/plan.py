"""``groundswell plan``: what ``run`` would do to the queue, and what that will cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.cli.output import with_config
from bot.clock import Clock
from bot.planning import diff
from bot.planning.approval import missing_approval
from bot.planning.left_files import MASS_CANCEL_HINT, left_files_reason
from bot.planning.unplanned import posts_beyond_horizon
from bot.platforms import load_platform
from bot.schedules.local_time import format_local
from bot.services.plan import (
    check_or_raise,
    forecast_costs,
    permit_cancelling,
)
from bot.services.queue import format_due
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.config import Config
    from bot.engagement.reading import Forecast
    from bot.planning.approval import GivenApprovals
    from bot.planning.diff import Action
    from bot.planning.unplanned import LaterPost
    from bot.services.plan import Prospects


MAX_LISTED = 10
"""Posts beyond the horizon that are listed one by one."""

MAX_SLOTS_LISTED = 3
"""Slots that new posts take and that are listed one by one."""

VERBS = {
    diff.Add: "queue",
    diff.Revive: "queue again",
    diff.Change: "change",
    diff.Cancel: "cancel",
    diff.Hold: "wait",
    diff.Release: "go on",
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
    "left_files": "back in the files",
}

OnOption = Annotated[
    datetime | None,
    options.day("Plan as on that day (UTC), as if nothing had been queued yet.", "--on"),
]
ForceOption = Annotated[
    bool,
    typer.Option("--force", help="Cancel the posts that wait because they left the files."),
]
CostOption = Annotated[
    bool, typer.Option("--cost", help="Show what this month and the next will cost instead.")
]


def plan(
    *,
    on: OnOption = None,
    force: ForceOption = False,
    cost: CostOption = False,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show what would be queued, changed and cancelled, with local times and prices.

    Nothing is done: `groundswell run` does it.
    """
    if force and (on or cost):
        raise typer.BadParameter("--on and --cost change nothing: use --force without them")
    settings = load_config(config)
    if cost:
        _show_costs(settings, on, as_json=as_json)
        return
    now = on or Clock().now()
    checked = check_or_raise(settings, now)
    with open_app(settings, missing_ok=True, on=on) as opened_app:
        planned = opened_app.queue_sync.plan(checked)
        held_back, given = planned.held_back, opened_app.approvals.approvers()
        if held_back and force:
            planned = permit_cancelling(opened_app, planned, who)
    rows = [describe_action(action, given, now) for action in planned.actions]
    end: list[str] = []
    permitted = held_back.posts if held_back and force else 0
    if held_back and not force:
        end = ["", f"{held_back}.", with_config(MASS_CANCEL_HINT)]
    elif force and not permitted:
        end = ["", "Nothing is held back."]
    output.emit(rows, lambda: [*_table_lines(rows, settings, permitted), *end], as_json=as_json)
    # On another day, what is over by then will have gone out.
    for problem in (*planned.unplaced, *(() if on else planned.unsent)):
        output.error_line(f"warning: {problem}")
    cuts = checked.notes if rows else ()
    output.error_line(*(f"note: {note}" for note in cuts))
    later = posts_beyond_horizon(checked.campaigns, now, settings.horizon)
    output.error_line(*later_lines(later, "queued yet"))


def describe_action(action: Action, given: GivenApprovals, now: datetime) -> dict[str, Any]:
    """Return an action as plain values; ``dollars`` is what publishing it costs."""
    from bot.engagement.budget import publishing_cost

    subject = diff.action_subject(action)
    notes = [_action_note(action, now)]
    if isinstance(action, diff.Add | diff.Revive | diff.Change):  # what will be sent
        if subject.embargo and subject.due < subject.embargo:
            notes.append(f"embargo until {format_local(subject.embargo, subject.timezone)}")
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
        "parts": [part.text for part in subject.content.parts],
        "dollars": publishing_cost(load_platform(subject.platform), subject.content, subject.due),
        "note": "; ".join(filter(None, notes)),
    }


def _action_note(action: Action, now: datetime) -> str:
    match action:
        case diff.Cancel(_, why) | diff.TooLate(_, why):
            note = why
        case diff.Hold(delivery):
            note = left_files_reason(delivery)
        case diff.Release():
            note = "it is back in the files"
        case diff.AddMissed():
            note = "its time has passed: listed as missed, not sent"
        case diff.Change(delivery, occurrence, fields):
            names = ", ".join(_FIELD_NAMES.get(name, name) for name in fields)
            if "due" in fields:
                names += f" (was {format_due(delivery)})"
            late = now > occurrence.deadline and not delivery.next_part
            note = f"{names}; its time has passed: not sent" if late else names
        case diff.Revive(delivery):
            note = f"was {delivery.state.value}"
        case _:
            note = ""
    return note


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


def _table_lines(rows: Sequence[dict[str, Any]], config: Config, permitted: int) -> list[str]:
    if not rows:
        days = config.horizon.days
        return [f"Nothing to do: the queue matches the files for the next {days} days."]
    extra = [name for name in ("wording", "note") if any(row[name] for row in rows)]
    threads = ["Parts"] if any(len(row["parts"]) > 1 for row in rows) else []
    columns = ["", "When", "Account", "Post", *threads, "Price", *map(str.title, extra)]
    cells = [
        (
            row["action"],
            row["local"],
            row["account"],
            truncate_line(row["text"], output.TEXT_WIDTH),
            *(str(len(row["parts"])) for _ in threads),
            f"${row['dollars']}",
            *(with_config(row[name]) for name in extra),
        )
        for row in rows
    ]
    counts = {verb: sum(row["action"] == verb for row in rows) for verb in VERBS.values()}
    summary = ", ".join(f"{count} to {verb}" for verb, count in counts.items() if count)
    summary = summary.replace("to too late", "too late").replace("to wait", "wait for you")
    new = [row["dollars"] for row in rows if row["action"].startswith("queue")]
    price = f" Publishing what is new costs ${sum(new, Decimal(0))}." if new else ""
    if permitted:
        done = f"{output.pluralize(permitted, 'post')} that left the files may be cancelled now"
    else:
        done = "Nothing was done"
    if any(row["action"] != "wait" for row in rows):
        done += ": groundswell run does it"
    end = with_config(f"{summary}.{price} {done}.")
    return [*output.table_lines(columns, cells, right=["Parts", "Price"]), "", end]


# --- Costs ----------------------------------------------------------------------------------------

ASSUMPTIONS = (
    "Reads are forecast for posts whose counters level off within a week, as many do; a thread is"
    " billed part by part."
)


def _show_costs(config: Config, on: datetime | None, *, as_json: bool) -> None:
    """Print the forecast. Raises UserError with every mistake in the files."""
    forecasts = forecast_costs(config, on)
    now = on or Clock().now()
    platforms = sorted({account.platform for account in config.accounts.values()})
    dates = {name: f"{load_platform(name).priced_since(now)}" for name in platforms}
    months = [
        {
            "month": f"{forecast.since:%Y-%m}",
            "account": forecast.account,
            "budget": forecast.budget,
            "spent": forecast.spent,
            "posts": forecast.posts,
            "items": [
                {"item": item, "quantity": quantity, "dollars": dollars}
                for item, (quantity, dollars) in forecast.items.items()
            ],
            "posting": forecast.posting_cost,
            "reading": forecast.reading_cost,
            "total": forecast.total,
            "notes": forecast.notes,
        }
        for forecast in forecasts
    ]
    value = {"prices_since": dates, "months": months}
    output.emit(value, lambda: _cost_lines(forecasts, dates), as_json=as_json)


def _cost_lines(forecasts: Sequence[Forecast], dates: dict[str, str]) -> Iterator[str]:
    from bot.reports.catalogue import ITEM_NAMES

    names = {**ITEM_NAMES, "reads": "reads of counters"}
    rows: list[tuple[str, ...]] = []
    for forecast in forecasts:
        head = (f"{forecast.since:%Y-%m}", forecast.account)
        if forecast.spent:
            rows.append((*head, "spent so far", "", f"{forecast.spent:.3f}"))
        for item, (quantity, dollars) in forecast.items.items():
            rows.append((*head, names.get(item, item), str(quantity), f"{dollars:.3f}"))
        budget = "" if forecast.budget is None else f" (budget {forecast.budget:.2f})"
        rows.append((*head, f"in all{budget}", "", f"{forecast.total:.3f}"))
    columns = ["Month", "Account", "What", "How many", "Dollars"]
    yield from output.table_lines(columns, rows, right=["How many", "Dollars"])
    yield ""
    for forecast in forecasts:
        for note in forecast.notes:
            yield f"{forecast.since:%Y-%m} {forecast.account}: {note}."
    priced = ", ".join(f"{name} since {day}" for name, day in dates.items())
    yield f"Prices: {priced}. {ASSUMPTIONS}"


# --- New posts ------------------------------------------------------------------------------------


def prospect_lines(prospects: Prospects) -> Iterator[str]:
    """Yield what becomes of posts that were just added, a sentence a line."""
    it = "it" if len(prospects.names) == 1 else "them"
    if prospects.errors:
        mistakes = output.pluralize(prospects.errors, "mistake")
        keep = "keeps" if prospects.errors == 1 else "keep"
        see = with_config("see groundswell check")
        yield f"But {mistakes} {keep} {it} from being queued: {see}."
        return
    yield from _slot_lines(prospects)
    if prospects.later:
        days = (prospects.later[0].due - prospects.later[0].queued_from).days
        they, are = _subject_and_verb(prospects, len(prospects.later), "is", "are")
        when = f"from {prospects.later[0].queued_on} on"
        yield f"{they} {are} due beyond the horizon of {days} days, and queued {when}."
    approvals = prospects.missing_approvals
    if approvals and len(prospects.names) == 1:
        yield f"It {with_config(approvals[0])}."
    elif approvals:
        they, wait = _subject_and_verb(prospects, len(approvals), "waits", "wait")
        yield with_config(f"{they} {wait} for approval: groundswell review.")
    if prospects.queue_error:
        yield f"Whether a groundswell runs is unknown: {prospects.queue_error}"
    elif not prospects.loop_runs:
        loop = with_config("groundswell run")
        yield f"No groundswell runs on this database: {loop} queues and sends {it}."
    elif len(prospects.later) < len(prospects.posts):
        yield f"The running groundswell queues {it} in a few seconds."
    for old in prospects.too_late:
        why = diff.too_late_reason(old)
        yield f"But not on {old.account}, where {old.post} was queued before: {why}."
    for pause, covers_all in prospects.pauses.items():
        share = "Nothing" if covers_all else "Not all"
        paused = with_config(f"{pause} ({pause.resume_command})")
        yield f"{share} of {it} is sent for now: {paused}."


def _slot_lines(prospects: Prospects) -> Iterator[str]:
    slots = prospects.slots
    for slot in slots if len(slots) <= MAX_SLOTS_LISTED else ():
        name = "It" if len(prospects.names) == 1 else f"{slot.campaign}/{slot.post}"
        yield f"{name} takes the slot of {format_due(slot)} on {slot.account}."
    if len(slots) > MAX_SLOTS_LISTED:
        first, last = format_due(slots[0]), format_due(slots[-1])
        yield f"{len(slots)} slots are taken, from {first} to {last}."
    for account in prospects.without_slot:
        see = with_config("see groundswell plan")
        yield f"No slot of {account} is free within the horizon: {see}."


def _subject_and_verb(
    prospects: Prospects, count: int, singular: str, plural: str
) -> tuple[str, str]:
    if len(prospects.names) == 1:
        return "It", singular
    who = "All" if count == len(prospects.posts) else str(count)
    return who, singular if count == 1 else plural
