"""An HTTP answer, or its absence, as every platform's client reads it. Pure.

What a status means is for the platform's own ``responses`` to say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from bot.platforms.base import Outcome, Unknown, Unsent

if TYPE_CHECKING:
    from collections.abc import Mapping

DETAIL_LIMIT = 300
"""Most characters of a platform's own words in an outcome."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer that arrived completely; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def date(self) -> datetime | None:
        """The platform's own clock, to the second, from the Date header."""
        try:
            return parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return None

    def json(self) -> Any:
        """Return the body as JSON, or None if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def document(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, or None if it is none."""
        document = self.json()
        return document if isinstance(document, dict) else None


def as_objects(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of a list; anything else is ignored."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object, or an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def outcome_without_answer(
    error: str, *, opened: bool, repeatable: bool = False, host: str = "the server"
) -> Outcome:
    """Return what it means that no answer came; ``error`` is the text of the exception.

    ``opened`` is whether a connection stood, TLS included: before that no byte of the request can
    have left. That is a proof, where an exception's type is only a hint: an ``SSLError`` or a
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
    """Return the innermost cause in words: the libraries wrap it several times."""
    inner = getattr(error, "reason", None)
    if not isinstance(inner, BaseException):
        wrapped = [arg for arg in error.args if isinstance(arg, BaseException)]
        inner = wrapped[-1] if wrapped else error.__cause__ or error.__context__
    if inner is not None:
        return root_cause(inner)
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and (error.strerror or text):
        return error.strerror or text
    return f"{type(error).__name__}: {text}"
