"""``groundswell plan`` shows the changes that ``run`` would make to the queue, and costs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.cli.output import with_config
from bot.cli.post_table import PostRow, post_table
from bot.clock import Clock
from bot.planning.left_files import MASS_CANCEL_HINT
from bot.services.plan import check_or_raise, permit_cancelling, plan_changes
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.services.views_plan import (
        CostView,
        DeliveryChange,
        LaterView,
        PlanView,
        PostChange,
        ProspectsView,
        SlotView,
    )


MAX_LISTED = 10
"""At most this many posts beyond the horizon are listed one by one."""

MAX_SLOTS_LISTED = 3
"""At most this many slots of new posts are listed one by one."""

HEADS = PostRow("", "When", "Post", "On", "Price", text="Text")

OnOption = Annotated[
    datetime | None,
    options.day("Plan as of this day (UTC), as if no posts had been queued yet.", "--on"),
]
ForceOption = Annotated[
    bool,
    typer.Option(
        "--force", help="Allow run to cancel the posts that wait because they left the files."
    ),
]
CostOption = Annotated[
    bool, typer.Option("--cost", help="Show the costs of this month and the next instead.")
]


def plan(
    *,
    on: OnOption = None,
    force: ForceOption = False,
    cost: CostOption = False,
    by: options.By = "post",
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show the posts that would be queued, changed or cancelled, with local times and prices.

    A post has one row for all its accounts; `--by account` shows a row for each account. Nothing
    is changed. `groundswell run` makes the changes.
    """
    if force and (on or cost):
        raise typer.BadParameter("use --force without --on and --cost, which change nothing")
    settings = load_config(config)
    if cost:
        from bot.services.costs import forecast_costs

        costs = forecast_costs(settings, on)
        output.emit(costs, lambda: _cost_lines(costs), as_json=as_json)
        return
    now = on or Clock().now()
    checked = check_or_raise(settings, now)
    with open_app(settings, missing_ok=True, on=on) as opened_app:
        if force:
            planned = permit_cancelling(opened_app, checked, who, now)
        else:
            planned = plan_changes(opened_app, checked, now, elsewhen=on is not None)
    end: list[str] = []
    if planned.left_files:
        end = ["", f"{planned.left_files}.", with_config(MASS_CANCEL_HINT)]
    elif force and not planned.permitted:
        end = ["", "No posts wait because they left the files."]
    rows = [_row(post, post.name, post.on, post.notes) for post in planned.posts]
    if by == "account":
        changes = ((post.name, change) for post in planned.posts for change in post.deliveries)
        rows = [_row(change, name, change.account, _notes(change)) for name, change in changes]
    days = settings.horizon.days
    lines = [f"Nothing to change: the queue matches the files for the next {days} days."]
    if rows:
        lines = _plan_lines(planned, rows)
    output.emit(planned, lambda: [*lines, *end], as_json=as_json)
    output.error_line(*(f"warning: {problem}" for problem in planned.warnings))
    output.error_line(*(f"note: {note}" for note in planned.notes))
    output.error_line(*later_lines(planned.later, "queued yet"))


def later_lines(later: Sequence[LaterView], not_done: str) -> list[str]:
    """Return lines on the posts beyond the horizon, the first by name; none without posts."""
    if not later:
        return []
    days = (later[0].due - later[0].queued_from).days
    verb = "they are" if len(later) > 1 else "it is"
    lines = [f"Not {not_done}, because {verb} due beyond the horizon of {days} days:"]
    lines += [f"  {post.words}" for post in later[:MAX_LISTED]]
    if (more := len(later) - MAX_LISTED) > 0:
        lines.append(f"  and {more} more, the last on {later[-1].local}")
    return lines


def _row(change: PostChange | DeliveryChange, name: str, on: str, notes: Iterable[str]) -> PostRow:
    first = [change.note] if change.waits and change.note else []
    return PostRow(
        lead=change.action,
        local=change.local,
        name=name,
        on=on,
        state=f"${change.price}",
        why=change.waits or change.note,
        notes=(*first, *notes),
        text=change.text,
    )


def _notes(change: DeliveryChange) -> Iterator[str]:
    if change.wording:
        yield f"in the wording {change.wording}"
    if len(change.parts) > 1:
        yield f"in {len(change.parts)} parts"


_ENDINGS = {"too late": "too late", "wait": "waiting for you"}
"""The words of the summary for actions that are not verbs."""


def _plan_lines(planned: PlanView, rows: Sequence[PostRow]) -> list[str]:
    summary = ", ".join(
        f"{output.pluralize(count, 'post')} {_ENDINGS.get(action, f'to {action}')}"
        for action, count in planned.counts.items()
    )
    new = any(action.startswith("queue") for action in planned.counts)
    price = f" Publishing the new posts costs ${planned.price}." if new else ""
    done = "Nothing was changed"
    if planned.permitted:
        count = output.pluralize(planned.permitted, "post")
        done = f"{count} that left the files may be cancelled now"
    if {*planned.counts} != {"wait"}:
        done += "; groundswell run makes these changes"
    return [*post_table(rows, HEADS), "", with_config(f"{summary}.{price} {done}.")]


# --- Costs ----------------------------------------------------------------------------------------

ASSUMPTIONS = (
    "The forecast assumes that a post's counters level off within a week, as many do. A thread is "
    "billed part by part."
)


def _cost_lines(costs: CostView) -> Iterator[str]:
    from bot.reports.spending import ITEM_NAMES

    names = {**ITEM_NAMES, "reads": "reads of counters"}
    rows: list[tuple[str, ...]] = []
    for month in costs.months:
        head = (month.month, month.account)
        if month.spent:
            rows.append((*head, "spent so far", "", f"{month.spent:.3f}"))
        for billed in month.items:
            name = names.get(billed.item, billed.item)
            rows.append((*head, name, str(billed.quantity), f"{billed.dollars:.3f}"))
        budget = "" if month.budget is None else f" (budget {month.budget:.2f})"
        rows.append((*head, f"in all{budget}", "", f"{month.total:.3f}"))
    columns = ["Month", "Account", "What", "How many", "Dollars"]
    yield from output.table_lines(columns, rows, right=["How many", "Dollars"])
    yield ""
    for month in costs.months:
        for note in month.notes:
            yield f"{month.month} {month.account}: {note}."
    priced = ", ".join(f"{name} since {day}" for name, day in costs.prices_since.items())
    yield f"Prices: {priced}. {ASSUMPTIONS}"


# --- New posts ------------------------------------------------------------------------------------


def prospect_lines(prospects: ProspectsView) -> Iterator[str]:
    """Yield when posts that were just added will be sent, one sentence a line."""
    it = "it" if prospects.posts == 1 else "them"
    if prospects.errors:
        mistakes = output.pluralize(prospects.errors, "mistake")
        keep = "keeps" if prospects.errors == 1 else "keep"
        see = with_config("see groundswell check")
        yield f"But {mistakes} {keep} {it} from being queued: {see}."
        return
    yield from _slot_lines(prospects)
    later = len({post.name for post in prospects.later})
    if later:
        days = (prospects.later[0].due - prospects.later[0].queued_from).days
        they, are = _subject_and_verb(prospects, later, "is", "are")
        when = f"from {prospects.later[0].queued_on} on"
        yield f"{they} {are} due beyond the horizon of {days} days, and will be queued {when}."
    approvals = prospects.approval
    if approvals and prospects.posts == 1:
        yield f"It {with_config(approvals[0])}."
    elif approvals:
        they, wait = _subject_and_verb(prospects, len(approvals), "waits", "wait")
        yield with_config(f"{they} {wait} for approval: groundswell review.")
    if prospects.queue_error:
        yield f"It is unknown whether a loop runs: {prospects.queue_error}"
    elif not prospects.loop_runs:
        loop = with_config("groundswell run")
        yield f"No loop runs on this database. {loop} queues and sends {it}."
    elif later < prospects.posts:
        yield f"The running loop queues {it} in a few seconds."
    yield from _never_sent_lines(prospects)
    for pause in prospects.pauses:
        held = f"holds {it}" if pause.stops_all else f"holds some of {it}"
        yield with_config(f"A pause {held}: {pause.words} ({pause.resume}).")


def _slot_lines(prospects: ProspectsView) -> Iterator[str]:
    taken: dict[tuple[str, str], list[SlotView]] = {}
    for slot in prospects.slots:
        taken.setdefault((slot.post, slot.local), []).append(slot)
    for (post, local), slots in taken.items() if len(taken) <= MAX_SLOTS_LISTED else ():
        name = "It" if prospects.posts == 1 else post
        accounts = join_first([slot.account for slot in slots])
        yield f"{name} takes the slot of {local} on {accounts}."
    if len(taken) > MAX_SLOTS_LISTED:
        first, last = prospects.slots[0].local, prospects.slots[-1].local
        yield f"The posts take {len(prospects.slots)} slots, from {first} to {last}."
    if prospects.no_slot:
        see = with_config("see groundswell plan")
        accounts = join_first([*prospects.no_slot])
        yield f"No slot of {accounts} is free within the horizon; {see}."


def _never_sent_lines(prospects: ProspectsView) -> Iterator[str]:
    accounts: dict[tuple[str, str], list[str]] = {}
    for old in prospects.never_sent:
        accounts.setdefault((old.post, old.why), []).append(old.account)
    for (post, why), names in accounts.items():
        yield f"{post} is not sent on {join_first(names)}. It was queued there before: {why}."


def _subject_and_verb(
    prospects: ProspectsView, count: int, singular: str, plural: str
) -> tuple[str, str]:
    if prospects.posts == 1:
        return "It", singular
    who = "All" if count == prospects.posts else str(count)
    return who, singular if count == 1 else plural
