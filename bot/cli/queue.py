"""``groundswell queue`` lists, shows, drops and adds posts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli import options, output
from bot.cli.main import command_group, load_config, open_app, without_subcommand
from bot.cli.output import with_config
from bot.cli.post_table import delivery_rows, post_row, post_table
from bot.cli.shown_post import shown_post_lines
from bot.clock import Clock
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.services.views import PostView
    from bot.services.views_plan import AddedPostView

app = command_group()

PostsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="POST…",
        help="Names or numbers of posts, as in the list.",
    ),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Also list published, cancelled, missed and dropped posts.")
]


@app.callback(invoke_without_command=True)
def queue(
    ctx: typer.Context,
    *,
    everything: AllOption = False,
    by: options.By = "post",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Without a command, list the posts that wait."""
    if without_subcommand(ctx):
        list_(everything=everything, by=by, config=config, as_json=as_json)


@app.command("list")
def list_(
    *,
    everything: AllOption = False,
    by: options.By = "post",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """List the posts that wait, each with the reason.

    A post has one row for all its accounts. Differences between networks are noted below the row.
    """
    from bot.services.posts import list_posts
    from bot.services.queue import single_deliveries

    settings = load_config(config)
    with open_app(settings, missing_ok=True) as opened_app:
        posts = list_posts(opened_app, everything=everything)
    until, days = Clock().now() + settings.horizon, settings.horizon.days
    reach = f"The queue holds the posts of the next {days} days, up to {until:%Y-%m-%d}. "
    reach += with_config("groundswell plan shows the posts after that.")
    value: object = single_deliveries(posts) if by == "account" else posts
    output.emit(value, lambda: _list_lines(posts, by, reach), as_json=as_json)


def _list_lines(posts: list[PostView], by: str, reach: str) -> list[str]:
    if not posts:
        return [with_config("No posts are queued. groundswell plan shows what run would queue.")]
    rows, count = [*map(post_row, posts)], output.pluralize(len(posts), "post")
    if by == "account":
        rows = delivery_rows(posts)
        count += f", {len(rows)} on single accounts"
    return [*post_table(rows), count, *output.wrap(reach)]


@app.command()
def show(
    posts: PostsArgument,
    *,
    account: options.Accounts = None,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show posts in full, with their texts, states and sending attempts on each account."""
    from bot.services.posts import show_posts

    with open_app(load_config(config), missing_ok=True) as opened_app:
        shown = show_posts(opened_app, posts, account or ())
    lines = [line for each in shown for line in ("", *shown_post_lines(each))][1:]
    output.emit(shown, lambda: lines, as_json=as_json)


@app.command()
def drop(
    posts: PostsArgument,
    *,
    account: options.Accounts = None,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Take posts out of the queue for good, on all their accounts or with `--account` on some.

    Their YAML files stay as they are, and do not queue the posts again.
    """
    from bot.services.dropping import drop_posts
    from bot.services.posts import find_posts

    with open_app(load_config(config)) as opened_app:
        done = drop_posts(opened_app, find_posts(opened_app, posts, account or ()), who)
    lines = [
        f"Dropped {post.name} on {post.on}: it will not be sent there."
        if post.on
        else f"Dropped {post.name}: it will not be sent."
        for post in done.dropped
    ]
    if done.dropped or not done.problems:
        output.emit(done.dropped, lambda: lines, as_json=as_json)
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
        typer.Option(help="Use the next free queue slot of each account, instead of --at."),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Another part of a thread; may be repeated."),
    ] = None,
    poll: Annotated[
        list[str] | None,
        typer.Option(metavar="ANSWER", help="An answer of a poll; give two to four."),
    ] = None,
    poll_for: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="How long the poll is open, such as 24h.")
    ] = None,
    demand: Annotated[
        str | None, typer.Option(metavar="ID", help="The demand that it supports.")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(metavar="ID", help="Its campaign; needed if there are several.")
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="An account; may be repeated (default: the campaign's accounts)."
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

    The rest of the file keeps its text and comments. Times are in the campaign's timezone. Before
    anything is written, the command shows the time that it has understood. It checks the post as
    groundswell check does, and says when the post will be queued.

    Example: groundswell queue add "Come to the hearing." --at "friday 10am"
    """
    if (at is None) == (slot is None):
        raise typer.BadParameter("use either --at WHEN or --slot next")
    if bool(poll) != (poll_for is not None):
        raise typer.BadParameter("a poll needs its answers, --poll, and its length, --poll-for")
    if poll and part:
        raise typer.BadParameter("use either --poll or --part: a poll has no parts")
    from bot.cli.plan import prospect_lines
    from bot.services.adding import PostRequest
    from bot.services.prospects import add_to_queue

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
    added = add_to_queue(load_config(config), request, output.error_line)
    output.error_line(*output.problem_lines(added.warnings))
    lines = [*_added_lines(added), *prospect_lines(added.next)]
    output.emit(added, lambda: lines, as_json=as_json)


def _added_lines(added: AddedPostView) -> list[str]:
    zone = f" ({added.timezone})" if added.timezone else ""
    when = f"due {added.local}" if added.due else "at the next free slot"
    return [
        f"Added {added.campaign}/{added.id} to {added.file}: {when}{zone},",
        f"on {added.on}; {added.length}; ${added.price}.",
    ]
