"""Pause and resume everything, or one account, campaign or platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem, StoreError, UserError
from bot.model import Pause, PauseCause, PauseRequest, PostKey, State
from bot.schedules.local_time import format_local
from bot.services.database import loop_runs
from bot.services.queue import format_due
from bot.services.views_running import HeldByPause, PauseView, PausingView, ResumingView
from bot.store.pauses import StopFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.config import Config
    from bot.model import Scope
    from bot.runtime.app import App

NO_REASON = "no reason given"
"""The reason of a pause for which nobody typed one."""


def pause(
    config: Config, scope: str, name: str, why: str, who: str, environ: Mapping[str, str]
) -> PausingView:
    """Stop posting. If the database cannot be used, a file beside the config stops everything.

    Raise UserError for an unknown name, because a misspelled pause would stop nothing.
    """
    from bot.runtime.app import create_app

    try:
        with create_app(config, environ) as app:
            return pause_now(app, scope, name, why, who)
    except StoreError as error:
        return stop_by_file(config, why, who, error)


def pause_now(app: App, scope: str, name: str, why: str, who: str) -> PausingView:
    """Stop posting through an open database. Raise UserError for an unknown name, or StoreError."""
    _require_known(app, scope, name)
    request = PauseRequest(scope, name, why or NO_REASON, PauseCause.PERSON)
    is_new = app.queue.pause(request, who, app.clock.now())
    return PausingView(
        pauses=_views(app.queue.pauses()),
        on_the_wire=tuple(found.key for found in app.queue.in_states([State.SENDING])),
        loop_runs=loop_runs(app),
        is_new=is_new,
    )


def stop_by_file(config: Config, why: str, who: str, error: StoreError) -> PausingView:
    """Stop everything on this machine by a file, because the database cannot be used.

    Raise UserError with both reasons if the file cannot be written either.
    """
    stop = StopFile.beside(config.path)
    try:
        stop.write(f"{why or NO_REASON} ({who})")
    except OSError as failed:
        message = f"Nothing is paused. This file cannot be written ({failed.strerror}), and the "
        message += f"database cannot be used ({error})."
        hint = "Run this as the user of the loop (sudo -u), or stop the loop itself."
        raise UserError([Problem(str(stop.path), 0, 0, "Q303", message, hint)]) from failed
    found = stop.pause()
    return PausingView(
        pauses=_views([found] if found else []), stop_file=str(stop.path), why_not=str(error)
    )


def resume(
    config: Config, scope: str, name: str, who: str, environ: Mapping[str, str]
) -> ResumingView:
    """End a pause, including the stop file for everything. Raise UserError if there is none."""
    from bot.runtime.app import create_app

    with create_app(config, environ) as app:
        return resume_now(app, scope, name, who)


def resume_now(app: App, scope: str, name: str, who: str) -> ResumingView:
    """End a pause through an open database, as ``resume`` does."""
    # The file comes first. If it cannot be removed, no pause may be reported as ended.
    lifted = int(scope == "all" and StopFile.beside(app.config.path).remove())
    lifted += app.queue.resume(scope, name, who, app.clock.now())
    pauses = app.queue.pauses()
    if not lifted:
        what = f"{scope} {name}".strip()
        now = "; ".join(f"{found} ({found.resume_command})" for found in pauses)
        hint = f"Still paused: {now}." if now else "Nothing is paused."
        raise UserError([Problem("resume", 0, 0, "Q301", f"Not paused: {what}.", hint)])
    return ResumingView(_views(pauses), lifted, loop_runs(app))


def _views(pauses: Iterable[Pause]) -> tuple[PauseView, ...]:
    return tuple(map(PauseView.of, pauses))


def held_by(app: App, pause: PauseView, scope: Scope) -> HeldByPause:
    """Return the queued posts that a pause holds. Others may hold them, too."""
    now = app.clock.now()
    found = Pause(0, pause.scope, pause.name, pause.why, pause.who, pause.since, pause.cause)
    held = [
        of
        for of in app.queue.in_states([State.SCHEDULED])
        if found.covers(of) and now <= of.deadline and scope.sees(of.campaign, of.account)
    ]
    first = min(held, key=lambda of: of.due, default=None)
    return HeldByPause(
        posts=len({PostKey.of(of) for of in held}),
        due=len({PostKey.of(of) for of in held if of.due <= now}),
        next=format_due(first) if first else "",
        until=format_local(first.deadline, first.timezone) if first else "",
    )


def known_campaigns(app: App) -> list[str]:
    """Return the campaigns of queued posts and of the files, as far as these were read already."""
    from bot.store.queue import UNFINISHED

    queued = {delivery.campaign for delivery in app.queue.in_states(UNFINISHED)}
    return sorted(queued | {campaign.id for campaign in app.queue_sync.files.campaigns})


def _require_known(app: App, scope: str, name: str) -> None:
    from bot.platforms import PLATFORMS
    from bot.store.queue import UNFINISHED
    from bot.yamlsource.problems import require_name

    if scope == "all":
        return
    if scope == "platform":
        known = set(PLATFORMS)
    elif scope == "account":
        queued = app.queue.in_states(UNFINISHED)
        known = {*app.config.accounts, *(delivery.account for delivery in queued)}
    else:
        known = {*known_campaigns(app)}
        if name not in known:  # a campaign without a queued post; reading all files takes longer
            checked = app.queue_sync.files.check(app.clock.now())
            known |= {campaign.id for campaign in checked.campaigns}
    require_name("pause", scope, name, known)
