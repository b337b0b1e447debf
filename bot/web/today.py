"""The first page: what leaves next, what needs a person, and the large button that stops it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model import Role
from bot.services.needs import describe_needs
from bot.services.status import read_status
from bot.web.pauses import pause_choices

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.visit import Visit


def show(visit: Visit) -> Response:
    """Show the status, as ``groundswell status`` does."""
    status = read_status(visit.app, visit.user.scope)
    alive = [worker for worker in status.workers if worker.state == "alive"]
    return visit.page(
        "today.html.j2",
        status_view=status,
        alive=alive,
        dead=[worker for worker in status.workers if worker.state != "alive"],
        needs=[*describe_needs(status.needs_person)],
        more=status.scheduled - len(status.next),
        choices=pause_choices(visit) if visit.user.role.may(Role.RUN) else [],
    )
