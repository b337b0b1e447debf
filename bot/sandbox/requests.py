"""Answers requests to the API, with the faults that hit them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.sandbox.answers import Exchange

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from bot.sandbox.answers import Form
    from bot.sandbox.world import World


async def _hang_up(scope: Scope, receive: Receive, _: Send) -> None:
    """Answer nothing, and close the connection."""
    scope["sandbox.transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _truncate(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send half of an answer, and close the connection."""
    start = {"type": "http.response.start", "status": response.status_code}
    await send({**start, "headers": response.raw_headers})
    half = bytes(response.body)[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    scope["sandbox.transport"].close()
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(  # noqa: C901, PLR0911 - a branch and an answer for each effect
    world: World, closing: asyncio.Event, request: Request, endpoint: str, body: bytes
) -> ASGIApp:
    """Answer a request, or apply a fault to it. ``closing`` ends all waiting."""
    exchange = Exchange(request, endpoint, body, await _read_form(request, body))
    with world.lock:
        effect = world.faults.next_effect(request.method, request.url.path)
    if effect is None:
        return world.handle(exchange)
    if effect.type == "drop_before":
        return _hang_up
    if effect.type in {"status", "redirect", "errors_only"}:
        return world.fail(request, effect)
    if effect.type == "stall" and effect.commit != "first":
        await _stall(closing, effect.seconds)
        if effect.commit == "never":
            return world.refuse(504)
    response = world.handle(exchange)
    match effect.type:
        case "commit_then_503":
            return world.refuse(effect.status or 503)
        case "commit_then_drop":
            return _hang_up
        case "truncate":
            return partial(_truncate, response)
        case "garbage":
            return Response("<html>Something went wrong", response.status_code)
        case "stall" if effect.commit == "first":
            await _stall(closing, effect.seconds)
    return response


async def _stall(closing: asyncio.Event, seconds: float) -> None:
    """Wait real seconds, or until the server stops."""
    with suppress(TimeoutError):
        await asyncio.wait_for(closing.wait(), seconds)


async def _read_form(request: Request, body: bytes) -> Form | None:
    """Return a multipart body, an empty form for another kind of body, or None if it is invalid."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, receive).form() as form:
            return [
                (name, await value.read() if isinstance(value, UploadFile) else value)
                for name, value in form.multi_items()
            ]
    except (HTTPException, KeyError):  # starlette's own for a bad form
        return None
