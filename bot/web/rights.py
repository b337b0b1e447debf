"""Every route of the control room, with the role that it needs.

No other module decides who may open a page. A route that is not in this table does not exist, and
``tests/web/test_rights.py`` walks all of them as every role and as nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from bot.model import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from bot.web.visit import Call


@dataclass(frozen=True, slots=True)
class Route:
    """An address, and the people who may ask for it."""

    method: str
    """``GET``, which changes nothing, or ``POST``."""
    path: str
    """The path, with the names of its parts in braces."""
    right: Role | None
    """The role that it needs; None if nobody has to be signed in."""
    handler: str
    """Its module in this package and its function there: ``today.show``."""
    any_host: bool = False
    """Whether it is answered under any ``Host``. Programs ask by the address of a container. It
    knows no session, and tells nothing without a token."""

    def load(self) -> Callable[[Call], Response]:
        """Return the function that answers it."""
        module, _, name = self.handler.partition(".")
        found: Callable[[Call], Response] = getattr(import_module(f"bot.web.{module}"), name)
        return found


RIGHTS = {
    Role.SEE: "see it",
    Role.APPROVE: "approve posts",
    Role.RUN: "pause, resume and settle",
    Role.ADMIN: "change who may do what",
}
"""What each role adds to those before it, in words."""

ROUTES = (
    # For programs: whether the control room works, and figures for those with the token.
    Route("GET", "/healthz", None, "probes.healthz", any_host=True),
    Route("GET", "/metrics", None, "metrics.show", any_host=True),
    # Signing in and out.
    Route("GET", "/sign-in", None, "signin.show"),
    Route("POST", "/sign-in", None, "signin.sign_in"),
    Route("GET", "/link/{token}", None, "signin.show_link"),
    Route("POST", "/link/{token}", None, "signin.use_link"),
    Route("POST", "/sign-out", Role.SEE, "signin.sign_out"),
    # Today: what leaves next, what needs a person, and the pauses.
    Route("GET", "/", Role.SEE, "today.show"),
    Route("GET", "/pauses", Role.RUN, "pauses.show"),
    Route("POST", "/pauses/pause", Role.RUN, "pauses.pause"),
    Route("POST", "/pauses/resume", Role.RUN, "pauses.resume"),
    # The calendar, and its feed for the programs of phones and desktops, which have no session.
    Route("GET", "/calendar", Role.SEE, "calendar.show"),
    Route("GET", "/calendar/feed/{token}.ics", None, "calendar.feed"),
    # One post at one moment, with its pictures.
    Route("GET", "/posts/{number}", Role.SEE, "post.show_number"),
    Route("GET", "/posts/{campaign}/{post}", Role.SEE, "post.show"),
    Route("GET", "/media/{digest}", Role.SEE, "pictures.show"),
    # Reports, as pages and files.
    Route("GET", "/reports", Role.SEE, "reports.show"),
    Route("GET", "/reports/page", Role.SEE, "reports.show_report"),
    # The share pages, to look at and to download.
    Route("GET", "/share", Role.SEE, "share.show"),
    Route("GET", "/share/page", Role.SEE, "share.show_page"),
    Route("GET", "/share/download", Role.SEE, "share.download"),
    # The audit log.
    Route("GET", "/log", Role.SEE, "log.show"),
    Route("GET", "/log/export", Role.SEE, "log.export"),
    Route("GET", "/log/verify", Role.SEE, "log.verify"),
    # The posts that wait for approval, and the refused ones.
    Route("GET", "/approvals", Role.SEE, "approvals.show"),
    Route("POST", "/approvals/approve", Role.APPROVE, "approvals.approve"),
    Route("POST", "/approvals/refuse", Role.APPROVE, "approvals.refuse"),
    Route("POST", "/approvals/withdraw", Role.APPROVE, "approvals.withdraw"),
    Route("POST", "/approvals/take-back", Role.APPROVE, "approvals.take_back"),
    # Campaigns whose files ask for fewer approvals than before.
    Route("GET", "/floors", Role.SEE, "floors.show"),
    Route("POST", "/floors", Role.ADMIN, "floors.lower"),
    # The posts whose outcome only a person can settle, and those that left the files.
    Route("GET", "/inbox", Role.SEE, "inbox.show"),
    Route("POST", "/inbox/left-files", Role.RUN, "inbox.cancel_left"),
    Route("GET", "/inbox/{number}", Role.SEE, "inbox.show_one"),
    Route("POST", "/inbox/{number}", Role.RUN, "inbox.settle"),
    # People, and one's own account.
    Route("GET", "/people", Role.ADMIN, "people.show"),
    Route("POST", "/people/add", Role.ADMIN, "people.add"),
    Route("GET", "/people/{number}", Role.ADMIN, "people.show_one"),
    Route("POST", "/people/{number}/role", Role.ADMIN, "people.change_role"),
    Route("POST", "/people/{number}/limits", Role.ADMIN, "people.change_limits"),
    Route("POST", "/people/{number}/password", Role.ADMIN, "people.renew_password"),
    Route("POST", "/people/{number}/link", Role.ADMIN, "people.make_link"),
    Route("POST", "/people/{number}/sign-out", Role.ADMIN, "people.sign_out"),
    Route("POST", "/people/{number}/remove", Role.ADMIN, "people.remove"),
    Route("GET", "/me", Role.SEE, "me.show"),
    Route("POST", "/me/password", Role.SEE, "me.change_password"),
    Route("POST", "/me/sign-out", Role.SEE, "me.sign_out_everywhere"),
    Route("POST", "/me/feed", Role.SEE, "me.make_feed"),
    Route("POST", "/me/feed/revoke", Role.SEE, "me.revoke_feed"),
)
"""All routes, but for the static files and the stream of ``/events`` (see ``server``)."""
