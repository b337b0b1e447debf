"""Sign in by password or by a link, and sign out.

A link shows a button, and only the button uses it up, because programs that preview a link ask for
its address as well. Every way in makes a new session, so that nobody can prepare one for another.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.services import people
from bot.web.visit import see_other

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.model import User
    from bot.web.visit import Call, Visit

COOKIE = "groundswell"
"""The cookie's name on this machine's own address, where browsers allow no ``Secure``."""

SECURE_COOKIE = "__Host-groundswell"
"""Its name under ``https``. Browsers accept this name from this host alone, over ``https``."""


def show(call: Call) -> Response:
    """Show the form."""
    return call.sign_in_page(target=_next(call.query.get("next", "")))


def sign_in(call: Call) -> Response:
    """Check a name and a password, and open a session."""
    slowing, name = call.site.slowing, call.value("name")
    target = _next(call.value("next"))
    if wait := slowing.wait(call.address, call.now):
        seconds = int(wait.total_seconds()) + 1
        why = f"Too many wrong passwords from your address. Try again in {seconds} seconds."
        response = call.sign_in_page(why, 429, target, name)
        response.headers["retry-after"] = str(seconds)
        return response
    time.sleep(slowing.delay(name, call.now))
    user = people.sign_in(call.app, name, call.exact_value("password"), call.address)
    if user is None:
        slowing.note_failure(call.address, name, call.now)
        why = "This name and this password do not belong together. Ask for a link if you forgot it."
        return call.sign_in_page(why, 401, target, name)
    slowing.note_success(call.address)
    return _open(call, user, target)


def show_link(call: Call) -> Response:
    """Show the button that uses a link up. The address alone changes nothing."""
    user = people.peek_link(call.app, call.path["token"])
    if user is None:
        return _dead_link(call)
    return call.plain_page("link.html.j2", name=user.name)


def use_link(call: Call) -> Response:
    """Use a link up, and open a session."""
    user = people.use_link(call.app, call.path["token"], call.address)
    return _open(call, user, "/") if user else _dead_link(call)


def sign_out(visit: Visit) -> Response:
    """End this session."""
    people.end_session(visit.app, visit.token)
    response = visit.plain_page("signedout.html.j2")
    response.delete_cookie(
        _cookie(visit), path="/", secure=_secure(visit), httponly=True, samesite="lax"
    )
    return response


def _open(call: Call, user: User, target: str) -> Response:
    if call.token:  # the session of whoever sat here before
        people.end_session(call.app, call.token)
    token = people.open_session(call.app, user, call.address)
    response = see_other(target)
    response.set_cookie(
        _cookie(call), token, path="/", secure=_secure(call), httponly=True, samesite="lax"
    )
    return response


def _dead_link(call: Call) -> Response:
    why = "This link was used already, or its ten minutes are over. Ask for a new one."
    return call.sign_in_page(why, 410)


def _next(typed: str) -> str:
    """Return the path to go to, which is one of this site in any case."""
    inside = typed.startswith("/") and not typed.startswith(("//", "/\\"))
    return typed if inside and typed.isprintable() and "\\" not in typed else "/"


def _secure(call: Call) -> bool:
    return bool(call.site.addresses.origin)


def _cookie(call: Call) -> str:
    return cookie_name(secure=_secure(call))


def cookie_name(*, secure: bool) -> str:
    """Return the name of the session's cookie."""
    return SECURE_COOKIE if secure else COOKIE
