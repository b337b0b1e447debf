"""The meaning of an AT Protocol server's answers for a delivery. Pure.

A server names an error by a word in JSON. Any other error comes from something in front of the
server, and proves nothing about a post.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from bot.platforms.outcomes import Outcome, RateLimited, Rejected, Unauthorized, Unknown, Unsent
from bot.platforms.responses import AMBIGUOUS, DETAIL_LIMIT, from_epoch, redirection, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.platforms.responses import HttpAnswer


class TokenExpiredError(Unauthorized):
    """The token has expired, and the server did nothing."""


class SwapRefusedError(Unknown):
    """Another record has the key of a new one."""


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
"""Errors with the same meaning for every request."""

_GONE = "; its owner learns why, and can appeal, by signing in to it"
_NEXT_STEPS = {
    "AuthenticationRequired": (
        "; is the handle right, and does the app password still exist? groundswell accounts login "
        "stores a new one"
    ),
    "AuthFactorTokenRequired": (
        "; it takes an app password, not the account's own: groundswell accounts login"
    ),
    "AccountDeactivated": "; signing in to it by hand makes it active again",
} | dict.fromkeys(("AccountTakedown", "AccountSuspended", "RepoTakendown", "RepoSuspended"), _GONE)
"""The step that a person can take, by the error, after the server's own words."""


def classify(answer: HttpAnswer, hide: Callable[[str], str]) -> Outcome:
    """Return the meaning of an answer other than 2xx to a send. ``hide`` redacts secrets."""
    status, error = answer.status, error_name(answer)
    detail = _detail(answer, hide) + _NEXT_STEPS.get(error, "")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        until = from_epoch(answer.headers.get("ratelimit-reset")) or retry_after(answer)
        return RateLimited(detail, until=until, status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in AMBIGUOUS or not error:
        return Unknown(detail, status=status)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _KINDS.get(error, Unauthorized)(detail, status=status)
    return _KINDS.get(error, Rejected)(detail, status=status)


def error_name(answer: HttpAnswer) -> str:
    """Return the word by which a server names an error, or ""."""
    name = (answer.document() or {}).get("error")
    return name if isinstance(name, str) else ""


def _detail(answer: HttpAnswer, hide: Callable[[str], str]) -> str:
    status = answer.status
    if status < HTTPStatus.BAD_REQUEST:
        return redirection(answer)
    document, name = answer.document() or {}, error_name(answer)
    if not name:
        return f"HTTP {status} without a readable body: is this a server of Bluesky, and up?"
    message = document.get("message")
    words = f"{name}: {message}" if isinstance(message, str) and message else name
    return f"{' '.join(hide(words).split())[:DETAIL_LIMIT]} (HTTP {status})"
