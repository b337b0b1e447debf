"""The campaigns whose files ask for fewer approvals than before, and confirming that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.web_addresses import APPROVALS, TODAY
from bot.services import approving

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.visit import Visit


def show(visit: Visit) -> Response:
    """Show these campaigns, each with a button for who may confirm it."""
    scope = visit.user.scope
    floors = [of for of in approving.held_floors(visit.app) if scope.sees_campaign(of.campaign)]
    return visit.page("floors.html.j2", floors=floors)


def lower(visit: Visit) -> Response:
    """Let a campaign need only as many approvals as its file asks for."""
    done = approving.lower_floor(visit.app, visit.value("campaign"), visit.user)
    line = f"Posts of {done.campaign} need {done.needed} instead of {done.before} approvals now."
    return visit.result("Confirmed", [line], links=[("Approvals", APPROVALS), ("Today", TODAY)])
