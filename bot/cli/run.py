"""``groundswell run``: the loop."""

from __future__ import annotations

import logging
import os
import signal
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.main import INTERRUPTED, ConfigPath, command_group, load_config
from bot.cli.output import with_config

if TYPE_CHECKING:
    from bot.runtime.app import App
    from bot.runtime.loop import StopRequest

app = command_group()

LogFormatOption = Annotated[
    str | None,
    typer.Option("--log-format", metavar="text|json", help="Lines for people, or JSON."),
]


@app.command()
def run(
    ctx: typer.Context,
    *,
    config: ConfigPath = None,
    once: Annotated[bool, typer.Option("--once", help="Do one pass, then stop.")] = False,
    safe_start: Annotated[
        bool,
        typer.Option(
            "--safe-start", help="Read the timelines first: use it after restoring the database."
        ),
    ] = False,
    log_format: LogFormatOption = None,
) -> None:
    """Publish posts when they are due, and record engagement, until Ctrl-C.

    The campaign files are read again when they change. Only one instance runs on a database file: a
    second one names the first and ends with exit code 3. On PostgreSQL, several share the work.
    """
    from bot import logs
    from bot.clock import SystemClock
    from bot.runtime.app import create_app

    if log_format not in {None, "text", "json"}:
        raise typer.BadParameter("use text or json", param_hint="--log-format")
    settings = load_config(config)
    clock = SystemClock()
    logs.configure_logging(
        log_format=log_format or settings.log_format,
        level=settings.log_level,
        redactor=ctx.obj.redactor,
        now=clock.now,
        hint=with_config,
    )
    with create_app(settings, os.environ, clock=clock, redactor=ctx.obj.redactor) as opened_app:
        _run(opened_app, once=once, safe_start=safe_start)


def _run(running: App, *, once: bool, safe_start: bool) -> None:
    from bot.runtime.loop import start_up, stop_on_signals

    with stop_on_signals() as stop, running.registered(safe_start=safe_start):
        start_up(running)
        if once:
            running.run_once()
        else:
            _run_until_stopped(running, stop)
    if stop.signal == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _run_until_stopped(running: App, stop: StopRequest) -> None:
    from bot.runtime.loop import log, run_until

    def stopping() -> bool:
        # Wait in steps, so that signals are noticed on every system.
        if not stop.event.wait(0.5):
            return False
        log.info("stopping, as soon as requests in progress are answered; Ctrl-C stops at once")
        return True

    log.info("running; Ctrl-C stops")
    try:
        run_until(running, stopping)
    except KeyboardInterrupt:
        _end_at_once()
    log.info("stopped; what is queued stays queued")


def _end_at_once() -> NoReturn:
    """End as if killed: Python would wait for responses, which may take half a minute.

    The database stays locked until the very end. The intent to send what was being sent is on disk.
    """
    from bot.runtime.loop import log

    log.warning("stopped at once; the next run finds out what became of the requests in progress")
    logging.shutdown()
    os._exit(INTERRUPTED)
