"""How the clients of all platforms read an HTTP answer, or its absence. Pure.

Each platform's own ``responses`` says what a status means.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.platforms.outcomes import Outcome, Unknown, Unsent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Classify = Callable[["HttpAnswer", Callable[[str], str]], Outcome]
    """A platform's ``classify``, which says what an answer other than 2xx means to a send.

    Its second argument redacts secrets.
    """

DETAIL_LIMIT = 300
"""Most characters of a platform's own words in an outcome."""

LARGEST_INT = 2**53 - 1
"""The largest number that every reader of JSON, and every database, keeps exactly."""

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_MAX_INSTANT = 100  # characters of an instant
_ODD_ESCAPE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")

AMBIGUOUS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
"""The statuses of a server that may have acted on the request all the same."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer that arrived completely. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def date(self) -> datetime | None:
        """The platform's own clock, to the second, from the Date header."""
        return _from_http_date(self.headers.get("date", ""))

    def json(self) -> Any:
        """Return the body as JSON, or None if it is not JSON.

        NUL and half a character, which no database takes, are replaced.
        """
        try:
            value = json.loads(self.body)
            return _clean(value) if _ODD_ESCAPE.search(self.body) else value
        except (ValueError, RecursionError):
            return None

    def document(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, or None if it is not one."""
        document = self.json()
        return document if isinstance(document, dict) else None


def _from_http_date(text: str) -> datetime | None:
    """Return the instant of a date as HTTP writes it, or None if it is not one."""
    try:
        return _in_our_time(parsedate_to_datetime(text[:_MAX_INSTANT]))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _in_our_time(instant: datetime) -> datetime | None:
    """Return an instant in UTC, or None if no post and no wait can have it."""
    instant = instant.astimezone(UTC)
    return instant if _FIRST_YEAR <= instant.year <= _LAST_YEAR else None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def as_objects(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects in a list, or none of another value."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object, or an empty one if it is not one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a JSON list, or an empty one if it is not one."""
    return value if isinstance(value, list) else []


def as_int(value: Any) -> int | None:
    """Return a whole number that can count something, or None if it is not one."""
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return value if is_int and 0 <= value <= LARGEST_INT else None


def as_instant(value: Any) -> datetime | None:
    """Return an instant in ISO 8601, by default in UTC, or None if it is not one."""
    try:
        instant = datetime.fromisoformat(str(value)[:_MAX_INSTANT])
        return _in_our_time(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def from_epoch(seconds: str | None) -> datetime | None:
    """Return the instant of a number of seconds since 1970, or None if it is not one."""
    if not seconds or not seconds.isdecimal():
        return None
    try:
        return _in_our_time(datetime.fromtimestamp(int(seconds), UTC))
    except (ValueError, OverflowError, OSError):
        return None


def retry_after(answer: HttpAnswer) -> datetime | None:
    """Return the instant that ``Retry-After`` names, as a date or in seconds, or None."""
    wait = answer.headers.get("retry-after", "").strip()
    try:
        if wait.isdecimal():
            later = answer.date + timedelta(seconds=int(wait)) if answer.date else None
            return later and _in_our_time(later)
        return _from_http_date(wait)
    except (ValueError, OverflowError):
        return None


def redirection(answer: HttpAnswer) -> str:
    """Return in words to which host a redirect leads.

    Following it would send the post a second time, to a host that nobody configured.
    """
    place = None
    with suppress(ValueError):  # not an address
        place = urlsplit(answer.headers.get("location", "")).hostname
    where = f"redirected (HTTP {answer.status}) to {place or 'somewhere else'}"
    return f"{where}, not followed: check the account's api"


def next_step(detail: str, steps: Mapping[str, str]) -> str:
    """Return the step that a person can take, by the first of the words in a refusal, or ""."""
    return next((step for word, step in steps.items() if word in detail.lower()), "")


def outcome_of(
    answer: HttpAnswer,
    classify: Classify,
    *,
    repeatable: bool = False,
    hide: Callable[[str], str] = str,
) -> Outcome | None:
    """Return the meaning of an answer, or None if it is 2xx. ``hide`` redacts secrets.

    A ``repeatable`` call, such as an upload or a read, can be made again without harm. Unknown for
    a send is Unsent for such a call.
    """
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if answer.status < HTTPStatus.OK:  # not about this request
        words = f"an answer that says nothing about the request (HTTP {answer.status})"
        outcome: Outcome = Unknown(words, status=answer.status)
    else:
        outcome = classify(answer, hide)
    if repeatable and isinstance(outcome, Unknown):
        return Unsent(outcome.detail, status=answer.status)
    return outcome


def outcome_without_answer(
    error: str, *, opened: bool, repeatable: bool = False, host: str = "the server"
) -> Outcome:
    """Return what it means that no answer came. ``error`` is the text of the exception.

    ``opened`` says whether a connection was established, with TLS. Before that, not a byte of the
    request can have left. The type of the exception proves nothing, because an ``SSLError`` or a
    ``ConnectionError`` may come before or after the request.
    """
    error = error[:DETAIL_LIMIT]
    if not opened:
        why = f"no connection was made to {host} ({error})"
        return Unsent(f"{why}: is its address right, and is it up?")
    if repeatable:
        return Unsent(f"no answer arrived from {host} ({error})")
    return Unknown(f"the request may have left, and no answer arrived from {host} ({error})")


def root_cause(error: BaseException) -> str:
    """Return the innermost cause in words, because the libraries wrap it several times."""
    inner = getattr(error, "reason", None)
    if not isinstance(inner, BaseException):
        wrapped = [arg for arg in error.args if isinstance(arg, BaseException)]
        inner = wrapped[-1] if wrapped else error.__cause__ or error.__context__
    if inner is not None and not isinstance(inner, Outcome):  # an outcome came before
        return root_cause(inner)
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and (error.strerror or text):
        return error.strerror or text
    return f"{type(error).__name__}: {text}"
