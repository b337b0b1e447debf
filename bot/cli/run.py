"""``groundswell run``, ``pause`` and ``resume``: the loop, and whether it sends."""

from __future__ import annotations

import logging
import os
import signal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli import options, output
from bot.cli.main import INTERRUPTED, load_config, open_app
from bot.cli.output import with_config
from bot.errors import Problem, StoreError, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Pause
    from bot.runtime.app import App
    from bot.runtime.loop import StopRequest


def run(
    ctx: typer.Context,
    *,
    config: options.ConfigPath = None,
    once: Annotated[bool, typer.Option("--once", help="Do one pass, then stop.")] = False,
    safe_start: Annotated[
        bool,
        typer.Option(
            "--safe-start", help="Read the timelines first: use it after restoring the database."
        ),
    ] = False,
    log_format: Annotated[
        Literal["text", "json"] | None,
        typer.Option(metavar="text|json", help="Lines for people, or JSON."),
    ] = None,
) -> None:
    """Publish posts when they are due, and record engagement, until Ctrl-C.

    The campaign files are read again when they change. Only one instance runs on a database file: a
    second one names the first and ends with exit code 3. On PostgreSQL, several share the work.
    """
    from bot.clock import Clock
    from bot.runtime import logs
    from bot.runtime.loop import start_up, stop_on_signals

    settings = load_config(config)
    logs.configure_logging(
        log_format=log_format or settings.log_format,
        level=settings.log_level,
        redactor=ctx.obj.redactor,
        now=Clock().now,
        hint=with_config,
    )
    with (
        open_app(settings, redactor=ctx.obj.redactor) as running,
        stop_on_signals() as stop,
        running.registered(safe_start=safe_start),
    ):
        start_up(running)
        if once:
            running.run_once()
        else:
            _run_until_stopped(running, stop)
    if stop.signal == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _run_until_stopped(running: App, stop: StopRequest) -> None:
    """Run the loop until a signal; a second Ctrl-C ends the process as if it were killed."""
    from bot.runtime.loop import log, run_until

    def stopping() -> bool:
        # Wait in steps, so that signals are noticed on every system.
        if not stop.wait(0.5):
            return False
        log.info("stopping, as soon as requests in progress are answered; Ctrl-C stops at once")
        return True

    log.info("running; Ctrl-C stops")
    try:
        run_until(running, stopping)
    except KeyboardInterrupt:
        # Python would wait for responses, which may take half a minute. The database stays locked
        # until the very end, and the intent to send what was being sent is on disk.
        later = "the next run finds out what became of the requests in progress"
        log.warning("stopped at once; %s", later)
        logging.shutdown()
        os._exit(INTERRUPTED)
    log.info("stopped; what is queued stays queued")


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
    why: Annotated[str, typer.Option(help="The reason, which is shown with every post.")] = "",
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Stop posting: everything, or one account, campaign or platform.

    A running loop sends nothing more from now on; what is being sent at this moment is listed. It
    warns if no loop runs on this database, as one on another database would continue. Posts that
    are paused past their grace are missed, so that they are not all sent at once afterwards.
    """
    from bot.database.workers import running_workers
    from bot.model import PauseCause, PauseRequest, State
    from bot.store.pauses import StopFile

    scope, name = _parse_scope(account, campaign, platform)
    settings = load_config(config)
    request = PauseRequest(scope, name, why or "no reason given", PauseCause.PERSON)
    loop_runs: bool | None = None  # unknown, without the database
    sending: list[str] = []
    try:
        with open_app(settings) as opened_app:
            _check_name(opened_app, scope, name)
            is_new = opened_app.queue.pause(request, who, opened_app.clock.now())
            sending = [post.key for post in opened_app.queue.in_states([State.SENDING])]
            loop_runs = bool(running_workers(opened_app.database))
            pauses = opened_app.queue.pauses()
    except StoreError as error:
        stop = StopFile.beside(settings.path)
        stop.write(f"{request.why} ({who})")
        output.error_line(with_config(f"The database cannot be used: {error}"))
        until = with_config("until groundswell resume")
        output.error_line(f"So {stop.path} stops everything on this machine, {until}.")
        pauses = list(filter(None, [stop.pause()]))
    else:
        if not is_new:
            output.error_line("It was paused already.")
        if not loop_runs:
            nobody = f"No loop runs on {settings.database_name}"
            output.error_line(f"{nobody}, so none stops now; one that is started will wait.")
    _emit_pauses(pauses, {"on_the_wire": sending, "loop_runs": loop_runs}, as_json=as_json)


def resume(
    *,
    account: AccountOption = None,
    campaign: options.Campaign = None,
    platform: PlatformOption = None,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """End a pause: the one of everything, or of one account, campaign or platform.

    A file named PAUSE beside the config stops everything, too; it is removed.
    """
    from bot.database.workers import running_workers
    from bot.store.pauses import StopFile

    scope, name = _parse_scope(account, campaign, platform)
    settings = load_config(config)
    with open_app(settings) as opened_app:
        # The file first: where it cannot be removed, no pause may be reported as ended.
        lifted = int(scope == "all" and StopFile.beside(settings.path).remove())
        lifted += opened_app.queue.resume(scope, name, who, opened_app.clock.now())
        pauses, loop_runs = opened_app.queue.pauses(), bool(running_workers(opened_app.database))
    if not lifted:
        what = f"{scope} {name}".strip()
        now = "; ".join(f"{pause} ({pause.resume_command})" for pause in pauses)
        hint = f"Now: {now}." if now else "Nothing is paused."
        raise UserError([Problem("resume", 0, 0, "Q301", f"Not paused: {what}.", hint)])
    if not loop_runs:
        start = with_config("groundswell run")
        nobody = f"No loop runs on {settings.database_name}"
        output.error_line(f"{nobody}, so nothing is sent: {start}")
    what = f"{scope} {name}".strip() if name else "everything"
    value = {"lifted": lifted, "loop_runs": loop_runs}
    _emit_pauses(pauses, value, done=f"Resumed: {what}.", as_json=as_json)


def _parse_scope(
    account: str | None, campaign: str | None, platform: str | None
) -> tuple[str, str]:
    named = {"account": account, "campaign": campaign, "platform": platform}
    given = [(scope, name) for scope, name in named.items() if name]
    if len(given) > 1:
        raise typer.BadParameter("use only one of --account, --campaign and --platform")
    return given[0] if given else ("all", "")


def _check_name(opened_app: App, scope: str, name: str) -> None:
    """Raise UserError for an unknown name: a misspelled pause would stop nothing."""
    from bot.authoring.checking import check
    from bot.platforms import PLATFORMS
    from bot.store.queue import UNFINISHED
    from bot.yamlsource.problems import require_name

    if scope == "all":
        return
    if scope == "platform":
        known = set(PLATFORMS)
    else:
        queued = opened_app.queue.in_states(UNFINISHED)
        known = {getattr(delivery, scope) for delivery in queued}
        if scope == "account":
            known |= set(opened_app.config.accounts)
        else:
            campaigns = check(opened_app.config, opened_app.clock.now()).campaigns
            known |= {campaign.id for campaign in campaigns}
    require_name("pause", scope, name, known)


def _emit_pauses(
    pauses: Sequence[Pause], value: dict[str, Any], *, done: str = "", as_json: bool
) -> None:
    """Print what was done, the pauses that are in force, and the posts that may still leave."""
    lines = [with_config(f"{pause}, since {pause.since:%Y-%m-%d %H:%M} UTC") for pause in pauses]
    if done:
        lines = (
            [f"{done} Still in force:", *lines] if lines else [done, "Nothing is paused any more."]
        )
    if sending := value.get("on_the_wire"):
        lines += ["Being sent, and may still leave:", *(f"  {key}" for key in sending)]
    output.emit({"pauses": pauses, **value}, lambda: lines, as_json=as_json)
