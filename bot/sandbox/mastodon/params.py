"""Calls, and their parameters.

Mastodon takes the same parameters from the query, a form, a multipart form or JSON. In the first
three, ``media_ids[]`` is a list. Objects, such as a poll, are read from JSON only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from bot.sandbox.mastodon.problems import invalid, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from starlette.requests import Request

    from bot.sandbox.answers import Exchange
    from bot.sandbox.state import SimAccount

CODE_LASTS = timedelta(minutes=10)
"""How long an authorization code can be exchanged."""

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect URI that shows the code instead."""

_FALSE = {"", "0", "f", "F", "false", "FALSE", "off", "OFF", "no"}
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class SimApp:
    """A registered app."""

    id: str
    name: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of a token, or of the code for one."""

    account: SimAccount
    app: SimApp | None
    """None for the token with which an account is made."""

    scopes: tuple[str, ...]
    created: datetime

    def allows(self, scope: str) -> bool:
        """Return whether it has a scope, or a wider one."""
        return bool({scope, scope.partition(":")[0]} & {*self.scopes})


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may be made."""

    account: SimAccount | None
    grant: Grant | None
    base: str
    """The server's address as the request has it, without a last slash."""

    path: Mapping[str, str]
    params: Mapping[str, Any]
    request: Request

    @property
    def author(self) -> SimAccount:
        """The account that it acts for, in an endpoint that is not public."""
        assert self.account is not None, "the endpoint takes a token"
        return self.account

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter that is a text. Another value is ignored, as on Mastodon."""
        value = self.params.get(name, default)
        return str(value) if isinstance(value, str | int | float) else default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a parameter that is a boolean."""
        value = self.params.get(name, default)
        return value if isinstance(value, bool) else str(value) not in _FALSE

    def texts(self, name: str) -> list[str]:
        """Return a parameter that is a list of texts."""
        return to_texts(self.params.get(name))

    def limit(self, default: int, most: int) -> int:
        """Return the number of results that it asks for, up to ``most``."""
        given = self.text("limit")
        return min(int(given), most) if given.isdecimal() and int(given) else default


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The answer to calls, and the token that they need."""

    respond: Callable[[Any, Call], Any]
    """Returns a body for JSON, or a whole response."""

    scope: str = ""
    """The scope that a token needs, if any."""

    public: bool = False
    """Whether a call needs no token. One that is sent must be valid."""


def to_texts(value: Any) -> list[str]:
    """Return a list of texts. A single text is not a list."""
    return [str(item) for item in value] if isinstance(value, list) else []


def to_id(value: str) -> int:
    """Return an id as a number, or 0 if it is not one."""
    return int(value) if re.fullmatch(rf"[0-9]{{1,{_MOST_DIGITS}}}", value) else 0


def read_params(exchange: Exchange) -> dict[str, Any]:
    """Return the parameters of a request. Raise ApiError for a body that cannot be read."""
    request, body = exchange.request, exchange.body
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    pairs: list[tuple[str, Any]] = [*request.query_params.multi_items()]
    if exchange.form is None:
        raise invalid("Request body is not a valid form")
    pairs += exchange.form
    if kind == "application/json" and body.strip():
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            raise refusal(400, "Error occurred while parsing request parameters") from None
        return _nest(pairs) | (document if isinstance(document, dict) else {})
    if kind == "application/x-www-form-urlencoded":
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return _nest(pairs)


def _nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as texts and lists. Raise ApiError 422 for objects."""
    nested: dict[str, Any] = {}
    lists: dict[str, list[Any]] = {}
    for name, value in pairs:
        if name.endswith("[]"):
            lists.setdefault(name.removesuffix("[]"), []).append(value)
        else:
            nested[name] = value
    if any("[" in name for name in (*nested, *lists)):
        raise refusal(422, "The sandbox takes objects in JSON only")
    return nested | lists
