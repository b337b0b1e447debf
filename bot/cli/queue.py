"""``groundswell queue``: what is queued, why each waits, and adding to it by hand."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli import options, output
from bot.cli.main import command_group, load_config, open_app, without_subcommand
from bot.cli.output import with_config
from bot.errors import UserError
from bot.text import truncate_line

if TYPE_CHECKING:
    from bot.model import Delivery

app = command_group()

OTHER_COLUMNS_WIDTH = 69
"""Characters that the columns beside the text usually take."""

PostsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="POST…",
        help="Its number or key in the list; or CAMPAIGN/POST, for all its accounts. Or several.",
    ),
]
AccountOption = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="NAME", help="Only on this account; may be repeated."),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Also what is published, cancelled, missed or dropped.")
]


@app.callback(
    invoke_without_command=True,
    help="List, show, add and drop queued posts.\n\nWithout a command, list what waits.",
)
def queue(
    ctx: typer.Context,
    *,
    everything: AllOption = False,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """List, unless a command follows."""
    if without_subcommand(ctx):
        list_(everything=everything, config=config, as_json=as_json)


@app.command("list")
def list_(
    *,
    everything: AllOption = False,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """List what waits, and why each waits."""
    from bot.services.queue import describe_deliveries
    from bot.store.queue import UNFINISHED

    with open_app(load_config(config), missing_ok=True) as opened_app:
        queue = opened_app.queue
        deliveries = queue.all() if everything else queue.in_states(UNFINISHED)
        rows = describe_deliveries(opened_app, deliveries)
        horizon, now = opened_app.config.horizon, opened_app.clock.now()
    reach = f"The queue reaches to {now + horizon:%Y-%m-%d}, {horizon.days} days ahead; "
    reach += with_config("groundswell plan shows what is later.")
    output.emit(rows, lambda: [*_list_lines(rows), *[reach] * bool(rows)], as_json=as_json)


@app.command()
def show(
    posts: PostsArgument,
    *,
    account: AccountOption = None,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show posts, on each account: text, state and attempts."""
    from bot.services.queue import describe_attempts, describe_deliveries, find_posts

    with open_app(load_config(config), missing_ok=True) as opened_app:
        deliveries = find_posts(opened_app, posts, account or ())
        values = describe_deliveries(opened_app, deliveries)
        for delivery, value in zip(deliveries, values, strict=True):
            value["attempts"] = describe_attempts(opened_app, delivery)
    shown = zip(deliveries, values, strict=True)
    lines = [line for each in shown for line in ("", *_delivery_lines(*each))][1:]
    output.emit(values[0] if len(values) == 1 else values, lambda: lines, as_json=as_json)


def _delivery_lines(delivery: Delivery, value: dict[str, Any]) -> list[str]:
    names = ("number", "key", "account", "wording", "state", "local", "why", "price")
    shown = {**value, "why": with_config(value["why"])}
    shown["labels"] = ", ".join(value["labels"])
    lines = [
        f"{name:<8} {shown[name]}"
        for name in (*names, "warning", "labels", "language")
        if shown[name]
    ]
    parts = zip(delivery.content.parts, value["parts"], strict=True)
    for index, (part, described) in enumerate(parts, 1):
        lines += ["", f"Part {index} of {len(value['parts'])}: {described['length']}"]
        lines += [f"  {line}" for line in output.part_lines(part)]
        lines += [f"  published: {described['url']}"] * bool(described["url"])
    return lines + attempt_lines(value["attempts"])


@app.command()
def drop(
    posts: PostsArgument,
    *,
    account: AccountOption = None,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Take posts out of the queue for good: on all their accounts, or with `--account` on some.

    Their YAML is not changed, and does not queue them again.
    """
    from bot.services.queue import drop_posts, find_posts

    with open_app(load_config(config)) as opened_app:
        done = drop_posts(opened_app, find_posts(opened_app, posts, account or ()), who)
    values = [{"key": delivery.key, "state": "dropped"} for delivery in done.dropped]
    lines = [f"Dropped {value['key']}: it will not be sent." for value in values]
    if values:
        output.emit(values[0] if len(values) == 1 else values, lambda: lines, as_json=as_json)
    if done.problems:
        raise UserError(done.problems)


@app.command()
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What the post says.")],
    *,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help='"tomorrow 9:00", "friday 10am", "tonight 8pm", "YYYY-MM-DD HH:MM", "in 2 hours".',
        ),
    ] = None,
    slot: Annotated[
        Literal["next"] | None,
        typer.Option(help="Instead of --at: the next free queue slot of each account."),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Another part of a thread; may be repeated."),
    ] = None,
    poll: Annotated[
        list[str] | None,
        typer.Option(metavar="ANSWER", help="An answer of a poll; two to four of them."),
    ] = None,
    poll_for: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="How long the poll is open, such as 24h.")
    ] = None,
    demand: Annotated[
        str | None, typer.Option(metavar="ID", help="The demand that it supports.")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(metavar="ID", help="Required where there are several.")
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="An account; may be repeated (default: those of the campaign)."
        ),
    ] = None,
    link: Annotated[
        str | None, typer.Option(metavar="URL", help="An https address to add.")
    ] = None,
    media: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A picture in the posts folder, for TEXT.")
    ] = None,
    alt: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What the picture shows, for people who cannot see it."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="A name for the post.")
    ] = None,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Add a post to posts/queue.yaml.

    The rest of the file is kept, with its comments. Times are in the campaign's timezone. The post
    is checked as by groundswell check, and the output says when it will be queued. Before anything
    is written, it says how a time in words was read.
    """
    if (at is None) == (slot is None):
        raise typer.BadParameter("use either --at WHEN or --slot next")
    if bool(poll) != (poll_for is not None):
        raise typer.BadParameter("a poll needs its answers, --poll, and its length, --poll-for")
    if poll and part:
        raise typer.BadParameter("use either --poll or --part: a poll has no parts")
    from bot.authoring.adding import PostRequest
    from bot.cli.plan import prospect_lines
    from bot.services.plan import add_to_queue

    request = PostRequest(
        text=text,
        at=at,
        demand=demand,
        campaign=campaign,
        accounts=tuple(account or ()),
        link=link,
        media=media,
        alt=alt,
        name=name,
        parts=tuple(part or ()),
        poll=tuple(poll or ()),
        poll_for=poll_for,
    )
    added, warnings, prospects = add_to_queue(load_config(config), request, output.error_line)
    output.error_line(*output.problem_lines(warnings))
    value = {**added, "next": prospects.as_json(), "warnings": list(map(str, warnings))}
    lines = [*_added_lines(added), *prospect_lines(prospects)]
    output.emit(value, lambda: lines, as_json=as_json)


def _added_lines(added: dict[str, Any]) -> list[str]:
    zone = f" ({added['timezone']})" if added["timezone"] else ""
    when = f"due {added['local']}" if added["due"] else "at the next free slot"
    return [
        f"Added {added['id']} to {added['file']}: {when}{zone},",
        f"on {', '.join(added['accounts'])}; {added['length']}; ${added['price']}.",
    ]


def _list_lines(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        nothing = "Nothing is queued. groundswell plan shows what run would queue."
        return [with_config(nothing)]
    columns = ("No.", "Due", "Account", "State", "Post", "Waits for")
    width = output.TEXT_WIDTH
    if sys.stdout.isatty():
        left = shutil.get_terminal_size().columns - OTHER_COLUMNS_WIDTH
        width = min(width, max(11, left))
    cells = [
        (
            str(row["number"]),
            row["local"],
            row["account"],
            row["state"],
            truncate_line(row["text"], width),
            with_config(row["why"]),
        )
        for row in rows
    ]
    return [*output.table_lines(columns, cells, right=["No."]), output.pluralize(len(rows), "post")]


def attempt_lines(attempts: list[dict[str, Any]]) -> list[str]:
    """Return what was tried, its outcome, and what was seen on the timeline afterwards."""
    lines = []
    for attempt in attempts:
        outcome = attempt["outcome"] or "no answer yet"
        sent = f"Sent part {attempt['part']} at {attempt['opened']}"
        lines += ["", f"{sent}: {outcome}. {attempt['detail']}"]
        for look in attempt["looks"]:
            matches = ", ".join(look["matches"]) or "nothing that matches"
            seen = matches if look["readable"] else "could not be read"
            lines.append(f"  looked at {look['at']}: {seen}. {look['evidence']}")
    return lines
