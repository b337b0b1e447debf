"""JSON, refusals and instants in an API's answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from starlette.requests import Request

    Control = Callable[[Any, Mapping[str, str], bytes], Any]
    """Returns a world's answer, for JSON, to the parameters of path and query, and a body."""

Form = list[tuple[str, "str | bytes"]]
"""The texts and files of a multipart body, in their order."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request to the API, and the headers of its answer."""

    request: Request
    endpoint: str
    """Its key in ``World.ENDPOINTS``."""

    body: bytes
    form: Form | None
    """Its multipart body, which is empty for another kind of body, and None if it is invalid."""

    headers: dict[str, str] = field(default_factory=dict)
    """Those of the limits, which a refusal has as well."""


@dataclass(frozen=True)
class ApiError(Exception):
    """A refusal with its HTTP status and its JSON body."""

    status: int
    body: dict[str, Any]


def to_json(body: Any) -> str:
    """Return a body as JSON without blanks."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def json_response(
    text: str,
    status: int,
    headers: dict[str, str] | None,
    now: datetime,
    kind: str = "application/json; charset=utf-8",
) -> Response:
    """Return an answer of JSON with the world's date."""
    date = {"date": format_datetime(now, usegmt=True)}
    return Response(text.encode(), status, date | (headers or {}), kind)


def timestamp(moment: datetime) -> str:
    """Return an instant in UTC as the platforms write it, with milliseconds and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
