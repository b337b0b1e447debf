"""The addresses of the control room's pages, as paths below its origin. Pure.

An address names a post or a page, and never holds a secret, because alerts carry it through chats
and mail. Only ``login_path`` and ``feed_path`` do, which no alert carries.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

TODAY = "/"
"""The page with everything that needs a person; mistakes in the campaign files are there, too."""

CALENDAR = "/calendar"
APPROVALS = "/approvals"
FLOORS = "/floors"
INBOX = "/inbox"
PAUSES = "/pauses"
REPORTS = "/reports"
SHARE = "/share"
LOG = "/log"


def post_path(campaign: str, post: str, label: str = "") -> str:
    """Return the path of the page of a post at one moment; see ``PostKey``."""
    path = f"/posts/{quote(campaign, safe='')}/{quote(post, safe='')}"
    return with_query(path, at=label)


def inbox_path(number: int) -> str:
    """Return the path of the page on which a person settles a post, by the post's number."""
    return f"{INBOX}/{number}"


def login_path(token: str) -> str:
    """Return the path of a login link, which signs in whoever uses it first."""
    return f"/link/{quote(token, safe='')}"


def feed_path(token: str) -> str:
    """Return the path of a person's calendar feed, which anybody can read who knows it."""
    return f"/calendar/feed/{quote(token, safe='')}.ics"


def with_query(path: str, **values: object) -> str:
    """Return a path with these values behind it, but for those that are empty."""
    kept = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def web_address(origin: str, path: str) -> str:
    """Return the address of a page, or "" without an origin or a path."""
    return f"{origin}{path}" if origin and path else ""
