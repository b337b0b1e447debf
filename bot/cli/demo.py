"""``groundswell demo``: the example campaign, from its YAML to the report, in under a minute."""

from __future__ import annotations

import logging
import sys
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli import output
from bot.cli.frame import INTERRUPTED, commands
from bot.cli.report import BY, rendered, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.demo import Demo
    from bot.secrets import Redactor

app = commands()

LINES = 12
"""Lines of the log that the live view shows."""


@app.command()
def demo(
    ctx: typer.Context,
    *,
    folder: Annotated[
        Path,
        typer.Option("--folder", metavar="DIR", help="Where its database and page go."),
    ] = Path("groundswell-demo"),
    posts: Annotated[
        Path | None,
        typer.Option("--posts", metavar="DIR", help="Another campaign folder to play."),
    ] = None,
    speed: Annotated[
        float,
        typer.Option("--speed", min=60, help="Seconds of campaign time a second."),
    ] = 12_000,
) -> None:
    """Watch the example campaign run against a sandbox: queued, published, counted, reported.

    Nothing leaves this machine. The loop and the X adapter are the real ones; only the clock is
    fast and the platform simulated. Ends with 1 if anything was not posted exactly once.
    """
    from bot.demo import example, set_up
    from bot.loop import signals

    redactor: Redactor = ctx.obj.redactor
    with signals() as stop, set_up(folder, posts or example(), redactor, speed) as played:
        _opening(played)
        with _view(played, redactor) as tick:
            played.play(lambda: tick() or stop.event.wait(0.1))
        if stop.event.is_set():
            raise typer.Exit(INTERRUPTED)
        played.read_all()
        _closing(played, folder)


def _opening(played: Demo) -> None:
    output.line("Groundswell demo: the example campaign on a simulated X. Nobody sees these posts.")
    output.line(f"The sandbox is at {played.url} while this runs: open it to see the posts.")
    output.line()
    sys.stdout.flush()


def _closing(played: Demo, folder: Path) -> None:
    from bot.evidence import gather

    now = played.app.clock.now()
    evidence = gather(played.app, played.campaigns, now=now)
    sys.stdout.write(rendered(evidence, "terminal", ("campaign", "demand", "event", "post"), now))
    page = folder / "report.html"
    write(page, rendered(evidence, "html", BY, now))
    differences = played.differences()
    for difference in differences:
        output.error_line(f"demo: {difference}")
    if differences:
        raise typer.Exit(1)
    sums = played.sums()
    if played.approved:
        texts = output.count(played.approved, "text")
        output.line(f"{texts} approved by demo, as a person would with groundswell review.")
    count = output.count(len(evidence.publications), "post")
    output.line(f"{count} in the sandbox, each exactly once.")
    output.line(
        f"The report's totals equal the sandbox's own: {sums['impressions']:,} impressions, "
        f"{sums['likes']:,} likes, {sums['reposts']:,} reposts.",
    )
    output.line(f"The page is {page.resolve()}")


# --- The live view --------------------------------------------------------------------------------


@contextmanager
def _view(played: Demo, redactor: Redactor) -> Iterator[Any]:
    """Show the loop at work: a live view on a terminal, plain log lines elsewhere."""
    if not sys.stdout.isatty():
        _log_to(logging.StreamHandler(sys.stdout), played, redactor)
        yield lambda: False
        return
    from rich.console import Console
    from rich.live import Live

    kept = _Kept()
    _log_to(kept, played, redactor)
    with Live(console=Console(), refresh_per_second=10) as live:

        def tick() -> bool:
            live.update(_frame(played, kept.lines))
            return False

        yield tick
        tick()


def _log_to(handler: logging.Handler, played: Demo, redactor: Redactor) -> None:
    from bot import logs

    now = played.app.clock.now
    logs.set_up(form="text", level="info", redactor=redactor, now=now, handler=handler)


class _Kept(logging.Handler):
    """Keeps the newest lines of the log for the live view."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(self.format(record).splitlines()[0])


def _frame(played: Demo, lines: deque[str]) -> Any:
    from rich.console import Group
    from rich.panel import Panel
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    now = played.app.clock.now()
    done, due = played.progress()
    elapsed, whole = now - played.start, played.end - played.start
    bars = Table.grid(padding=(0, 2))
    bars.add_row(
        f"{now.astimezone(ZoneInfo(played.timezone)):%a %d %b %Y, %H:%M}",
        ProgressBar(total=whole.total_seconds(), completed=elapsed.total_seconds(), width=40),
        played.timezone,
    )
    bars.add_row(
        "posts out", ProgressBar(total=max(due, 1), completed=done, width=40), f"{done} of {due}"
    )
    log = Text("\n".join(lines), no_wrap=True, overflow="ellipsis")
    return Group(bars, Panel(log, title="groundswell run", height=LINES + 2))
