"""The page on which people approve and refuse posts, and the answers to its forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bot.errors import Problem, UserError
from bot.model import Role
from bot.model.web_addresses import APPROVALS, TODAY
from bot.services import approvals_page, approving, refusing
from bot.services.approvals_page import Shown
from bot.web.pictures import pictures_of
from bot.web.post import changes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.responses import Response

    from bot.services.deciding import Decisions
    from bot.web.visit import Visit

_LINKS = [("Approvals", APPROVALS), ("Today", TODAY)]

_OF_INPUT = frozenset({"Q515"})
"""The codes of problems that another reason mends. All others need the page again."""


def show(visit: Visit) -> Response:
    """Show the waiting posts whole, the next due first, and the refused ones."""
    return visit.page(
        "approvals.html.j2",
        page=approvals_page.read_page(visit.app, visit.user, visit.page_number),
        may_decide=visit.user.role.may(Role.APPROVE),
        pictures_of=pictures_of,
        changes_of=changes_of,
    )


def approve(visit: Visit) -> Response:
    """Approve the posts that were shown and ticked, each only if it is still as it was shown."""

    def act(shown: Shown) -> _Done | None:
        post = approvals_page.find_shown(visit.app, shown, visit.user.scope)
        if post is None:
            return None
        made = approving.approve(visit.app, post, visit.user)
        waits = approvals_page.still_waits(visit.app, post)
        after = "It waits for another person." if waits else "It has its approvals."
        return _Done(made, f"You approved {{name}} on {{on}}. {after}")

    return _decide(visit, act, "Approved", "Not approved")


def refuse(visit: Visit) -> Response:
    """Refuse a post with a reason, if it is still as it was shown."""

    def act(shown: Shown) -> _Done | None:
        post = approvals_page.find_any_shown(visit.app, shown, visit.user.scope)
        if post is None:
            return None
        made = refusing.refuse(visit.app, post, visit.user.name, visit.value("why"))
        after = "It is not sent until it is edited, or until somebody takes the refusal back."
        return _Done(made, f"You refused {{name}} on {{on}}. {after}")

    return _decide(visit, act, "Refused", "Not refused")


def withdraw(visit: Visit) -> Response:
    """Withdraw a person's own approvals of a post."""

    def act(shown: Shown) -> _Done | None:
        made = approvals_page.withdraw(visit.app, shown, visit.user.name, visit.user.scope)
        words = "You withdrew your approval of {name} on {on}. It needs a new one."
        return _Done(made, words) if made else None

    return _decide(visit, act, "Withdrawn", "Not withdrawn")


def take_back(visit: Visit) -> Response:
    """Take back the refusals that were shown."""

    def act(shown: Shown) -> _Done | None:
        made = approvals_page.take_back(visit.app, shown, visit.value("refused"), visit.user)
        return _Done(made, "You took the refusal of {name} on {on} back.") if made else None

    return _decide(visit, act, "The refusal is taken back", "Still refused")


class _Done(NamedTuple):
    """The result for a post that was as it was shown."""

    decisions: Decisions
    words: str
    """The sentences about it, with places for its ``name`` and the accounts that it is ``on``."""


def _decide(
    visit: Visit,
    act: Callable[[Shown], _Done | None],
    done: str,
    not_done: str,
) -> Response:
    """Act on each post that the form names, and say what was done and what was not.

    ``act`` returns None for a post that is not as it was shown.
    """
    lines: list[str] = []
    problems: list[Problem] = []
    for shown in _posts(visit):
        try:
            made = act(shown)
        except UserError as error:
            problems += error.problems
            continue
        lines += _lines(made) if made else ()
        problems += made.decisions.problems if made else [_stale(visit, shown)]
    title = f"{done} in part" if lines and problems else done if lines else not_done
    status = 200 if lines else 409
    correctable = all(problem.code in _OF_INPUT for problem in problems)
    return visit.result(
        title, lines, links=_LINKS, problems=problems, status=status, correctable=correctable
    )


def _posts(visit: Visit) -> list[Shown]:
    """Return what the form says that was shown. Raise UserError if it names no post."""
    values = [value for value in visit.form.get("post", ()) if value.strip()]
    if not values:
        message, hint = "No post was chosen.", "Tick the posts, and then press the button."
        raise UserError([Problem("approvals", 0, 0, "W102", message, hint)])
    return [Shown.parse(value) for value in dict.fromkeys(values)]


def _stale(visit: Visit, shown: Shown) -> Problem:
    """Return that a post is not as it was shown, with what is different now."""
    name = shown.typed.partition("@")[0]
    now = " ".join(approvals_page.describe_now(visit.app, shown, visit.user.scope))
    message = f"{name} is not as it was shown. {now}"
    return Problem(name, 0, 0, "Q503", message, "Nothing was done about it. Read it again.")


def _lines(made: _Done) -> Iterator[str]:
    for post in made.decisions.posts:
        if not post.done:
            continue
        yield made.words.format(name=post.name, on=", ".join(post.done))
        for account in post.accounts:
            if not account.done:
                yield f"Not on {account.account}: {account.why}"
