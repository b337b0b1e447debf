"""The meaning of a Mastodon server's answers for a delivery. Pure.

The outcomes follow Mastodon's documentation and its source (4.5). In doubt, a send is Unknown, and
Groundswell searches before it does anything more. A repetition under the same key may be answered
by 500 although the post exists (https://github.com/mastodon/mastodon/issues/40399).

An error that is not JSON comes from something in front of the API, such as a proxy, a wall against
bots or another site. It refuses no content, and has accepted none.

Details are the server's own words, shortened, without secrets.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import urlsplit

from bot.platforms.defaults import POST_ID
from bot.platforms.outcomes import Outcome, RateLimited, Rejected, Unauthorized, Unknown, Unsent
from bot.platforms.responses import (
    AMBIGUOUS,
    DETAIL_LIMIT,
    as_instant,
    as_int,
    as_object,
    as_objects,
    from_epoch,
    next_step,
    redirection,
    retry_after,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.platforms.responses import HttpAnswer

_AMBIGUOUS = AMBIGUOUS | {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER}
"""A server that has taken a form may redirect, too."""
SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
"""The scopes for asking whose the token is, for the own timeline, for posts and for files."""
_NEXT_STEPS = {
    "token": "; groundswell accounts login makes a new one",
    "scope": "; the token needs the scopes read, write:statuses and write:media",
    "login": "; its owner learns why by signing in to it, or from those who run the server",
}
"""The step that a person can take, by a word in a refusal."""


def is_id(value: Any) -> TypeGuard[str]:
    """Return whether this is an id, as text. Nothing else may get into a URL."""
    return isinstance(value, str) and bool(POST_ID.fullmatch(value))


def classify(  # noqa: PLR0911 - one for each status
    answer: HttpAnswer, hide: Callable[[str], str]
) -> Outcome:
    """Return the meaning of an answer other than 2xx to a send. ``hide`` redacts secrets."""
    status, detail = answer.status, f"{error_text(answer, hide)} (HTTP {answer.status})"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _AMBIGUOUS:
        return Unknown(detail, status=status)
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return Unauthorized(detail + next_step(detail, _NEXT_STEPS), status=status)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(detail, until=_retry_time(answer), status=status)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Rejected(f"it is larger than the server takes: {detail}", status=status)
        case _ if status < HTTPStatus.BAD_REQUEST:
            return Unsent(redirection(answer), status=status)
        case _ if not answer.document():
            return Unsent(f"{detail}: is the account's server right?", status=status)
        case HTTPStatus.FORBIDDEN:
            return Unauthorized(detail + next_step(detail, _NEXT_STEPS), status=status)
    return Rejected(detail, status=status)


def error_text(answer: HttpAnswer, hide: Callable[[str], str] = str) -> str:
    """Return an answer's own explanation, on one line. ``hide`` redacts secrets."""
    document = answer.document()
    if document is None:
        is_page = "html" in answer.headers.get("content-type", "").lower()
        return "a web page instead of an answer" if is_page else "no readable answer"
    # About a token, Mastodon says more in error_description.
    texts = [document.get(name) for name in ("error_description", "error", "message", "detail")]
    text = hide(next((text for text in texts if isinstance(text, str) and text), "no explanation"))
    return " ".join(text.split())[:DETAIL_LIMIT]


def _retry_time(answer: HttpAnswer) -> datetime | None:
    """Return the end of the limit, in ISO 8601 or, from GoToSocial, in seconds since 1970."""
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    return from_epoch(reset) or as_instant(reset) or retry_after(answer)


def missing_scopes(granted: Any, needed: tuple[str, ...] = SCOPES) -> list[str]:
    """Return the scopes that an answer's list lacks, or none if it has no list."""
    if not (isinstance(granted, list) and granted):
        return []
    return [
        scope for scope in needed if not {scope, scope.partition(":")[0]} & {*map(str, granted)}
    ]


def published_status(answer: HttpAnswer) -> Mapping[str, Any]:
    """Return the status in a 2xx answer to a send. Raise Unknown if there is none."""
    status = as_object(answer.json())
    if not is_id(status.get("id")) or "account" not in status:
        detail = f"accepted (HTTP {answer.status}), but the answer names no post"
        raise Unknown(detail, status=answer.status)
    return status


def is_mastodon(instance: Mapping[str, Any]) -> bool:
    """Return whether a server runs Mastodon's own code, by its description of itself.

    Other servers name the version of Mastodon's API that they speak, but not its source.
    """
    version, source = str(instance.get("version")), str(instance.get("source_url"))
    is_own = source.rstrip("/") == "https://github.com/mastodon/mastodon"
    return is_own and "compatible" not in version


def server_characters(instance: Mapping[str, Any]) -> int | None:
    """Return how long a text may be on a server, by its description of itself, or None."""
    configuration = as_object(instance.get("configuration"))
    found = as_int(as_object(configuration.get("statuses")).get("max_characters"))
    if found is None:  # Pleroma, and forks from before there was a configuration
        found = as_int(instance.get("max_toot_chars"))
    return found


def server_names(instance: Mapping[str, Any], account: Mapping[str, Any], api: str) -> list[str]:
    """Return the names under which a server may be known, its own first.

    The domain in its accounts' handles may be another than that of its API.
    """
    named = (instance.get("account_domain"), instance.get("domain"), instance.get("uri"))
    names = [_host(name) for name in named if isinstance(name, str)]
    addresses = (account.get("url"), account.get("uri"), api)
    names += [_host(url) for url in addresses if isinstance(url, str)]
    return [*dict.fromkeys(filter(None, names))]


def _host(address: str) -> str:
    """Return the server of an address, or a server's name itself, with its port if any."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").netloc.lower()
    except ValueError:
        return ""


def statuses_in(answer: HttpAnswer) -> list[dict[str, Any]] | None:
    """Return the statuses of an answer, or None if it is not a list of statuses only."""
    entries = answer.json()
    statuses = as_objects(entries)
    whole = isinstance(entries, list) and len(statuses) == len(entries)
    return statuses if whole and all(is_id(status.get("id")) for status in statuses) else None
