"""``groundswell sandbox`` and ``demo`` serve simulated platforms, and play a campaign on them."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from bot.cli import output
from bot.cli.main import INTERRUPTED
from bot.cli.serving import explaining_a_taken_port
from bot.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Group

    from bot.config import Config
    from bot.config.secrets import Redactor
    from bot.sandbox import World
    from bot.services.demo import Demo, NetworkResult
    from bot.services.simulation import Handle


def sandbox(
    *,
    port: Annotated[
        int,
        typer.Option(
            min=1,
            max=65535,
            help="The port of the first platform; each further one has the next port.",
        ),
    ] = 8765,
    seed: Annotated[
        int, typer.Option(help="A number that determines how the audience reacts.")
    ] = 1,
    handle: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A simulated account: name on X, name@server on Mastodon, name.example on "
            "Bluesky; may be repeated (default: the accounts of config.yaml).",
        ),
    ] = None,
    rehearsal: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a config for a rehearsal: a copy of config.yaml with these addresses, a "
            "database of its own and no alerts.",
        ),
    ] = None,
    spelling: Annotated[
        Literal["tweet", "post"],
        typer.Option(
            help="X's field names: post as in version 2.167 of X's specification, tweet as in "
            "2.166."
        ),
    ] = "post",
    one_app: Annotated[
        bool,
        typer.Option(
            "--one-app",
            help="Let all accounts on X use the app of the first; the others then pay more to read "
            "their own posts.",
        ),
    ] = False,
    minimal: Annotated[
        bool,
        typer.Option(
            "--minimal",
            help="Simulate Mastodon servers of another kind, which ignore idempotency keys and "
            "read posts one by one.",
        ),
    ] = False,
) -> None:
    """Serve simulated platforms on this machine until Ctrl-C. Nobody else sees their posts.

    X, Bluesky and each Mastodon server have an address of their own. A page there shows the posts
    as people would see them. The command prints the value of `api` for config.yaml, and the
    credentials of the accounts as `export` lines, named after the account of config.yaml with the
    handle, or else after the handle.
    """
    from bot.clock import Clock
    from bot.sandbox import run
    from bot.services import simulation

    settings = _find_config(required=rehearsal is not None)
    accounts = [*settings.accounts.values()] if settings else []
    handles = [simulation.parse_handle(typed) for typed in handle or []]
    if problems := simulation.handle_problems(handles):
        raise UserError(problems)
    configured = [simulation.handle_of(account) for account in accounts]
    _warn_of_strangers(handles, configured)
    handles = handles or [known for known in configured if known.platform in simulation.WORLDS]
    handles = handles or [simulation.parse_handle("mediajustice")]
    worlds = simulation.create_worlds(
        handles, Clock().now, seed=seed, spelling=spelling, one_app=one_app, minimal=minimal
    )
    started = partial(_write_rehearsal, rehearsal, settings)
    variable = simulation.secret_names(accounts)
    with explaining_a_taken_port("127.0.0.1", port):
        run(worlds, port=port, show=_print, variable=variable, started=started)


def _find_config(*, required: bool) -> Config | None:
    """Return the config, or None if there is none or a broken one, which the sandbox does not need.

    Raise UserError if it is ``required``.
    """
    from bot.config import find, load

    try:
        return load(find(None, os.environ), without_extras=not required)
    except UserError:
        if required:
            raise
        return None


def _write_rehearsal(
    path: Path | None, settings: Config | None, urls: Mapping[World, str]
) -> list[str]:
    """Write the config of a rehearsal if one is wanted, and return the lines to print about it."""
    from bot.services.simulation import write_rehearsal_config

    if path is None or settings is None:
        return []
    write_rehearsal_config(path, settings, urls)
    return [f"Wrote {path}. Use it with --config {path}"]


def _warn_of_strangers(handles: Sequence[Handle], configured: Sequence[Handle]) -> None:
    """Print a note for each typed handle that no account of the config has."""
    known = {handle.key for handle in configured}
    for handle in handles if known else ():
        if handle.key not in known:
            named = f"config.yaml has no account with the handle {handle}"
            output.error_line(f"{named}. Its secrets are named after the handle.")


def _print(text: str) -> None:
    output.line(text.rstrip("\n"))
    sys.stdout.flush()


LOG_LINES = 12
"""The number of log lines in the live view."""


def demo(
    ctx: typer.Context,
    *,
    folder: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder for its database and page.")
    ] = Path("groundswell-demo"),
    posts: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A campaign folder to play instead, from its first post to its last.",
        ),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=60,
            help="Seconds of campaign time a second (default: less than a minute for the whole).",
        ),
    ] = None,
    web: Annotated[
        bool,
        typer.Option(
            "--web",
            help="Open the control room beside it, in slower time, and leave it open at the end.",
        ),
    ] = False,
) -> None:
    """Watch the example campaign run on three simulated networks, from queue to report.

    Nothing leaves this machine. The loop and the adapters are real. Only the networks are simulated
    and the clock is fast. The exit code is 1 if a post was not published exactly once.
    """
    from bot.model.post_words import platform_name
    from bot.reports.table import join_platforms
    from bot.runtime.loop import stop_on_signals
    from bot.services.demo import open_demo
    from bot.services.demo_web import SLOW

    redactor: Redactor = ctx.obj.redactor
    if web and speed is None and posts is None:
        speed = SLOW
    with (
        stop_on_signals() as stop,
        open_demo(folder, posts, redactor, speed) as playing,
        _control_room(playing) if web else nullcontext() as link,
    ):
        networks = join_platforms(playing.urls)
        what = f"the campaigns in {posts}" if posts else "the example campaign"
        output.line(f"Groundswell demo: {what} on a simulated {networks}.")
        output.line("Nobody else sees these posts. While the demo runs, you can see them at")
        for platform, url in playing.urls.items():
            output.line(f"  {platform_name(platform):<10}{url}")
        if link:
            output.line("See, approve, pause and settle in the control room. This link works once:")
            output.line(f"  {link}")
        output.line("")
        sys.stdout.flush()
        with _live_view(playing, redactor):
            playing.play(lambda: stop.wait(0.1))
        if stop.is_set():
            raise typer.Exit(INTERRUPTED)
        playing.read_all()
        _print_result(playing, folder)
        if web:
            _print("The control room stays open until Ctrl-C.")
            while not stop.wait(0.5):
                pass


@contextmanager
def _control_room(playing: Demo) -> Iterator[str]:
    """Serve the control room on the demo's database, and yield a link that signs a person in."""
    from bot.services.demo_web import open_control_room
    from bot.web.server import serve_beside

    with open_control_room(playing) as (app, token), serve_beside(app) as addresses:
        yield f"{addresses.base}/link/{token}"


def _print_result(playing: Demo, folder: Path) -> None:
    from bot.cli.report import show_report
    from bot.services.demo_share import build_demo_pages
    from bot.services.reporting import DEFAULT_REPORTS

    evidence, answer, now = playing.report()
    wanted = ("platform", "demand", "event")
    sys.stdout.write(show_report(evidence, "terminal", wanted, now, answer=answer))
    page = folder / "report.html"
    output.write_file(page, show_report(evidence, "html", DEFAULT_REPORTS, now, answer=answer))
    results = playing.compare()
    wrong = [
        *playing.unpublished(),
        *(f"{result.name}: {line}" for result in results for line in result.differences),
    ]
    output.error_line(*(f"demo: {line}" for line in wrong))
    if wrong:
        raise typer.Exit(1)
    if playing.approved:
        posts = output.pluralize(playing.approved, "post")
        output.line(f"{posts} approved by demo, as a person would with groundswell review.")
    output.line(
        "Each post was published exactly once, and the report has the totals of each network:"
    )
    for result in results:
        output.line(f"  {result.name:<10}{_describe_result(result)}")
    output.line(f"The report is {page.resolve()}")
    if share_page := build_demo_pages(playing, folder):
        output.line(f"The page for supporters is {share_page.resolve()}")


def _describe_result(result: NetworkResult) -> str:
    shown = ("impressions", "likes", "reposts", "replies")
    figures = [f"{result.totals[name]:,} {name}" for name in shown if name in result.totals]
    return ", ".join([output.pluralize(result.posts, "post"), *figures])


# --- The live view --------------------------------------------------------------------------------


@contextmanager
def _live_view(playing: Demo, redactor: Redactor) -> Iterator[None]:
    """Show the loop at work, in a live view on a terminal or else as log lines."""
    from bot.runtime import logs

    tail, on_terminal = io.StringIO(), sys.stdout.isatty()
    logs.configure_logging(
        log_format="text",
        level="info",
        redactor=redactor,
        now=playing.now,
        handler=logging.StreamHandler(tail if on_terminal else sys.stdout),
    )
    if not on_terminal:
        yield
        return
    from rich.console import Console
    from rich.live import Live

    def draw() -> Group:
        return _draw(playing, tail.getvalue().splitlines()[-LOG_LINES:])

    with Live(get_renderable=draw, console=Console(), refresh_per_second=10):
        yield


def _draw(playing: Demo, lines: list[str]) -> Group:
    from rich.console import Group
    from rich.panel import Panel
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    now = playing.now()
    done, due = playing.progress()
    elapsed, whole = now - playing.start, playing.end - playing.start
    bars = Table.grid(padding=(0, 2))
    bars.add_row(
        f"{now.astimezone(ZoneInfo(playing.timezone)):%a %d %b %Y, %H:%M}",
        ProgressBar(total=whole.total_seconds(), completed=elapsed.total_seconds(), width=40),
        playing.timezone,
    )
    bars.add_row(
        "posts out", ProgressBar(total=max(due, 1), completed=done, width=40), f"{done} of {due}"
    )
    log = Text("\n".join(lines), no_wrap=True, overflow="ellipsis")
    return Group(bars, Panel(log, title="groundswell run", height=LOG_LINES + 2))
