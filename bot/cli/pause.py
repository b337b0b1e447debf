"""``groundswell pause`` and ``resume``: stop posting, and continue."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import output
from bot.cli.main import (
    ActorOption,
    CampaignOption,
    ConfigPath,
    Json,
    actor_name,
    command_group,
    load_config,
)
from bot.cli.output import with_config
from bot.errors import Problem, StoreError, UserError

if TYPE_CHECKING:
    from bot.config import Config
    from bot.model import Pause, PauseRequest
    from bot.runtime.app import App

pause_app = command_group()
resume_app = command_group()

AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="Only this account.")
]
PlatformOption = Annotated[
    str | None,
    typer.Option("--platform", metavar="NAME", help="Only the accounts on this platform."),
]


@pause_app.command()
def pause(
    *,
    account: AccountOption = None,
    campaign: CampaignOption = None,
    platform: PlatformOption = None,
    why: Annotated[
        str, typer.Option("--why", help="The reason, which is shown with every post.")
    ] = "",
    who: ActorOption = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Stop posting: everything, or one account, campaign or platform.

    A running loop sends nothing more from now on; what is being sent at this moment is listed. It
    warns if no loop runs on this database, as one on another database would continue. Posts that
    are paused past their grace are missed, so that they are not all sent at once afterwards.
    """
    from bot.model import PauseCause, PauseRequest

    scope, name = _parse_scope(account, campaign, platform)
    settings = load_config(config)
    request = PauseRequest(scope, name, why or "no reason given", PauseCause.PERSON)
    loop_runs: bool | None = None  # unknown, without the database
    try:
        is_new, loop_runs, pauses, sending = _set_pause(settings, request, actor_name(who))
    except StoreError as error:
        pauses, sending = _stop_by_file(settings, request, actor_name(who), error), []
    else:
        if not is_new:
            output.error_line("It was paused already.")
        if not loop_runs:
            output.error_line(
                f"{_no_loop_message(settings)}, so none stops now; one that is started will wait."
            )
    value = {
        "pauses": [_describe(pause) for pause in pauses],
        "on_the_wire": sending,
        "loop_runs": loop_runs,
    }
    output.emit(value, lambda: _lines(pauses, sending), as_json=as_json)


def _set_pause(
    config: Config, request: PauseRequest, who: str
) -> tuple[bool, bool, list[Pause], list[str]]:
    """Set a pause; return whether it is new, whether a loop runs, all pauses, what is being sent.

    Raises UserError for an unknown name: a misspelled pause would stop nothing.
    """
    from bot.model import State
    from bot.runtime.app import create_app
    from bot.yamlsource.problems import unknown_name

    scope, name = request.scope, request.name
    with create_app(config, os.environ) as app:
        if name and name not in (known := _known_names(app, scope)):
            raise UserError([unknown_name("pause", "Q302", scope, name, known)])
        is_new = app.queue.pause(request, who, app.clock.now())
        sending = [delivery.key for delivery in app.queue.in_states([State.SENDING])]
        return is_new, _loop_runs(app), app.queue.pauses(), sending


def _loop_runs(app: App) -> bool:
    from bot.database.workers import running_workers

    return bool(running_workers(app.database))


def _no_loop_message(config: Config) -> str:
    return f"No loop runs on {config.database_name}"


def _stop_by_file(
    config: Config, request: PauseRequest, who: str, error: StoreError
) -> list[Pause]:
    """Stop everything by a file, as the database cannot be written; print that."""
    from bot.store.pauses import StopFile

    stop = StopFile.beside(config.path)
    stop.write(f"{request.why} ({who})")
    output.error_line(with_config(f"The database cannot be used: {error}"))
    until = with_config("until groundswell resume")
    output.error_line(f"So {stop.path} stops everything on this machine, {until}.")
    pause = stop.pause()
    return [pause] if pause else []


@resume_app.command()
def resume(
    *,
    account: AccountOption = None,
    campaign: CampaignOption = None,
    platform: PlatformOption = None,
    who: ActorOption = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """End a pause: the one of everything, or of one account, campaign or platform.

    A file named PAUSE beside the config stops everything, too; it is removed.
    """
    from bot.runtime.app import create_app
    from bot.store.pauses import StopFile

    scope, name = _parse_scope(account, campaign, platform)
    settings = load_config(config)
    with create_app(settings, os.environ) as app:
        # The file first: where it cannot be removed, no pause may be reported as ended.
        lifted = int(scope == "all" and StopFile.beside(app.config.path).remove())
        lifted += app.queue.resume(scope, name, actor_name(who), app.clock.now())
        pauses, loop_runs = app.queue.pauses(), _loop_runs(app)
    if not lifted:
        what = f"{scope} {name}".strip()
        hint = f"Now: {'; '.join(map(str, pauses))}." if pauses else "Nothing is paused."
        raise UserError([Problem("resume", 0, 0, "Q301", f"Not paused: {what}.", hint)])
    if not loop_runs:
        start = with_config("groundswell run")
        output.error_line(f"{_no_loop_message(settings)}, so nothing is sent: {start}")
    described = [_describe(pause) for pause in pauses]
    value = {"pauses": described, "lifted": lifted, "loop_runs": loop_runs}
    output.emit(value, lambda: _lines(pauses, []), as_json=as_json)


def _parse_scope(
    account: str | None, campaign: str | None, platform: str | None
) -> tuple[str, str]:
    named = {"account": account, "campaign": campaign, "platform": platform}
    given = [(scope, name) for scope, name in named.items() if name]
    if len(given) > 1:
        raise typer.BadParameter("use only one of --account, --campaign and --platform")
    return given[0] if given else ("all", "")


def _known_names(app: App, scope: str) -> set[str]:
    from bot.authoring.checking import check
    from bot.platforms import PLATFORMS
    from bot.store.queue import UNFINISHED

    if scope == "platform":
        return set(PLATFORMS)
    queued = app.queue.in_states(UNFINISHED)
    if scope == "account":
        return {delivery.account for delivery in queued} | set(app.config.accounts)
    campaigns = check(app.config, app.clock.now()).campaigns
    return {delivery.campaign for delivery in queued} | {campaign.id for campaign in campaigns}


def _describe(pause: Pause) -> dict[str, Any]:
    return {name: getattr(pause, name) for name in ("scope", "name", "why", "who", "since")}


def _lines(pauses: list[Pause], sending: list[str]) -> list[str]:
    lines = [with_config(f"{pause}, since {pause.since:%Y-%m-%d %H:%M} UTC") for pause in pauses]
    lines = lines or ["Nothing is paused."]
    if sending:
        lines += ["Being sent already, and not to be stopped:", *(f"  {key}" for key in sending)]
    return lines
