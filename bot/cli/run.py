"""``groundswell run``, ``pause`` and ``resume`` run the loop, and stop or continue sending."""

from __future__ import annotations

import logging
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli import options, output
from bot.cli.main import INTERRUPTED, load_config, open_loop_app
from bot.cli.output import with_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.runtime.loop import StopRequest
    from bot.runtime.loop_app import LoopApp
    from bot.runtime.systemd import ServiceManager
    from bot.services.views_running import PauseView


def run(
    ctx: typer.Context,
    *,
    config: options.ConfigPath = None,
    once: Annotated[
        bool,
        typer.Option("--once", help="Publish and read everything that is due, once, then stop."),
    ] = False,
    safe_start: Annotated[
        bool,
        typer.Option(
            "--safe-start",
            help="Read the timelines before sending; use it after you have restored the database.",
        ),
    ] = False,
    log_format: Annotated[
        Literal["text", "json"] | None,
        typer.Option(metavar="text|json", help="Write log lines for people, or as JSON."),
    ] = None,
) -> None:
    """Publish posts when they are due, and record engagement, until Ctrl-C.

    The campaign files are read again when they change. Only one instance can run on a database
    file. A second one names the first and ends with exit code 3. On PostgreSQL, several share the
    work.
    """
    from bot.clock import Clock
    from bot.runtime import logs
    from bot.runtime.loop import start_up, stop_on_signals
    from bot.runtime.systemd import connect

    manager = connect(os.environ)
    manager.status("starting: it opens the database, and reads the campaign files")
    settings = load_config(config)
    logs.configure_logging(
        log_format=log_format or settings.log_format,
        level=settings.log_level,
        redactor=ctx.obj.redactor,
        now=Clock().now,
        hint=with_config,
    )
    with (
        open_loop_app(settings, ctx.obj.redactor) as running,
        stop_on_signals() as stop,
        running.registered(safe_start=safe_start),
        _ending_at_once(stop),
    ):
        start_up(running)
        if once:
            running.run_once()
        else:
            _run_until_stopped(running, stop, manager)
    if stop.signal == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _run_until_stopped(running: LoopApp, stop: StopRequest, manager: ServiceManager) -> None:
    from bot.runtime.loop import STOP_SECONDS, log, run_until

    def stopping() -> bool:
        # Wait in steps, so that signals are noticed on every system.
        if not stop.wait(0.5):
            return False
        at_once = "Ctrl-C stops at once"
        if stop.signal == signal.SIGTERM:
            at_once = f"in {STOP_SECONDS:.0f} s in any case"
        log.info("stopping when the requests in progress are answered; %s", at_once)
        return True

    log.info("running; Ctrl-C stops")
    run_until(running, stopping, manager)
    log.info("stopped; queued posts stay queued")


@contextmanager
def _ending_at_once(stop: StopRequest) -> Iterator[None]:
    """Let a second signal end the process as if it were killed, without waiting for responses.

    They may take half a minute. The database stays locked until the very end, and the intents of
    the requests in progress are on disk.
    """
    from bot.runtime.loop import log

    try:
        yield
    except KeyboardInterrupt:
        stop.end_timer()
        log.warning("stopped at once; the next run checks the requests in progress")
        logging.shutdown()
        os._exit(0 if stop.signal == signal.SIGTERM else INTERRUPTED)


# --- pause and resume -----------------------------------------------------------------------------

AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="Only this account.")
]
PlatformOption = Annotated[
    str | None,
    typer.Option("--platform", metavar="NAME", help="Only the accounts on this platform."),
]


def pause(
    *,
    account: AccountOption = None,
    campaign: options.Campaign = None,
    platform: PlatformOption = None,
    why: Annotated[
        str, typer.Option(help="The reason, which is shown with every post that waits.")
    ] = "",
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Stop posting everywhere, or on one account, campaign or platform.

    A running loop sends nothing more from now on. Posts that are being sent at this moment are
    listed. The command warns if no loop runs on this database, because a loop on another database
    would continue. A post that stays paused longer than its grace is missed, so that not all posts
    are sent at once after the pause.

    Example: groundswell pause --campaign our-campaign --why "the hearing is postponed"
    """
    from bot.services import pausing

    scope, name = _parse_scope(account, campaign, platform)
    settings = load_config(config, without_extras=True)  # nothing stands in the way of a stop
    paused = pausing.pause(settings, scope, name, why, who, os.environ)
    if paused.stop_file:
        output.error_line(with_config(f"The database cannot be used: {paused.why_not}"))
        until = with_config("until groundswell resume")
        output.error_line(f"Instead, {paused.stop_file} stops everything on this machine {until}.")
    if not paused.is_new:
        output.error_line("It was paused already.")
    if paused.loop_runs is False:
        nobody = f"No loop runs on {settings.database_name}"
        output.error_line(f"{nobody}. A loop that is started now will be paused.")
    lines = pause_lines(paused.pauses)
    if paused.on_the_wire:
        lines += ["Being sent, may still leave:", *(f"  {key}" for key in paused.on_the_wire)]
    output.emit(paused, lambda: lines, as_json=as_json)


def resume(
    *,
    account: AccountOption = None,
    campaign: options.Campaign = None,
    platform: PlatformOption = None,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """End a pause of everything, or of one account, campaign or platform.

    The end of a pause of everything also removes the file PAUSE beside the config.
    """
    from bot.services import pausing

    scope, name = _parse_scope(account, campaign, platform)
    settings = load_config(config)
    resumed = pausing.resume(settings, scope, name, who, os.environ)
    if not resumed.loop_runs:
        start = with_config("groundswell run")
        nobody = f"No loop runs on {settings.database_name}"
        output.error_line(f"{nobody}, so no posts are sent: {start}")
    done = f"Resumed: {f'{scope} {name}' if name else 'everything'}."
    lines = [done, "Nothing is paused now."]
    if resumed.pauses:
        lines = [f"{done} Still paused:", *pause_lines(resumed.pauses)]
    output.emit(resumed, lambda: lines, as_json=as_json)


def _parse_scope(
    account: str | None, campaign: str | None, platform: str | None
) -> tuple[str, str]:
    named = {"account": account, "campaign": campaign, "platform": platform}
    given = [(scope, name) for scope, name in named.items() if name]
    if len(given) > 1:
        raise typer.BadParameter("use only one of --account, --campaign and --platform")
    return given[0] if given else ("all", "")


def pause_lines(pauses: Sequence[PauseView]) -> list[str]:
    """Return a line for each pause."""
    return [
        with_config(f"{pause.what}, since {pause.since:%Y-%m-%d %H:%M} UTC") for pause in pauses
    ]
