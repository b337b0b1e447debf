"""What an answer of a server of the AT Protocol means for a delivery. Pure.

A server names an error by a word in JSON. What answers otherwise is no such server, or something in
between, and proves nothing about a post.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.platforms.base import Outcome, RateLimited, Rejected, Unauthorized, Unknown, Unsent
from bot.platforms.responses import DETAIL_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.platforms.responses import HttpAnswer


class TokenExpiredError(Unauthorized):
    """The request was refused only because its token has expired; nothing was done."""


class SwapRefusedError(Unknown):
    """Something is there under the key of the record that was to be new."""


class RecordMissingError(Rejected):
    """The server has no such record."""


_KINDS: dict[str, type[Outcome]] = {
    "ExpiredToken": TokenExpiredError,
    "InvalidSwap": SwapRefusedError,
    "RecordNotFound": RecordMissingError,
    "BlobNotFound": Unsent,  # it was deleted since it was uploaded
    "InvalidToken": Unauthorized,
    "AuthMissing": Unauthorized,
    "AuthenticationRequired": Unauthorized,
    "AuthFactorTokenRequired": Unauthorized,
    "AccountTakedown": Unauthorized,
    "AccountDeactivated": Unauthorized,
    "AccountSuspended": Unauthorized,
    "RepoTakendown": Unauthorized,
    "RepoDeactivated": Unauthorized,
    "RepoSuspended": Unauthorized,
}
"""Errors that mean the same whatever was asked."""

# The server did not say that it refused: it may have acted.
_AMBIGUOUS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})


def outcome_of(
    answer: HttpAnswer, *, repeatable: bool = False, hide: Callable[[str], str] = str
) -> Outcome | None:
    """Return what an answer means, or None if it is 2xx.

    ``repeatable`` is for calls that may be made again without harm (uploads, reads): what would be
    Unknown for a send is Unsent for them. ``hide`` redacts secrets.
    """
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    outcome = _classify(answer, _detail(answer, hide))
    if repeatable and isinstance(outcome, Unknown):
        return Unsent(outcome.detail, status=answer.status)
    return outcome


def _classify(answer: HttpAnswer, detail: str) -> Outcome:
    status, error = answer.status, error_name(answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(detail, until=_retry_time(answer), status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _AMBIGUOUS or not error:
        return Unknown(detail, status=status)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _KINDS.get(error, Unauthorized)(detail, status=status)
    return _KINDS.get(error, Rejected)(detail, status=status)


def error_name(answer: HttpAnswer) -> str:
    """Return the word by which a server names an error, "" where it is no such answer."""
    name = (answer.document() or {}).get("error")
    return name if isinstance(name, str) else ""


def _detail(answer: HttpAnswer, hide: Callable[[str], str]) -> str:
    status = answer.status
    if status < HTTPStatus.BAD_REQUEST:
        # Following one would send the post a second time, to somewhere that nobody configured.
        place = urlsplit(answer.headers.get("location", "")).hostname or "somewhere else"
        return f"redirected (HTTP {status}) to {place}, not followed: check the account's api"
    document, name = answer.document() or {}, error_name(answer)
    if not name:
        return f"HTTP {status} without a readable body: is this a server of Bluesky, and up?"
    message = document.get("message")
    words = f"{name}: {message}" if isinstance(message, str) and message else name
    return f"{' '.join(hide(words).split())[:DETAIL_LIMIT]} (HTTP {status})"


def _retry_time(answer: HttpAnswer) -> datetime | None:
    """Return when to come back: the end of the window, by the server's clock."""
    headers = answer.headers
    try:
        if "ratelimit-reset" in headers:
            return datetime.fromtimestamp(int(headers["ratelimit-reset"]), UTC)
        wait = timedelta(seconds=int(headers.get("retry-after", "")))
        return answer.date + wait if answer.date else None
    except (ValueError, OverflowError, OSError):
        return None
