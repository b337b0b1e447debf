"""``groundswell run``: the loop."""

from __future__ import annotations

import logging
import os
import signal
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.frame import INTERRUPTED, ConfigPath, commands, configured
from bot.cli.hints import with_config

if TYPE_CHECKING:
    from bot.app import App
    from bot.loop import Stop

app = commands()

LogFormat = Annotated[
    str | None,
    typer.Option("--log-format", metavar="text|json", help="Lines for people, or JSON."),
]


@app.command()
def run(
    ctx: typer.Context,
    *,
    config: ConfigPath = None,
    once: Annotated[bool, typer.Option("--once", help="Do one pass and stop.")] = False,
    safe_start: Annotated[
        bool,
        typer.Option("--safe-start", help="Read the timelines first: the database was put back."),
    ] = False,
    log_format: LogFormat = None,
) -> None:
    """Publish posts when they are due, and record engagement, until Ctrl-C.

    Reads the campaign files again when they change. One instance runs on a database file, and a
    second one ends with 3 and names the first; on a PostgreSQL, several share the work.
    """
    from bot import logs
    from bot.app import opened
    from bot.clock import SystemClock

    if log_format not in {None, "text", "json"}:
        raise typer.BadParameter("it is text or json", param_hint="--log-format")
    settings = configured(config)
    clock = SystemClock()
    logs.set_up(
        form=log_format or settings.log_format,
        level=settings.log_level,
        redactor=ctx.obj.redactor,
        now=clock.now,
        hint=with_config,
    )
    with opened(settings, os.environ, clock=clock, redactor=ctx.obj.redactor) as opened_app:
        _run(opened_app, once=once, safe_start=safe_start)


def _run(running: App, *, once: bool, safe_start: bool) -> None:
    from bot.loop import begin, signals

    with signals() as stop, running.held(safe_start=safe_start):
        begin(running)
        if once:
            running.once()
        else:
            _beat(running, stop)
    if stop.signal == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _beat(running: App, stop: Stop) -> None:
    from bot.loop import beat, log

    def stopping() -> bool:
        # In steps, so that signals are seen on every system.
        if not stop.event.wait(0.5):
            return False
        log.info("stopping, as soon as what is on the wire is answered; Ctrl-C ends it at once")
        return True

    log.info("running; Ctrl-C stops")
    try:
        beat(running, stopping)
    except KeyboardInterrupt:
        _end_at_once()
    log.info("stopped; what is queued stays queued")


def _end_at_once() -> NoReturn:
    """End as if killed: an answer may be half a minute away, and Python would wait for it.

    The database stays held until the very end. What was on the wire has its intent on disk.
    """
    from bot.loop import log

    log.warning("ended at once; the next run finds out what became of what was on the wire")
    logging.shutdown()
    os._exit(INTERRUPTED)
