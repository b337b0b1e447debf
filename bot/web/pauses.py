"""Pause and resume everything, an account or a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem, StoreError, UserError
from bot.model.web_addresses import PAUSES, TODAY
from bot.services import pausing
from bot.services.status import visible_pauses

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.services.views_running import PausingView
    from bot.web.visit import Visit

MAX_REASON = 300
"""Most characters of the reason of a pause."""

_TODAY = ("Today", TODAY)


def show(visit: Visit) -> Response:
    """Show the pauses in force, each with a button, and the form for a new one."""
    pauses = visible_pauses(visit.app, visit.user.scope)
    mine = [pause for pause in pauses if _may_change(visit, pause.scope, pause.name)]
    holds = {of: pausing.held_by(visit.app, of, visit.user.scope) for of in mine}
    choices = pause_choices(visit)
    return visit.page("pauses.html.j2", pauses=pauses, mine=mine, holds=holds, choices=choices)


def pause_choices(visit: Visit) -> list[tuple[str, str]]:
    """Return everything that this person may pause, as a value of the form and in words."""
    scope = visit.user.scope
    accounts = [name for name in visit.app.config.accounts if scope.sees_account(name)]
    campaigns = [name for name in pausing.known_campaigns(visit.app) if scope.sees_campaign(name)]
    choices = [
        *(("account " + name, f"the account {name}") for name in accounts),
        *(("campaign " + name, f"the campaign {name}") for name in campaigns),
    ]
    choices = [choice for choice in choices if _may_change(visit, *choice[0].split(" ", 1))]
    return [("all", "everything"), *choices] if scope.is_everything else choices


def pause(visit: Visit) -> Response:
    """Stop sending, and say what may still leave."""
    scope, name = _what(visit)
    why = " ".join(visit.value("why").split())[:MAX_REASON]
    try:
        paused = pausing.pause_now(visit.app, scope, name, why, visit.user.name)
    except StoreError as error:
        if scope != "all":
            raise
        paused = pausing.stop_by_file(visit.app.config, why, visit.user.name, error)
        lines = [
            f"The database cannot be used: {paused.why_not}.",
            f"The file {paused.stop_file} stops everything on this machine until it is resumed.",
        ]
        return visit.plain_page("stopped.html.j2", status=503, lines=lines)
    return visit.result(
        "Paused" if paused.is_new else "It was paused already",
        _pause_lines(visit, paused, scope, name),
        links=[("Resume", PAUSES), _TODAY],
    )


def resume(visit: Visit) -> Response:
    """End a pause, and say which ones remain."""
    scope, name = _what(visit)
    resumed = pausing.resume_now(visit.app, scope, name, visit.user.name)
    left = visible_pauses(visit.app, visit.user.scope)
    lines = [f"Resumed: {f'{scope} {name}' if name else 'everything'}."]
    lines += [f"Still {pause.what}." for pause in left] or ["Nothing is paused now."]
    lines += [] if resumed.loop_runs else ["No loop runs, so no posts are sent until one starts."]
    return visit.result("Resumed", lines, links=[_TODAY])


def _pause_lines(visit: Visit, paused: PausingView, scope: str, name: str) -> list[str]:
    pauses = visible_pauses(visit.app, visit.user.scope)
    lines = [f"{pause.what[:1].upper()}{pause.what[1:]}." for pause in pauses]
    sending = [key for key in paused.on_the_wire if _sees_key(visit, key)]
    if sending:
        lines += ["These posts were being sent at this moment and may still leave:", *sending]
    else:
        stopped = f"Nothing of the {scope} {name}" if name else "Nothing"
        lines.append(f"No post was being sent at this moment. {stopped} leaves any more.")
    if paused.loop_runs is False:
        lines.append("No loop runs on this database. One that is started now will be paused.")
    lines.append("A post that stays paused longer than its grace is missed and never sent late.")
    return lines


def _what(visit: Visit) -> tuple[str, str]:
    """Return the scope and name of a form. Raise UserError if this person may not change it."""
    scope, _, name = visit.value("what").partition(" ")
    known = (scope == "all" and not name) or (scope in {"account", "campaign", "platform"} and name)
    if not known:
        message, hint = "Nothing was chosen.", "Choose what to pause, or everything."
        raise UserError([Problem("pause", 0, 0, "W102", message, hint)])
    if not _may_change(visit, scope, name):
        message = f"{visit.user.name} may not pause or resume {name or 'everything'}."
        hint = "Ask somebody who sees all of it."
        raise UserError([Problem("pause", 0, 0, "W103", message, hint)])
    return scope, name


def _may_change(visit: Visit, kind: str, name: str) -> bool:
    """Return whether every post that a pause concerns is in the person's scope."""
    scope = visit.user.scope
    if kind == "account":
        return scope.campaigns is None and scope.sees_account(name)
    if kind == "campaign":
        return scope.accounts is None and scope.sees_campaign(name)
    return scope.is_everything


def _sees_key(visit: Visit, key: str) -> bool:
    """Return whether a delivery's key, ``campaign/post/account/moment``, is in the scope."""
    campaign, _, account, *_ = key.split("/", 3)
    return visit.user.scope.sees(campaign, account)
