"""What an answer of X, or its absence, means for a delivery. Pure: no network, no clock.

The table is X's documentation (August 2026) where it speaks, and reports where it does not. When in
doubt it says Unknown for a send, which makes Groundswell look before it does anything more, and
Unauthorized for a refusal that is not clearly about the content, which pauses the account instead
of throwing its posts away one by one.

Details are X's own words, shortened, with secrets blotted out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.platforms.base import (
    Outcome,
    OutOfCredit,
    Published,
    RateLimited,
    Rejected,
    Unauthorized,
    Unknown,
    Unsent,
)
from bot.platforms.x.fields import is_id, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DETAIL_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that arrived whole; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Tell whether the status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def date(self) -> datetime | None:
        """Give the platform's own clock, to the second, from the Date header."""
        try:
            return parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return None

    def document(self) -> dict[str, Any] | None:
        """Give the body as a JSON object, or None where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


class FieldRefusedError(Rejected):
    """A reading request was refused for the name of a field: X may know it by another."""


# --- Refusals -------------------------------------------------------------------------------------

_NO_CREDIT = (
    "creditsdepleted",
    "credits-depleted",
    "problems/credits",
    "spendcapreached",
    "spend-cap",
    "usagecapexceeded",
    "usage-capped",
)
# Refusals that are about these words, this link or this reply: the next post may well go through.
_CONTENT = (
    "reply to this conversation is not allowed",
    "deleted or not visible",
    "too long",
    "a bit shorter",
    "cashtag",
    "potentially harmful",
    "media ids are invalid",
)
_BLOCKED = ("suspended", "locked")
_FIELDS = (
    *("tweet.fields", "post.fields", "expansions"),
    *("referenced_tweets", "referenced_posts", "note_tweet", "note_post"),
)
"""What X calls otherwise since August 2026, in the parameters of a reading request."""
# The server did not say that it refused: it may have acted.
_AMBIGUOUS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})


def refusal(
    answer: Answer,
    *,
    repeatable: bool = False,
    hide: Callable[[str], str] = str,
) -> Outcome | None:
    """Give what an answer means, or None if it is 2xx.

    ``repeatable`` is for calls that may be made again without harm (uploads, reads): what would be
    Unknown for a send is Unsent for them. ``hide`` blots secrets out of words.
    """
    if answer.ok:
        return None
    outcome = _refusal(answer, describe(answer, hide))
    if repeatable and isinstance(outcome, Unknown):
        return Unsent(outcome.detail, status=answer.status)
    return outcome


def _refusal(answer: Answer, detail: str) -> Outcome:
    status, words = answer.status, _words(answer)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _AMBIGUOUS:
        return Unknown(detail, status=status)
    if status == HTTPStatus.PAYMENT_REQUIRED or _any(_NO_CREDIT, words):
        return OutOfCredit(detail, status=status)
    if rule := _RULES.get(status):
        return rule(answer, words, detail)
    if status < HTTPStatus.BAD_REQUEST:
        return _redirect(answer)
    return Rejected(detail, status=status)


def _invalid(answer: Answer, _words: str, detail: str) -> Outcome:
    names_a_field = any(name.encode() in answer.body for name in _FIELDS)
    return (FieldRefusedError if names_a_field else Rejected)(detail, status=answer.status)


def _unauthorized(answer: Answer, _words: str, detail: str) -> Outcome:
    return Unauthorized(detail, status=answer.status)


def _forbidden(answer: Answer, words: str, detail: str) -> Outcome:
    if "duplicate" in words:
        return Unknown(detail, status=answer.status, duplicate=True)
    if _any(_CONTENT, words) and not _any(_BLOCKED, words):
        return Rejected(detail, status=answer.status)
    return Unauthorized(detail, status=answer.status)


def _limited(answer: Answer, _words: str, detail: str) -> Outcome:
    return RateLimited(detail, until=_reset(answer), status=answer.status)


def _proxy(answer: Answer, _words: str, detail: str) -> Outcome:
    return Unsent(f"a proxy on the way wants credentials: {detail}", status=answer.status)


_RULES: Mapping[int, Callable[[Answer, str, str], Outcome]] = {
    HTTPStatus.BAD_REQUEST: _invalid,
    HTTPStatus.UNAUTHORIZED: _unauthorized,
    HTTPStatus.FORBIDDEN: _forbidden,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: _proxy,
    HTTPStatus.TOO_MANY_REQUESTS: _limited,
}


def _redirect(answer: Answer) -> Outcome:
    # Following one would send the post a second time, to somewhere that nobody configured.
    place = urlsplit(answer.headers.get("location", "")).hostname or "somewhere else"
    detail = f"redirected (HTTP {answer.status}) to {place}, not followed: check the account's api"
    return Rejected(detail, status=answer.status)


def _reset(answer: Answer) -> datetime | None:
    """Give when to come back: the end of the exhausted day where there is one, else the window."""
    headers = answer.headers
    days = [name for name in ("app", "user") if _spent(headers, f"x-{name}-limit-24hour")]
    resets = [_instant(headers.get(f"x-{name}-limit-24hour-reset")) for name in days]
    known = [*filter(None, resets)] or [
        *filter(None, [_instant(headers.get("x-rate-limit-reset"))])
    ]
    return max(known, default=_retry_after(answer))


def _spent(headers: Mapping[str, str], name: str) -> bool:
    return headers.get(f"{name}-remaining", "").strip() == "0"


def _instant(epoch: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(epoch or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _retry_after(answer: Answer) -> datetime | None:
    try:
        wait = timedelta(seconds=int(answer.headers.get("retry-after", "")))
        return answer.date + wait if answer.date else None
    except (ValueError, OverflowError):
        return None


# --- Words ----------------------------------------------------------------------------------------


def describe(answer: Answer, hide: Callable[[str], str] = str) -> str:
    """Give X's own words on one line, with the HTTP status; ``hide`` blots secrets out."""
    document = answer.document()
    if document is None:
        return f"HTTP {answer.status} without a readable body"
    return f"{explained(document, hide)} (HTTP {answer.status})"


_CODES = {
    64: "the account is suspended (error 64)",
    88: "rate limit exceeded (error 88)",
    89: "the token is invalid or expired (error 89)",
    185: "the account is over its daily limit of posts (error 185)",
    186: "the text is too long (error 186)",
    187: "the post is a duplicate (error 187)",
    261: "the app may not write (error 261)",
    324: "media ids are invalid (error 324)",
    326: "the account is locked (error 326)",
}
"""Numbers that X answers without any words, as its "Response codes" page lists them."""


def explained(document: Mapping[str, Any], hide: Callable[[str], str] = str) -> str:
    """Return what a document itself says was wrong, on one line; ``hide`` blots secrets out."""
    names = ("detail", "title", "message")
    told = [*_messages(document), *(document.get(name) for name in names), _coded(document)]
    said = hide(next((str(words) for words in told if words), "no explanation"))
    return " ".join(said.split())[:_DETAIL_LIMIT]


def _coded(document: Mapping[str, Any]) -> str:
    """Return what the number of an error means that comes without words, as of X's older API."""
    errors = document.get("errors")
    entries = [document, *(errors if isinstance(errors, list) else ())]
    codes = [entry.get("code") for entry in entries if isinstance(entry, dict)]
    known = (_CODES.get(code, f"error {code}") for code in codes if isinstance(code, int))
    return next(known, "")


def _messages(document: Mapping[str, Any]) -> list[str]:
    errors = document.get("errors")
    entries = [*errors] if isinstance(errors, list) else []
    if "error" in document:
        entries.append(document["error"])
    objects = [entry for entry in entries if isinstance(entry, dict)]
    words = [entry.get("message") or entry.get("detail") for entry in objects]
    return [*map(str, filter(None, words)), *(str(e) for e in entries if isinstance(e, str))]


def _words(answer: Answer) -> str:
    """Give all that an answer says, in lower case, to look for what it is about."""
    document = answer.document() or {}
    entries = document.get("errors") if isinstance(document.get("errors"), list) else []
    sources = [document, *(entry for entry in entries or () if isinstance(entry, dict))]
    names = ("title", "detail", "type", "reason", "message")
    said = [str(source.get(name, "")) for source in sources for name in names]
    return " ".join([*said, *_messages(document), _coded(document)]).lower()


def _any(markers: tuple[str, ...], words: str) -> bool:
    return any(marker in words for marker in markers)


# --- No answer, and success -----------------------------------------------------------------------


def failure(said: str, *, opened: bool, repeatable: bool = False) -> Outcome:
    """Give what it means that no answer came; ``said`` is what the exception says.

    ``opened`` tells whether a connection stood, TLS included: before that no byte of the request
    can have left. That is a proof, where an exception's type is only a hint: an ``SSLError`` or a
    ``ConnectionError`` may come before or after the request.
    """
    said = said[:_DETAIL_LIMIT]
    if not opened:
        return Unsent(f"no connection was made ({said})")
    if repeatable:
        return Unsent(f"no answer arrived ({said})")
    return Unknown(f"the request may have left, and no answer arrived ({said})")


def cause(error: BaseException) -> str:
    """Give the innermost reason in words: requests and urllib3 wrap it several times."""
    inner = getattr(error, "reason", None)
    if not isinstance(inner, BaseException):
        wrapped = [arg for arg in error.args if isinstance(arg, BaseException)]
        inner = wrapped[-1] if wrapped else None
    if inner is not None:
        return cause(inner)
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def published(answer: Answer, url: Callable[[str], str], at: datetime) -> Published:
    """Give the post that a 2xx answer to a send tells of. Raises Unknown where it names none."""
    remote_id = mapping((answer.document() or {}).get("data")).get("id")
    if not is_id(remote_id):
        detail = f"accepted (HTTP {answer.status}), but the answer names no post"
        raise Unknown(detail, status=answer.status)
    return Published(remote_id, url(remote_id), at)
