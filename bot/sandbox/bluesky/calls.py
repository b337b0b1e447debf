"""Reads requests, and checks them by the lexicons of their methods."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.bluesky import problems
from bot.sandbox.bluesky.data import normalized
from bot.sandbox.bluesky.lexicons import INPUTS, PARAMETERS
from bot.sandbox.bluesky.validation import InvalidValueError, check

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from bot.sandbox.bluesky.lexicons import Definition
    from bot.sandbox.state import SimAccount

MAX_JSON_BYTES, MAX_FILE_BYTES = 150 * 1024, 5 * 1024 * 1024
"""Most bytes of a body, by the defaults of a PDS; what a post shows has limits of its own."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is valid and within the limits."""

    data: dict[str, Any]
    """Its parameters or its JSON."""

    body: bytes
    mime: str
    account: SimAccount | None
    """The account of its token, if it has one."""

    token_id: str
    """The id of the refresh token."""

    base: str
    """The sandbox's own address."""

    @property
    def signer(self) -> SimAccount:
        """The account of a method that needs one."""
        assert self.account is not None, "the method takes a token"
        return self.account


def parse_query(nsid: str, query: QueryParams) -> dict[str, Any]:
    """Return the parameters of a query. Raise ApiError if the lexicon does not allow them."""
    definition = PARAMETERS.get(nsid)
    if definition is None:
        return {}
    given: dict[str, Any] = {}
    for name, inner in definition["properties"].items():
        if name in query:
            given[name] = _parse_parameter(inner, query.getlist(name))
        elif "default" in inner:
            given[name] = inner["default"]
    try:
        check(definition, given)
    except InvalidValueError as error:
        raise problems.invalid(f"Invalid {nsid} params: {error}") from None
    return given


def _parse_parameter(definition: Definition, values: list[str]) -> Any:
    """Return a parameter in its type, or as a text if it is not of the type."""
    if definition["type"] == "array":
        return values
    if definition["type"] == "integer" and re.fullmatch("-?[0-9]{1,15}", values[-1]):
        return int(values[-1])
    if definition["type"] == "boolean":
        return {"true": True, "false": False}.get(values[-1], values[-1])
    return values[-1]


def parse_body(request: Request, nsid: str, body: bytes) -> dict[str, Any]:
    """Return the JSON of a procedure. Raise ApiError if the lexicon does not allow it."""
    mime, is_file = media_type(request), nsid.endswith(".uploadBlob")
    if nsid not in INPUTS and not is_file:
        if body:
            raise problems.invalid("A request body was provided when none was expected")
        return {}
    if not mime:
        raise problems.invalid("Request encoding (Content-Type) required but not provided")
    if len(body) > (MAX_FILE_BYTES if is_file else MAX_JSON_BYTES):
        raise problems.generic(413)
    if is_file:
        return {}
    if mime != "application/json":
        raise problems.invalid(f"Wrong request encoding (Content-Type): {mime}")
    try:
        given = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise problems.named("SyntaxError", "The body is not valid JSON") from None
    given = normalized(given, _invalid_number)
    try:
        check(INPUTS[nsid], given)
    except InvalidValueError as error:
        raise problems.invalid(str(error)) from None
    return dict(given)


def _invalid_number(value: Any, path: str) -> Exception:
    kinds = "null, boolean, integer, string, cid, bytes, array or object"
    return problems.invalid(f"Expected one of {kinds} value type (got {value}) at {path}")


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def media_type(request: Request) -> str:
    """Return the media type of a request's body, or ""."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
