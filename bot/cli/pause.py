"""``groundswell pause`` and ``resume``: stop posting, and go on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import output
from bot.cli.frame import As, ConfigPath, Json, commands, configured, person
from bot.cli.hints import with_config
from bot.errors import Problem, StoreError, UserError

if TYPE_CHECKING:
    from bot.app import App
    from bot.config import Config
    from bot.model import Hold, Pause

pausing = commands()
resuming = commands()

Account = Annotated[str | None, typer.Option("--account", metavar="NAME", help="One account.")]
Campaign = Annotated[str | None, typer.Option("--campaign", metavar="ID", help="One campaign.")]
Platform = Annotated[
    str | None,
    typer.Option("--platform", metavar="NAME", help="All accounts on one platform."),
]


@pausing.command()
def pause(
    *,
    account: Account = None,
    campaign: Campaign = None,
    platform: Platform = None,
    why: Annotated[
        str, typer.Option("--why", help="The reason; it is shown with every post.")
    ] = "",
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Stop posting: everything, or one account, campaign or platform.

    A running loop sends nothing more from now on; what is on the wire already is listed. Where no
    loop runs on this database, that is said: one on another database goes on. Posts that are paused
    past their grace are missed; they do not flood out afterwards.
    """
    from bot.model import Cause, Hold

    scope, name = _scope(account, campaign, platform)
    settings = configured(config)
    hold = Hold(scope, name, why or "no reason given", Cause.PERSON)
    loop: bool | None = None  # who knows, without the database
    try:
        new, loop, pauses, on_the_wire = _pause(settings, hold, person(who))
    except StoreError as error:
        pauses, on_the_wire = _stop_by_file(settings, hold, person(who), error), []
    else:
        if not new:
            output.error_line("It was paused already.")
        if not loop:
            output.error_line(
                f"{_no_loop(settings)}, so this stops none; one that is started waits."
            )
    value = {
        "pauses": [_plain(one) for one in pauses],
        "on_the_wire": on_the_wire,
        "loop_runs": loop,
    }
    output.emit(value, lambda: _lines(pauses, on_the_wire), as_json=as_json)


def _pause(config: Config, hold: Hold, who: str) -> tuple[bool, bool, list[Pause], list[str]]:
    """Set it; return whether it is new, a loop runs, all that is paused, what is on the wire."""
    from bot.app import opened
    from bot.model import State

    with opened(config, os.environ) as app:
        _refuse_unknown(app, hold.scope, hold.name)
        new = app.queue.pause(hold, who, app.clock.now())
        on_the_wire = [one.key for one in app.queue.in_states([State.SENDING])]
        return new, _loop_runs(app), app.queue.pauses(), on_the_wire


def _loop_runs(app: App) -> bool:
    from bot.store.holder import running

    return bool(running(app.database))


def _no_loop(config: Config) -> str:
    return f"No loop runs on {config.database_name}"


def _stop_by_file(config: Config, hold: Hold, who: str, error: StoreError) -> list[Pause]:
    """Stop everything by the file, since the database cannot be written; say so."""
    from bot.store.stopfile import StopFile

    stop = StopFile.beside(config.path)
    stop.write(f"{hold.why} ({who})")
    output.error_line(with_config(f"The database cannot be used: {error}"))
    until = with_config("until groundswell resume")
    output.error_line(f"So {stop.path} stops everything on this machine, {until}.")
    pause = stop.pause()
    return [pause] if pause else []


@resuming.command()
def resume(
    *,
    account: Account = None,
    campaign: Campaign = None,
    platform: Platform = None,
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Lift a pause: the one of everything, or of one account, campaign or platform.

    A file called PAUSE beside the config stops everything too; it is taken away.
    """
    from bot.app import opened
    from bot.store.stopfile import StopFile

    scope, name = _scope(account, campaign, platform)
    settings = configured(config)
    with opened(settings, os.environ) as app:
        # The file first: where it cannot be taken away, nothing is said to be lifted.
        lifted = int(scope == "all" and StopFile.beside(app.config.path).remove())
        lifted += app.queue.resume(scope, name, person(who), app.clock.now())
        pauses, loop = app.queue.pauses(), _loop_runs(app)
    if not lifted:
        what = f"{scope} {name}".strip()
        hint = f"What is: {'; '.join(map(str, pauses))}." if pauses else "Nothing is."
        raise UserError([Problem("resume", 0, 0, "Q301", f"Not paused: {what}.", hint)])
    if not loop:
        start = with_config("groundswell run")
        output.error_line(f"{_no_loop(settings)}, so nothing goes out: {start}")
    value = {"pauses": [_plain(one) for one in pauses], "lifted": lifted, "loop_runs": loop}
    output.emit(value, lambda: _lines(pauses, []), as_json=as_json)


def _scope(account: str | None, campaign: str | None, platform: str | None) -> tuple[str, str]:
    named = {"account": account, "campaign": campaign, "platform": platform}
    given = [(scope, name) for scope, name in named.items() if name]
    if len(given) > 1:
        raise typer.BadParameter("name one of --account, --campaign and --platform")
    return given[0] if given else ("all", "")


def _refuse_unknown(app: App, scope: str, name: str) -> None:
    """Refuse a name that nothing has: whoever misspells one must not think that it is stopped."""
    from bot.campaigns.problems import did_you_mean

    if name and name not in (known := _known(app, scope)):
        message = f"There is no {scope} {name}."
        raise UserError([Problem("pause", 0, 0, "Q302", message, did_you_mean(name, known))])


def _known(app: App, scope: str) -> set[str]:
    from bot.checking import check
    from bot.platforms import PLATFORMS
    from bot.store.queue import WAITING

    if scope == "platform":
        return set(PLATFORMS)
    queued = app.queue.in_states(WAITING)
    if scope == "account":
        return {one.account for one in queued} | set(app.config.accounts)
    written = check(app.config, app.clock.now()).campaigns
    return {one.campaign for one in queued} | {one.id for one in written}


def _plain(pause: Pause) -> dict[str, Any]:
    names = ("scope", "name", "why", "who", "since")
    return {name: getattr(pause, name) for name in names}


def _lines(pauses: list[Pause], on_the_wire: list[str]) -> list[str]:
    told = [with_config(f"{pause}, since {pause.since:%Y-%m-%d %H:%M} UTC") for pause in pauses]
    told = told or ["Nothing is paused."]
    if on_the_wire:
        told += ["On the wire already, and not to be stopped:", *(f"  {k}" for k in on_the_wire)]
    return told
