"""``groundswell plan``: what ``run`` would do to the queue, without doing it."""

from __future__ import annotations

import os
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot import approval, planning
from bot.cli import output
from bot.cli.frame import As, ConfigPath, Json, commands, configured, day, person
from bot.cli.hints import with_config
from bot.errors import UserError
from bot.horizon import beyond
from bot.model import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.checking import Checked
    from bot.config import Config
    from bot.horizon import Later
    from bot.intake import Plan
    from bot.model import Delivery, Occurrence
    from bot.planning import Action
    from bot.vanishing import Vanished

    Given = Mapping[tuple[Subject, str], Sequence[str]]

app = commands()

WORDS = 48
"""Characters of a text that name it in the list."""

MOST = 10
"""Posts beyond the horizon that are named one by one."""

VERBS = {
    planning.Add: "queue",
    planning.Revive: "queue again",
    planning.Change: "change",
    planning.Cancel: "cancel",
    planning.AddMissed: "too late",
    planning.Frozen: "leave",
}
"""What is said of each action, in the order of the summary."""

_SPOKEN = {
    "due": "time",
    "content": "words or media",
    "files": "place of the media files",
    "stale_from": "when a fact is due for review",
    "kind": "kind of its time",
    "frequency": "how often it comes",
    "approvals": "how many must approve it",
}

On = Annotated[
    datetime | None,
    day("See it as on that day (UTC), as if nothing had been queued yet.", "--on"),
]


Force = Annotated[
    bool,
    typer.Option("--force", help="Let go what is held back: much that left the files at once."),
]

Cost = Annotated[
    bool,
    typer.Option("--cost", help="Say what this month and the next will cost instead."),
]


@app.command()
def plan(
    *,
    on: On = None,
    force: Force = False,
    cost: Cost = False,
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Show what would be queued, changed and cancelled, with local times and prices.

    Nothing is done: `groundswell run` does it.
    """
    if on and force:
        raise typer.BadParameter("--on only looks: say one of --on and --force")
    if cost and force:
        raise typer.BadParameter("--cost only looks: say one of --cost and --force")
    settings = configured(config)
    if cost:
        from bot.cli import costs

        costs.show(settings, on, as_json=as_json)
        return
    checked = sound(settings, on)
    found = plan_of(settings, checked, on, forced_by=person(who) if force else None)
    held = found.held
    given = given_for(settings, found.actions, on)
    rows = [described(action, None if force else held, given) for action in found.actions]
    output.emit(rows, lambda: plan_lines(rows, settings, held, forced=force), as_json=as_json)
    for problem in (*found.unsuited, *found.over):
        output.error_line(f"warning: {problem}")
    for line in later_lines(beyond(checked.campaigns, instant(on), settings.horizon), "queued yet"):
        output.error_line(line)


def planned(config: Config, on: datetime | None) -> Plan:
    """Check the files and give what would be done. Raises UserError with every mistake in them."""
    return plan_of(config, sound(config, on), on)


def sound(config: Config, on: datetime | None) -> Checked:
    """Check the files and return them. Raises UserError with every mistake in them."""
    from bot.checking import check

    checked = check(config, instant(on))
    if any(problem.level == "error" for problem in checked.problems):
        raise UserError(checked.problems)
    return checked


def plan_of(
    config: Config, checked: Checked, on: datetime | None, *, forced_by: str | None = None
) -> Plan:
    """Return what would be done for these files; ``forced_by`` lets go what would be held back."""
    if on or not config.has_database:
        return _from_nothing(config, checked, instant(on), as_of_now=on is None)
    from bot.app import opened

    with opened(config, os.environ) as opened_app:
        found = opened_app.intake.plan(checked)
        if forced_by and found.held:
            now = opened_app.clock.now()
            opened_app.mass_cancels.permit(found.held.keys, forced_by, now)
        return found


def instant(on: datetime | None) -> datetime:
    """Give the instant that is looked at: now, or the day that is asked for."""
    from bot.clock import SystemClock

    return on or SystemClock().now()


def _from_nothing(config: Config, checked: Checked, now: datetime, *, as_of_now: bool) -> Plan:
    from bot import past, slots
    from bot.intake import Plan

    within = planning.window(now, config.horizon)
    timed = planning.plan(checked.campaigns, config.accounts, *within)
    filled = slots.fill(timed, checked.campaigns, config.accounts, (), now, within)
    actions = planning.diff(filled.occurrences, (), now, within)
    # On another day, what is over by then will have gone out.
    over = past.unsent(checked.campaigns, config.accounts, now, lambda _: ()) if as_of_now else ()
    return Plan(actions, None, filled.problems, over)


def given_for(config: Config, actions: Sequence[Action], on: datetime | None) -> Given:
    """Return who has approved what; nobody has anything where nothing is queued yet."""
    if on or not config.has_database or not any(_subject(one).approvals for one in actions):
        return {}
    from bot.app import opened

    with opened(config, os.environ) as opened_app:
        return opened_app.approvals.given()


def _subject(action: Action) -> Delivery | Occurrence:
    if isinstance(action, planning.Cancel | planning.Frozen):
        return action.delivery
    return action.occurrence


def described(
    action: Action, held: Vanished | None = None, given: Given | None = None
) -> dict[str, Any]:
    """Give an action as plain values; ``dollars`` is what publishing it costs."""
    from bot.engagement.spend import price
    from bot.platforms import kind

    subject = _subject(action)
    lack = _lack(action, given or {})
    notes = ["held back"] if held and subject.key in held.keys else [_note(action), lack]
    return {
        "action": VERBS[type(action)],
        "key": subject.key,
        "campaign": subject.campaign,
        "demand": subject.demand,
        "account": subject.account,
        "wording": subject.wording,
        "due": subject.due,
        "local": local(subject),
        "text": subject.content.text,
        "dollars": price(kind(subject.platform), subject.content, subject.due),
        "note": "; ".join(filter(None, notes)),
    }


def _lack(action: Action, given: Given) -> str | None:
    """Say what approval it will wait for; None where it has enough, or will not be sent."""
    if isinstance(action, planning.Cancel | planning.Frozen | planning.AddMissed):
        return None
    return lack(action.occurrence, given)


def lack(one: Occurrence, given: Given) -> str | None:
    """Say what approval an occurrence lacks; None where it has enough."""
    names = given.get((Subject(one.campaign, one.post, one.account), one.approval_digest), ())
    return approval.lack(approval.counting(names, one.approvals, one.author), one.approvals)


def local(subject: Delivery | Occurrence) -> str:
    """Give the due time as its own place has it."""
    return f"{subject.due.astimezone(ZoneInfo(subject.timezone)):%a %Y-%m-%d %H:%M %Z}"


def _note(action: Action) -> str:
    match action:
        case planning.Cancel(_, why) | planning.Frozen(_, why):
            return why
        case planning.AddMissed():
            return "its time has passed: listed as missed, not sent"
        case planning.Change(delivery, _, what):
            spoken = ", ".join(_SPOKEN.get(name, name) for name in what)
            return f"{spoken} (was {local(delivery)})" if "due" in what else spoken
        case planning.Revive(delivery):
            return f"was {delivery.state.value}"
        case _:
            return ""


def plan_lines(
    rows: Sequence[dict[str, Any]],
    config: Config,
    held: Vanished | None = None,
    *,
    forced: bool = False,
) -> list[str]:
    """Give a table of the actions, a sum, and what is held back."""
    return [*_table(rows, config), *_held_lines(held, forced=forced)]


def later_lines(found: Sequence[Later], not_done: str) -> list[str]:
    """Return what is due beyond the horizon, the first of it by name; nothing where nothing is."""
    if not found:
        return []
    days = (found[0].due - found[0].queued).days
    verb = "they are" if len(found) > 1 else "it is"
    lines = [f"Not {not_done}, as {verb} due beyond the horizon of {days} days:"]
    lines += [f"  {later}" for later in found[:MOST]]
    more = len(found) - MOST
    return (
        [*lines, f"  and {more} more, the last on {found[-1].local:%Y-%m-%d}"]
        if more > 0
        else lines
    )


def _held_lines(held: Vanished | None, *, forced: bool) -> list[str]:
    if held is None:
        return ["", "Nothing is held back."] if forced else []
    if forced:
        return ["", f"{len(held.keys)} posts that left the files are let go: run cancels them."]
    let_go = with_config("Put them back, or let them go: groundswell plan --force")
    return ["", f"{held}.", let_go]


def _table(rows: Sequence[dict[str, Any]], config: Config) -> list[str]:
    if not rows:
        days = config.horizon.days
        return [f"Nothing to do: the queue is as the files say, for the next {days} days."]
    wanted = ["wording"] * any(row["wording"] for row in rows)
    wanted += ["note"] * any(row["note"] for row in rows)
    columns = ["", "When", "Account", "Post", "Price", *(name.title() for name in wanted)]
    cells = [(*_cells(row), *(with_config(row[name]) for name in wanted)) for row in rows]
    return [*output.table_lines(columns, cells, right=["Price"]), "", _sum(rows)]


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    words = " ".join(str(row["text"]).split())
    words = words if len(words) <= WORDS else f"{words[: WORDS - 1]}…"
    price = f"${row['dollars']}"
    return row["action"], row["local"], row["account"], words, price


def _sum(rows: Sequence[dict[str, Any]]) -> str:
    counts = {verb: sum(row["action"] == verb for row in rows) for verb in VERBS.values()}
    told = ", ".join(f"{count} to {verb}" for verb, count in counts.items() if count)
    told = told.replace("to too late", "too late")
    new = [row["dollars"] for row in rows if row["action"].startswith("queue")]
    cost = f" Publishing what is new costs ${sum(new, Decimal(0))}." if new else ""
    return with_config(f"{told}.{cost} Nothing was done: groundswell run does it.")
