"""``groundswell queue``: what is queued, why each waits, and adding to it by hand."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from bot.cli import output
from bot.cli.frame import As, ConfigPath, Json, commands, configured, person, stands_alone
from bot.cli.hints import with_config
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from bot.app import App
    from bot.model import Delivery

app = commands()

WORDS = 48
"""Characters of a text that name it in a list."""

MOST_NAMED = 8
"""Deliveries that are named where a name can mean several."""

BESIDE = 69
"""Characters of a line in the list that the text usually does not have."""

Number = Annotated[
    str,
    typer.Argument(metavar="POST", help="Its number or key, from the list; or CAMPAIGN/POST."),
]
Everything = Annotated[
    bool, typer.Option("--all", help="Also what is out, cancelled, missed or dropped.")
]


@app.callback(
    invoke_without_command=True,
    help="List, show, add and drop queued posts.\n\nAlone, it lists what waits.",
)
def queue(
    ctx: typer.Context,
    *,
    everything: Everything = False,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """List, unless a command follows."""
    if stands_alone(ctx):
        list_(everything=everything, config=config, as_json=as_json)


@app.command("list")
def list_(
    *,
    everything: Everything = False,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """List what waits, and why each waits."""
    from bot.app import opened
    from bot.showing import Showing
    from bot.store.queue import WAITING

    with opened(configured(config), os.environ, looking=True) as opened_app:
        queue = opened_app.queue
        deliveries = queue.all() if everything else queue.in_states(WAITING)
        rows = list(map(Showing(opened_app, deliveries).describe, deliveries))
        horizon, now = opened_app.config.horizon, opened_app.clock.now()
    reach = f"The queue reaches to {now + horizon:%Y-%m-%d}, {horizon.days} days ahead; "
    reach += with_config("groundswell plan tells what is later.")
    output.emit(rows, lambda: [*_list_lines(rows), *[reach] * bool(rows)], as_json=as_json)


@app.command()
def show(number: Number, *, config: ConfigPath = None, as_json: Json = False) -> None:
    """Show one post: text, state and attempts."""
    from bot.app import opened
    from bot.showing import Showing

    with opened(configured(config), os.environ, looking=True) as opened_app:
        delivery = found(opened_app, number)
        showing = Showing(opened_app)
        value = {**showing.describe(delivery), "attempts": showing.history(delivery)}
    output.emit(value, lambda: _show_lines(value), as_json=as_json)


@app.command()
def drop(
    number: Number,
    *,
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Take a post out of the queue for good.

    Its YAML stays as it is, and does not bring it back.
    """
    from bot.app import opened

    with opened(configured(config), os.environ) as opened_app:
        delivery = found(opened_app, number)
        opened_app.queue.drop(delivery, person(who), opened_app.clock.now())
    value = {"key": delivery.key, "state": "dropped"}
    output.emit(value, lambda: [f"Dropped {delivery.key}: it will not be sent."], as_json=as_json)


@app.command()
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say.")],
    *,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="WHEN",
            help='"tomorrow 9:00", "friday 10am", "YYYY-MM-DD HH:MM", "in 2 hours".',
        ),
    ] = None,
    slot: Annotated[
        Literal["next"] | None,
        typer.Option("--slot", help="Instead of --at: the next free queue slot of each account."),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", metavar="TEXT", help="Another part of a thread; may be repeated."),
    ] = None,
    poll: Annotated[
        list[str] | None,
        typer.Option("--poll", metavar="ANSWER", help="An answer of a poll; two to four of them."),
    ] = None,
    poll_for: Annotated[
        str | None,
        typer.Option("--poll-for", metavar="LENGTH", help="How long the poll is open, as 24h."),
    ] = None,
    demand: Annotated[
        str | None, typer.Option("--demand", metavar="ID", help="The demand it carries.")
    ] = None,
    campaign: Annotated[
        str | None,
        typer.Option("--campaign", metavar="ID", help="Needed where there are several."),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="NAME", help="The campaign's, if not given."),
    ] = None,
    link: Annotated[
        str | None, typer.Option("--link", metavar="URL", help="An https address to add.")
    ] = None,
    media: Annotated[
        Path | None,
        typer.Option(
            "--media", metavar="FILE", help="A picture within the posts folder, for TEXT."
        ),
    ] = None,
    alt: Annotated[
        str | None,
        typer.Option(
            "--alt", metavar="TEXT", help="What the picture shows, for who cannot see it."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="A name for the post.")
    ] = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Add a post to posts/queue.yaml.

    What stands there is kept, comments and all. Times are in the campaign's timezone. It is checked
    as groundswell check does, and what becomes of it is told.
    """
    if (at is None) == (slot is None):
        raise typer.BadParameter("say one of --at WHEN and --slot next")
    if bool(poll) != (poll_for is not None):
        raise typer.BadParameter("a poll needs its answers, --poll, and its length, --poll-for")
    if poll and part:
        raise typer.BadParameter("say one of --poll and --part: a poll has no parts")
    from bot.adding import Wish, add_post
    from bot.cli.prospects import outlook
    from bot.clock import SystemClock

    wish = Wish(text, at, demand, campaign, tuple(account or ()), link, media, alt, name)
    wish = replace(wish, parts=tuple(part or ()), poll=tuple(poll or ()), poll_for=poll_for)
    settings = configured(config)
    added = add_post(settings, wish, SystemClock().now())
    next_ = outlook(settings, added.checked, [added.post])
    for line in output.problem_lines(added.warnings):
        output.error_line(line)
    value = {**added.told, "next": next_.as_json(), "warnings": list(map(str, added.warnings))}
    output.emit(value, lambda: [*_added_lines(added.told), *next_.lines()], as_json=as_json)


def found(opened_app: App, number: str) -> Delivery:
    """Find a delivery by its number, its key or the beginning of that. Raises UserError."""
    if delivery := opened_app.queue.get(number):
        return delivery
    campaign, _, rest = number.partition("/")
    post = rest.partition("/")[0]
    named = [
        delivery
        for delivery in opened_app.queue.of_posts([(campaign, post)])
        if f"{delivery.key}/".startswith(f"{number.rstrip('/')}/")
    ]
    if len(named) == 1:
        return named[0]
    if named:
        raise UserError([_several(number, named)])
    hint = _file_hint(opened_app, number) or "groundswell queue list --all shows what there is."
    raise UserError([Problem(number, 0, 0, "Q101", "There is no such post.", hint)])


def _several(name: str, deliveries: list[Delivery]) -> Problem:
    """Name those that a name can mean, what waits first."""
    from bot.store.queue import WAITING

    deliveries = sorted(deliveries, key=lambda delivery: delivery.state not in WAITING)
    listed = [
        f"{delivery.id} ({delivery.due.astimezone(ZoneInfo(delivery.timezone)):%a %Y-%m-%d %H:%M}, "
        f"{delivery.account}, {delivery.state.value})"
        for delivery in deliveries[:MOST_NAMED]
    ]
    more = f" and {rest} more" if (rest := len(deliveries) - len(listed)) else ""
    message = f"There are {len(deliveries)} of it: No. {', '.join(listed)}{more}."
    return Problem(name, 0, 0, "Q102", message, "Name one by its number.")


def _file_hint(opened_app: App, name: str) -> str | None:
    """Say why a post of the files is not queued: its time is too far ahead, or past."""
    from bot import past
    from bot.campaigns.loading import load
    from bot.horizon import beyond

    config, now = opened_app.config, opened_app.clock.now()
    files = load(config.campaigns, config.accounts).campaigns if "/" in name else ()
    for one in past.past(files, config.accounts, now):
        if f"{name}/".startswith(f"{'/'.join(one.name)}/"):
            [problem] = past.problems([one], now)
            return f"{problem.message} {problem.hint}"
    for later in beyond(files, now, config.horizon):
        if f"{name}/".startswith(f"{later.name}/"):
            reach = f"Its time is beyond the horizon of {config.horizon.days} days"
            return f"{reach}: it is queued from {later.queued_on} on."
    return None


def _list_lines(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        nothing = "Nothing is queued. groundswell plan shows what run would queue."
        return [with_config(nothing)]
    columns = ("No.", "Due", "Account", "State", "Post", "Waits for")
    room = shutil.get_terminal_size().columns - BESIDE if sys.stdout.isatty() else WORDS
    most = min(WORDS, max(11, room))
    cells = [
        (
            str(r["number"]),
            r["local"],
            r["account"],
            r["state"],
            _named(r, most),
            with_config(r["why"]),
        )
        for r in rows
    ]
    return [*output.table_lines(columns, cells, right=["No."]), output.count(len(rows), "post")]


def _named(row: dict[str, Any], most: int) -> str:
    words = " ".join(str(row["text"]).split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _show_lines(value: dict[str, Any]) -> list[str]:
    head = ("number", "key", "account", "wording", "state", "local", "why", "price")
    shown = {**value, "why": with_config(value["why"])}
    lines = [f"{name:<8} {shown[name]}" for name in head if shown[name]]
    for index, part in enumerate(value["parts"]):
        lines += ["", f"Part {index + 1} of {len(value['parts'])}: {part['length']}"]
        lines += [f"  {line}" for line in part["text"].splitlines()]
        lines += [f"  [{media['file']}] {media['alt']}" for media in part["media"]]
        lines += [f"  {line}" for line in output.poll_lines(**part["poll"])] if part["poll"] else []
        lines += [f"  out: {part['url']}"] * bool(part["url"])
    return [*lines, *attempt_lines(value["attempts"])]


def attempt_lines(attempts: list[dict[str, Any]]) -> list[str]:
    """Say what was tried, what came of it, and what was seen on the timeline."""
    lines = []
    for one in attempts:
        outcome = one["outcome"] or "no answer yet"
        lines += ["", f"Sent part {one['part']} at {one['opened']}: {outcome}. {one['detail']}"]
        for look in one["looks"]:
            seen = ", ".join(look["matches"]) or "nothing that matches"
            seen = seen if look["readable"] else "could not be read"
            lines.append(f"  looked at {look['at']}: {seen}. {look['evidence']}")
    return lines


def _added_lines(added: dict[str, Any]) -> list[str]:
    zone = f" ({ZoneInfo(added['timezone']).key})" if added["timezone"] else ""
    when = f"due {added['local']}" if added["due"] else "at the next free slot"
    return [
        f"Added {added['id']} to {added['file']}: {when}{zone},",
        f"on {', '.join(added['accounts'])}; {added['length']}; ${added['price']}.",
    ]
