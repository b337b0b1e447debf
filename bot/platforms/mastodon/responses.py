"""What an answer of a server that speaks Mastodon's API means for a delivery. Pure.

The table is Mastodon's documentation and its source (4.5) where they speak. When in doubt it says
Unknown for a send, which makes Groundswell look before it does anything more. A repetition under
the same key may be answered by 500 although the post exists (mastodon/mastodon#40399).

An error that is no JSON comes from something before the API: a proxy, a wall against bots, another
site. It refuses no content, and it has accepted none.

Details are the server's own words, shortened, with secrets redacted.
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
"""What takes a form also leads elsewhere once it has taken it."""
SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
"""What the client needs: whose the token is, the account's own timeline, posts and files."""
_NEXT_STEPS = {
    "token": "; groundswell accounts login makes a new one",
    "scope": "; the token needs the scopes read, write:statuses and write:media",
    "login": "; its owner learns why by signing in to it, or from those who run the server",
}
"""What a person can do about a refusal, by a word in it."""


def is_id(value: Any) -> TypeGuard[str]:
    """Return whether this is an id, as text. Nothing else may get into a URL."""
    return isinstance(value, str) and bool(POST_ID.fullmatch(value))


def classify(  # noqa: PLR0911 - one for each status
    answer: HttpAnswer, hide: Callable[[str], str]
) -> Outcome:
    """Return what an answer other than 2xx means to a send; ``hide`` redacts secrets."""
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
    """Return what an answer says was wrong, on one line; ``hide`` redacts secrets."""
    document = answer.document()
    if document is None:
        is_page = "html" in answer.headers.get("content-type", "").lower()
        return "a web page instead of an answer" if is_page else "no readable answer"
    # Of a token, Mastodon says more in error_description.
    texts = [document.get(name) for name in ("error_description", "error", "message", "detail")]
    text = hide(next((text for text in texts if isinstance(text, str) and text), "no explanation"))
    return " ".join(text.split())[:DETAIL_LIMIT]


def _retry_time(answer: HttpAnswer) -> datetime | None:
    """Return when to come back: an instant in ISO 8601, or in seconds since 1970 as GoToSocial."""
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    return from_epoch(reset) or as_instant(reset) or retry_after(answer)


def missing_scopes(granted: Any, needed: tuple[str, ...] = SCOPES) -> list[str]:
    """Return the scopes that a list of them, as an answer has it, lacks; none where it is none."""
    if not (isinstance(granted, list) and granted):
        return []
    return [
        scope for scope in needed if not {scope, scope.partition(":")[0]} & {*map(str, granted)}
    ]


def published_status(answer: HttpAnswer) -> Mapping[str, Any]:
    """Return the status that a 2xx answer to a send shows. Raise Unknown if it shows none."""
    status = as_object(answer.json())
    if not is_id(status.get("id")) or "account" not in status:
        detail = f"accepted (HTTP {answer.status}), but the answer names no post"
        raise Unknown(detail, status=answer.status)
    return status


def is_mastodon(instance: Mapping[str, Any]) -> bool:
    """Return whether a server runs Mastodon's own code, by what it says of itself.

    Others name the version of Mastodon's API that they speak, but not its source.
    """
    version, source = str(instance.get("version")), str(instance.get("source_url"))
    is_own = source.rstrip("/") == "https://github.com/mastodon/mastodon"
    return is_own and "compatible" not in version


def server_characters(instance: Mapping[str, Any]) -> int | None:
    """Return how long a text may be on a server, by what it says of itself; None if it does not."""
    configuration = as_object(instance.get("configuration"))
    found = as_int(as_object(configuration.get("statuses")).get("max_characters"))
    if found is None:  # Pleroma, and forks from before there was a configuration
        found = as_int(instance.get("max_toot_chars"))
    return found


def server_names(instance: Mapping[str, Any], account: Mapping[str, Any], api: str) -> list[str]:
    """Return the names under which a server may be known, its own first.

    The domain in its accounts' handles need not be the one at which it is reached.
    """
    named = (instance.get("account_domain"), instance.get("domain"), instance.get("uri"))
    names = [_host(name) for name in named if isinstance(name, str)]
    addresses = (account.get("url"), account.get("uri"), api)
    names += [_host(url) for url in addresses if isinstance(url, str)]
    return [*dict.fromkeys(filter(None, names))]


def _host(address: str) -> str:
    """Return the server of an address, or a server's name itself, with its port if it has one."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").netloc.lower()
    except ValueError:
        return ""


def statuses_in(answer: HttpAnswer) -> list[dict[str, Any]] | None:
    """Return the statuses of a list; None where the answer is not a list of statuses only."""
    entries = answer.json()
    statuses = as_objects(entries)
    whole = isinstance(entries, list) and len(statuses) == len(entries)
    return statuses if whole and all(is_id(status.get("id")) for status in statuses) else None
