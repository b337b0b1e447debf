"""The posts whose outcome only a person can settle, with the evidence side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import Role
from bot.model.web_addresses import INBOX, TODAY
from bot.services import inbox, left_files
from bot.services.needs import describe_needs
from bot.text import pluralize
from bot.web.visit import whole_number

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from bot.services.views_status import UndecidedView
    from bot.web.visit import Visit

ANSWERS = ("sent", "not-sent", "drop")
"""The answers of a person, as the form sends them."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks at a timeline in a row that all saw the same."""

    first: datetime
    last: datetime
    count: int
    readable: bool
    """Whether the timeline could be read."""
    evidence: str
    """The observation in words."""
    matches: tuple[str, ...]
    """The addresses of posts that may be this one."""


def show(visit: Visit) -> Response:
    """List the posts to settle, those that were lost, and those that left the files."""
    view = inbox.read_inbox(visit.app, visit.user.scope)
    needs = describe_needs(view.needs_person)
    others = [need for need in needs if need.path.partition("#")[0] != INBOX]
    return visit.page("inbox.html.j2", inbox=view, others=others)


def show_one(visit: Visit) -> Response:
    """Show a post to settle, with what was sent and what stands on the timeline."""
    item = inbox.find_item(visit.app, _number(visit), visit.user.scope)
    if item is None:
        return _nothing_to_settle(visit)
    may = visit.user.role.may(Role.RUN)
    looks = {case.number: _looks(case) for case in item.undecided}
    return visit.page("inbox_item.html.j2", item=item, looks=looks, may_settle=may)


def _looks(case: UndecidedView) -> list[Looks]:
    """Return the looks that followed the attempts, because there may be one a minute."""
    looks = [look for attempt in case.attempts for look in attempt.looks]
    runs = groupby(looks, key=lambda look: (look.readable, look.evidence, look.matches))
    return [
        Looks(run[0].at, run[-1].at, len(run), *same) for same, run in ((k, [*g]) for k, g in runs)
    ]


def settle(visit: Visit) -> Response:
    """Record a person's answer, unless the post has gone on since the page was shown."""
    answer, number, who = visit.value("answer"), _number(visit), visit.user.name
    if answer not in ANSWERS:
        message, hint = "No answer was chosen.", "Choose one of the three."
        raise UserError([Problem("inbox", 0, 0, "W104", message, hint)])
    found = inbox.find_shown(visit.app, number, visit.value("shown"), visit.user.scope)
    if found is None:
        return _nothing_to_settle(visit, status=409)
    if answer == "sent":
        settled = inbox.settle_sent(visit.app, found, visit.value("id"), who)
    elif answer == "not-sent":
        settled = inbox.settle_not_sent(visit.app, found, who)
    else:
        settled = inbox.settle_drop(visit.app, found, who)
    on = f" on {settled.on}" if settled.on else ""
    line = f"{settled.name}{on} is {settled.state.value}: {settled.why}."
    return visit.result(
        "Settled",
        [line],
        links=[("The post", f"/posts/{settled.number}"), ("Inbox", INBOX), ("Today", TODAY)],
    )


def cancel_left(visit: Visit) -> Response:
    """Let the loop cancel the posts that left the files, if they are the ones that were shown."""
    if not visit.user.scope.is_everything:
        return _nothing_to_settle(visit, status=409)
    posts = left_files.permit_shown(visit.app, visit.value("digest"), visit.user.name)
    lines = [
        f"{pluralize(posts, 'post')} will be cancelled once the loop has read the files again.",
        "A post that comes back into the files before that is sent as planned.",
    ]
    return visit.result("They may go", lines, links=[("Inbox", INBOX), ("Today", TODAY)])


def _number(visit: Visit) -> int:
    return whole_number(visit.path["number"]) or 0


def _nothing_to_settle(visit: Visit, status: int = 404) -> Response:
    lines = [
        "This post does not wait for a person as it was shown.",
        "Somebody has settled it, it has gone on since, or it does not exist. Nothing was done.",
    ]
    return visit.result("Nothing to settle", lines, links=[("Inbox", INBOX)], status=status)
