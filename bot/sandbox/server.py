"""The sandbox as an HTTP server, on a loopback address only."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.sandbox import control, page, requests

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from bot.sandbox.world import World

    Endpoint = Callable[[Request, str, bytes], Awaitable[ASGIApp]]

MAX_BODY_BYTES = 20_000_000
"""Most bytes of a body that are read."""

_GRACE_SECONDS = 3.0
"""How long unfinished answers may take when the sandbox is stopped."""

_HOST = "127.0.0.1"
_LOCAL = [_HOST, "localhost"]
"""The names by which requests may call it. Others could be rebound to it by DNS."""


class _Protocol(H11Protocol):
    """uvicorn's protocol, which also passes its transport to the app. Some faults close that."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["sandbox.transport"] = transport
            await inner(scope, receive, send)

        self.app = app


class _Uvicorn(uvicorn.Server):
    """Stops at once, by an event, while uvicorn itself looks every 0.1 seconds.

    The same event ends simulated stalls, whose requests would delay the stop.
    """

    def __init__(self, app: Starlette, closing: asyncio.Event) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
        )
        super().__init__(config)
        self._closing = closing
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:  # after the loop is known, while ``stop`` sets it before
            await self._closing.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Shut down as uvicorn does, but without its last wait of 0.1 seconds.

        The tests start and stop hundreds of sandboxes.
        """
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        end = asyncio.get_running_loop().time() + _GRACE_SECONDS
        while state.connections or state.tasks:
            await asyncio.sleep(0.002)
            if asyncio.get_running_loop().time() > end:
                break
        for task in state.tasks:
            task.cancel()

    def stop(self) -> None:
        """Stop the loop, from another thread."""
        self.should_exit = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closing.set)


def create_app(world: World) -> Starlette:
    """Return the application with the API's endpoints, the controls, and the pages."""
    closing = asyncio.Event()

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status, headers = error.status_code, dict(error.headers or {})
        if request.url.path.startswith("/sandbox/"):
            return JSONResponse({"error": error.detail}, status, headers)
        return world.refuse(status, headers)

    answer = partial(requests.answer, world, closing)
    routes = [_route(key, answer) for key in world.ENDPOINTS]
    controls = {**control.CONTROLS, **world.CONTROLS}
    routes += [_route(key, partial(control.answer, world)) for key in controls]
    routes += page.routes(world)
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=_LOCAL, www_redirect=False)
    app = Starlette(routes=routes, middleware=[hosts], exception_handlers={HTTPException: refuse})
    app.state.closing = closing
    return app


def _route(key: str, answer: Endpoint) -> Route:
    """Return the route of a key such as ``GET /2/tweets``, which limits the body."""
    method, path = key.split()

    async def endpoint(request: Request) -> ASGIApp:
        too_large = HTTPException(413, "the body is too large", {"connection": "close"})
        if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
            raise too_large
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise too_large
        except ClientDisconnect:
            return Response()  # Nobody will read it.
        return await answer(request, key, bytes(body))

    return Route(path.replace(":id", "{id}"), endpoint, methods=[method])


@contextmanager
def serve(world: World, port: int = 0) -> Iterator[str]:
    """Run the sandbox in a thread, on loopback only, and yield its URL. Port 0 takes a free one.

    Raise OSError with the address if the port is taken.
    """
    listener = _listen(port)
    app = create_app(world)
    server = _Uvicorn(app, app.state.closing)
    thread = threading.Thread(target=server.run, args=([listener],), name="sandbox", daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.005)
        yield f"http://{_HOST}:{listener.getsockname()[1]}"
    finally:
        server.stop()
        thread.join()
        listener.close()


def run(
    worlds: Sequence[World],
    *,
    port: int,
    show: Callable[[str], object],
    variable: Callable[[World, str, str], str],
    started: Callable[[Mapping[World, str]], Sequence[str]] = lambda _: (),
) -> None:
    """Serve until Ctrl-C or SIGTERM, and ``show`` the addresses and the credentials.

    Each world has a port of its own, from ``port`` on. 0 takes free ones. ``variable`` names the
    environment variable for a world's handle and secret. ``started`` takes each world's address,
    and returns more lines to show. Call this in the main thread. Raise OSError, whose ``filename``
    is the address, if a port is taken.
    """
    stop = threading.Event()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with ExitStack() as stack:
        urls = {
            world: stack.enter_context(serve(world, port + place if port else 0))
            for place, world in enumerate(worlds)
        }
        lines = [
            line
            for world, url in urls.items()
            for line in startup_lines(url, world, partial(variable, world))
        ]
        lines += started(urls)
        for number in handlers:
            signal.signal(number, lambda *_: stop.set())
        show("\n".join([*lines, "Ctrl-C stops it.", ""]))
        try:
            while not stop.wait(0.5):  # In steps, so that signals are handled on every system.
                pass
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


def startup_lines(url: str, world: World, variable: Callable[[str, str], str]) -> list[str]:
    """Return lines with the sandbox's address, and with its credentials for a shell."""
    lines = [
        f"Sandbox: a simulated {world.NAME}. Nobody sees these posts.",
        f"  page and API base   {url}",
        f"  in config.yaml      api: {url}",
        *(f"  {label:<20}{text}" for label, text in world.about()),
    ]
    for account in world.accounts.values():
        lines.append(f"  @{account.handle} ({account.name})")
        lines += [
            f"export {variable(account.handle, name)}={value}"
            for name, value in account.secrets.items()
        ]
    return lines


def _listen(port: int) -> socket.socket:
    """Return a socket bound to a loopback address. Raise OSError with the address."""
    # asyncio sets TCP_NODELAY only on sockets that know their protocol. Without it, every answer
    # waits 40 ms for a delayed ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:  # the latter above port 65535
        listener.close()
        number = getattr(error, "errno", errno.EADDRNOTAVAIL)
        raise OSError(number, os.strerror(number), f"{_HOST}:{port}") from error
    return listener
