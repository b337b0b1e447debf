"""What a request brings: its body within a limit, as JSON or as a form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

if TYPE_CHECKING:
    from starlette.types import Message

MOST = 20_000_000
"""Bytes of a body that are read at all."""

Form = dict[str, "str | bytes"]
"""A multipart body: texts, and the bytes of files."""


class TooLargeError(Exception):
    """A body is longer than ``MOST``."""


async def body(request: Request) -> bytes:
    """Read a body, however it is sent. Raises TooLargeError, and ClientDisconnect at its end."""
    if int(request.headers.get("content-length") or 0) > MOST:
        raise TooLargeError
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MOST:
            raise TooLargeError
    return bytes(read)


def parsed(body: bytes) -> Any:
    """Read JSON in UTF-8, all of whose texts can be written in UTF-8 again. Raises ValueError."""
    try:
        found = json.loads(body.decode(), parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return found


def _no_number(said: str) -> NoReturn:
    raise ValueError(f"{said} is no number")


async def form(request: Request, body: bytes) -> Form:
    """Read a multipart body; any other kind gives an empty form. Raises ValueError."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return {}

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, receive).form() as found:
            return {
                name: await value.read() if isinstance(value, UploadFile) else value
                for name, value in found.items()
            }
    except (HTTPException, KeyError) as error:  # the library's own, for a form that is none
        raise ValueError("it is not the form that its content type says") from error
