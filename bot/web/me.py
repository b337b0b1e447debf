"""A person's own account: the password, the sessions, and the calendar feed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.services import managing, people
from bot.services.people import ROLE_WORDS

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.visit import Visit

_ME = ("My account", "/me")


def show(visit: Visit) -> Response:
    """Show who somebody is here, and what they can change about it."""
    account = managing.own_account(visit.app, visit.user)
    may = ROLE_WORDS[visit.user.role]
    return visit.page("me.html.j2", account=account, may=may, session=visit.signed_in.session)


def change_password(visit: Visit) -> Response:
    """Replace the password of a person who knows the one before, and sign them out everywhere."""
    has_password = managing.own_account(visit.app, visit.user).view.has_password
    if has_password and (refusal := _require_current(visit)):
        return refusal
    new, again = visit.exact_value("new"), visit.exact_value("again")
    managing.change_own_password(visit.app, visit.user, new, again)
    why = "Your password was changed, and you are signed out everywhere. Sign in with the new one."
    return visit.sign_in_page(why, name=visit.user.name)


def _require_current(visit: Visit) -> Response | None:
    """Return the answer to an address that guesses, or None. Raise UserError for a wrong password.

    Wrong passwords here count like those of the sign-in page.
    """
    slowing, name = visit.site.slowing, visit.user.name
    if wait := slowing.wait(visit.address, visit.now):
        seconds = int(wait.total_seconds()) + 1
        lines = [f"Too many wrong passwords. Try again in {seconds} seconds. Nothing was changed."]
        return visit.result("Not now", lines, links=[_ME], status=429)
    time.sleep(slowing.delay(name, visit.now))
    if not managing.knows_password(visit.app, visit.user, visit.exact_value("current")):
        slowing.note_failure(visit.address, name, visit.now)
        message = "The current password is another one. Nothing was changed."
        hint = "Ask an administrator for a login link if you forgot it."
        raise UserError([Problem("password", 0, 0, "U107", message, hint)])
    return None


def sign_out_everywhere(visit: Visit) -> Response:
    """End all sessions of a person, this one included."""
    people.end_sessions(visit.app, visit.user, visit.user.name)
    why = "You are signed out on all devices."
    return visit.sign_in_page(why, name=visit.user.name)


def make_feed(visit: Visit) -> Response:
    """Make the calendar feed, whose address the answer shows once."""
    address = managing.make_feed(visit.app, visit.user, visit.site.addresses.base)
    lines = [
        address,
        "Give this address to the calendar on your phone or desk, as a subscription.",
        "Whoever has it sees the posts that you see, without signing in.",
        "It is not shown again. A new one replaces it.",
    ]
    return visit.result("Your calendar feed", lines, links=[_ME])


def revoke_feed(visit: Visit) -> Response:
    """Revoke the calendar feed."""
    revoked = people.revoke_feed(visit.app, visit.user)
    line = "The address is dead." if revoked else "You had none. Nothing was done."
    return visit.result("Calendar feed", [line], links=[_ME])
