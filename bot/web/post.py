"""Everything about one post at one moment, with the decision about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bot.model import ONCE, PostKey, Role, State
from bot.model.web_addresses import CALENDAR, TODAY, inbox_path, post_path
from bot.schedules.local_time import format_local
from bot.services import post_decisions, post_page
from bot.web.pictures import pictures_of
from bot.web.visit import see_other

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.services.views_approval import ApprovalView, ChangeView, EarlierApproval
    from bot.web.visit import Visit


def show(visit: Visit) -> Response:
    """Show a post at the moment that ``at`` names, or else at its next one."""
    app, scope, names = visit.app, visit.user.scope, (visit.path["campaign"], visit.path["post"])
    label = visit.query.get("at") or post_page.find_moment(app, *names, scope) or ONCE
    page = post_page.show_page(app, PostKey(*names, label), visit.user)
    if page is None:
        return _missing(visit)
    places = [place for version in page.versions for place in version.places]
    asked = any(place.delivery.state is State.NEEDS_HUMAN for place in places)
    may_decide = visit.user.role.may(Role.APPROVE)
    return visit.page(
        "post.html.j2",
        page=page,
        pictures_of=pictures_of,
        sources=[*dict.fromkeys(place.source for place in places if place.source)],
        changes_of=changes_of,
        path_at=lambda other: post_path(*names, other),
        to_settle=inbox_path(page.number) if asked and page.number else "",
        own_time=format_local(page.due, visit.zone.key) if visit.zone else "",
        may_decide=may_decide,
        may_withdraw=may_decide and post_decisions.may_withdraw(page, visit.user.name),
    )


def show_number(visit: Visit) -> Response:
    """Lead to the page of the post with this number."""
    key = post_page.find_number(visit.app, visit.path["number"], visit.user.scope)
    return see_other(post_path(*key)) if key else _missing(visit)


class Changes(NamedTuple):
    """What changed since the last approval, on the accounts on which that is the same."""

    on: str
    """Their places in words; "" if they are all accounts of the version that waits."""
    before: EarlierApproval | None
    """The last approval of an earlier version; None if nobody has approved one."""
    changes: tuple[ChangeView, ...]


def changes_of(view: ApprovalView) -> list[Changes]:
    """Return the changes since the last approval, each with its places."""
    groups: dict[tuple[EarlierApproval | None, tuple[ChangeView, ...]], list[str]] = {}
    for account in view.accounts:
        groups.setdefault((account.before, account.changes), []).append(account.place)
    return [
        Changes("" if len(on) == len(view.accounts) else " and ".join(on), before, changes)
        for (before, changes), on in groups.items()
    ]


def _missing(visit: Visit) -> Response:
    lines = [
        "It is not in the queue, and the campaign files do not plan it.",
        "Its name may have changed, or it is on accounts that you do not see.",
    ]
    links = [("Calendar", CALENDAR), ("Today", TODAY)]
    return visit.result("There is no such post", lines, links=links, status=404)
