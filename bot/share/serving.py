"""A server of a built folder, which counts how often its links are opened.

It answers for the listed files and redirects, and for nothing else. It keeps a number a day for
each link. It never keeps or writes down an address, a user agent or a time of day, and it sets no
cookie. A proxy before it has to provide HTTPS.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot import files

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping
    from datetime import date
    from zoneinfo import ZoneInfo

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from bot.clock import Clock
    from bot.share.counters import Counters
    from bot.share.listed import BuiltFolder, OpenFile

STOP_SECONDS = 5
"""Answers may take this long when the server is stopped."""

MAX_CONNECTIONS = 400
"""Most connections at the same time. More are closed at once, before they are read."""

LOOK_SECONDS = 10
"""How often a connection is looked at: a request has to be there in at most twice this time."""

MAX_LOOKS = 60
"""An answer may take this many looks, which is ten minutes for a large picture on a slow line."""

CHUNK_BYTES = 65_536
"""Bytes of a file that are sent at once. A slow reader holds no more of them in memory."""

MAX_HEADER_BYTES = 16_000
"""Most bytes of a request before it is complete."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-cache",
}
"""The headers of every answer. Browsers ask again each time, because a figure may be stale."""


@dataclass(frozen=True, slots=True)
class Serving:
    """All that an answer depends on."""

    folder: BuiltFolder
    counters: Counters | None
    """None if openings are not counted."""
    clock: Clock
    zone: ZoneInfo
    """The timezone of the days."""
    is_robot: Callable[[str], bool]
    """Returns whether a user agent is one of a known robot or previewer."""

    def today(self) -> date:
        """Return the present day."""
        return self.clock.now().astimezone(self.zone).date()


def create_site(serving: Serving) -> ASGIApp:
    """Return the application."""
    application = Starlette(
        routes=[Route("/{path:path}", partial(_answer, serving), methods=["GET"])],
        exception_handlers={HTTPException: _refuse},
    )
    application.router.redirect_slashes = False
    return partial(_send_with_headers, application)


def _answer(serving: Serving, request: Request) -> Response:
    # The path is that of the scope, because a crafted Host must not change it.
    path, lists = request.scope["path"], serving.folder.lists()
    if redirect := lists.redirects.get(path):
        if serving.counters and _is_opening(request, serving.is_robot):
            serving.counters.add(serving.today(), redirect)
        headers = {"location": redirect.link, "cache-control": "no-store"}
        return Response(status_code=302, headers=headers)
    if path in lists.folders:
        # Relative, because a proxy may serve the folder below another address.
        query = request.url.query and f"?{request.url.query}"
        location = f"./{path.rpartition('/')[2]}/{query}"
        return Response(status_code=308, headers={"location": location})
    name = lists.files.get(path)
    found = serving.folder.open(name) if name else None
    if name is None or found is None:
        raise HTTPException(404)
    serving.folder.warn_of_old(name, found.known.until, serving.today())
    return _send_file(request, found)


class FileAnswer(StreamingResponse):
    """An open file, which is closed also if the reader leaves before its first byte is sent."""

    def __init__(
        self, content: IO[bytes], size: int, media_type: str, headers: Mapping[str, str]
    ) -> None:
        chunks = files.read_chunks(content, size, CHUNK_BYTES)
        headers = {**headers, "content-length": str(size)}
        super().__init__(chunks, headers=headers, media_type=media_type)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close it."""
        with self._content:
            await super().__call__(scope, receive, send)


def _send_file(request: Request, file: OpenFile) -> Response:
    headers = {"etag": file.known.etag}
    if file.mime.startswith("text/html"):
        headers["content-security-policy"] = file.known.policy
    if _is_known(request.headers.get("if-none-match", ""), file.known.etag):
        file.content.close()
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        file.content.close()
        headers["content-length"] = str(file.size)
        return Response(headers=headers, media_type=file.mime)
    return FileAnswer(file.content, file.size, file.mime, headers)


def _is_known(tags: str, etag: str) -> bool:
    """Return whether ``If-None-Match`` names this version, which needs only a weak comparison."""
    return tags.strip() == "*" or etag in {
        tag.strip().removeprefix("W/") for tag in tags.split(",")
    }


# --- Openings -------------------------------------------------------------------------------------


def _is_opening(request: Request, is_robot: Callable[[str], bool]) -> bool:
    """Return whether a person seems to follow the link, to see its page.

    A browser says if it only fetches ahead, or loads a part of another page
    (https://www.w3.org/TR/fetch-metadata/).
    """
    headers = request.headers
    ahead = (headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz"))
    return (
        request.method == "GET"
        and not any("prefetch" in value or "preview" in value for value in ahead)
        and headers.get("sec-fetch-dest") in {None, "document"}
        and not is_robot(headers.get("user-agent", ""))
    )


# --- All answers ----------------------------------------------------------------------------------


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = "There is no such page." if error.status_code == 404 else error.detail  # noqa: PLR2004
    return PlainTextResponse(f"{words}\n", error.status_code, error.headers)


async def _send_with_headers(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def send_protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    if scope["type"] == "http":  # nothing here speaks by WebSocket
        await app(scope, receive, send_protected)


# --- The server -----------------------------------------------------------------------------------


class BoundedConnection(H11Protocol):
    """A connection that is closed if it does not ask, or does not take its answer, in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        super().connection_made(transport)
        self._looks, self._seen = 0, self.cycle
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self._timer = self.loop.call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        """Close it if nothing new has been asked since the last look, and no answer is on its way.

        uvicorn itself has a limit only between two requests.
        """
        answering = self.cycle is not None and not self.cycle.response_complete
        self._looks = self._looks + 1 if self._seen is self.cycle else 0
        self._seen = self.cycle
        if self._looks > (MAX_LOOKS if answering else 0):
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        if timer := getattr(self, "_timer", None):
            timer.cancel()


class Server(uvicorn.Server):
    """The server. When the last answer is sent, it closes the counters.

    uvicorn then ends the process by the signal, so that nothing after it would run.
    """

    def __init__(self, serving: Serving, ready: Callable[[], object]) -> None:
        super().__init__(server_config(create_site(serving)))
        self._counters = serving.counters
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, as uvicorn does, and say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, as uvicorn does."""
        await super().shutdown(sockets)
        if self._counters:
            self._counters.close()


def serve_folder(
    serving: Serving,
    host: str,
    port: int,
    say: Callable[[str], None],
    ready: Callable[[], object],
) -> None:
    """Serve until a signal ends it; ``say`` tells a person the address. Raise OSError.

    ``ready`` is called once requests are answered. The error says that the address cannot be
    listened at.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        authority = f"[{host}]" if ":" in host else host
        say(f"The share page is at http://{authority}:{port}/ until Ctrl-C.")
        Server(serving, ready).run(sockets=[listener])


def server_config(app: ASGIApp) -> uvicorn.Config:
    """Return the settings of the server."""
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody wants to know the address
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=5,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
