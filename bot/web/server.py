"""The application and its server.

Each request finds its route, then its person, then their right, in that order. Then the handler
runs in a thread, because the database blocks.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from bot.errors import GroundswellError, Problem, StoreError, UserError
from bot.platforms import is_loopback
from bot.runtime.systemd import ServiceManager
from bot.services import people
from bot.text import UNSENDABLE
from bot.web.events import Versions
from bot.web.protection import MAX_BODY_BYTES, Addresses, Protection
from bot.web.readiness import Readiness
from bot.web.rights import RIGHTS, ROUTES, Route
from bot.web.signin import cookie_name
from bot.web.static_files import answer_static
from bot.web.supervised import Server
from bot.web.visit import MAX_VALUE, Call, Site, Visit, see_other, templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.requests import Request

    from bot.config import Config
    from bot.runtime.app import App

MAX_FIELDS = 500
"""Most fields of a form: a tick for each post of a long page of approvals."""

STOP_SECONDS = 5
"""Answers may take this long when the server is stopped."""

log = logging.getLogger("groundswell")


def create_site(app: App, addresses: Addresses) -> Starlette:
    """Return the application."""
    readiness = Readiness(app.database, app.clock)
    site = Site(app, addresses, Versions(app.database), readiness)
    routes = [
        StarletteRoute(route.path, partial(_answer, site, route), methods=[route.method])
        for route in ROUTES
    ]
    routes.append(StarletteRoute("/static/{name}", answer_static, methods=["GET"]))
    routes.append(StarletteRoute("/events", partial(_events, site)))
    any_host = frozenset(route.path for route in ROUTES if route.any_host)
    application = Starlette(
        routes=routes,
        middleware=[
            Middleware(Protection, addresses=addresses, any_host=any_host, refuse=_error_page),
            Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
        ],
        exception_handlers={HTTPException: _refuse, Exception: _fail},
    )
    application.state.versions = site.versions
    application.router.redirect_slashes = False  # each page has one address
    return application


# --- One request ----------------------------------------------------------------------------------


async def _answer(site: Site, route: Route, request: Request) -> Response:
    call = await _read(site, route, request)
    return await run_in_threadpool(_handle, route, call)


def _handle(route: Route, call: Call) -> Response:
    """Answer a request, if its person may make it."""
    visit: Call | None = call
    try:
        if route.right is not None:
            visit = _visit(call)
            if not isinstance(visit, Visit):
                return _ask_to_sign_in(call, route)
            if not visit.user.role.may(route.right):
                return _forbidden(visit, route)
        return route.load()(visit or call)
    except StoreError as error:
        return _error_page(503, f"{error}. {_STOP_BY_HAND}")
    except GroundswellError as error:
        if isinstance(visit, Visit):
            problems = error.problems or ()
            lines = [] if problems else [str(error)]
            return visit.result("That was not done", lines, problems=problems, status=409)
        return _error_page(409, str(error))


def _visit(call: Call) -> Visit | None:
    signed_in = people.find_session(call.app, call.token) if call.token else None
    if signed_in is None:
        return None
    values = {name: getattr(call, name) for name in Call.__dataclass_fields__}
    # Before anything is read, because a page that is older than its version would never be renewed.
    version = call.site.versions.current()
    return Visit(**values, signed_in=signed_in, version=version)


def _ask_to_sign_in(call: Call, route: Route) -> Response:
    if route.method == "GET":
        asked = route.path.format(**{name: quote(part) for name, part in call.path.items()})
        asked += f"?{urlencode(call.query)}" if call.query else ""
        return see_other(f"/sign-in?next={quote(asked)}")
    why = "You are not signed in any more, so nothing was done. Sign in, then do it again."
    return call.sign_in_page(why, 401)


def _forbidden(visit: Visit, route: Route) -> Response:
    assert route.right
    if route.method == "POST":  # somebody has tried to do something, and did not only look
        people.note_not_allowed(visit.app, visit.user, visit.route, visit.address)
    may_not = RIGHTS[route.right]
    line = f"You are signed in as {visit.user.name}, who may not {may_not}. Nothing was done."
    return visit.result("Not allowed", [line, "Ask an administrator for the role."], status=403)


async def _read(site: Site, route: Route, request: Request) -> Call:
    """Return the request with all of its values, each of which is bounded."""
    form: dict[str, list[str]] = {}
    if route.method == "POST":
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/x-www-form-urlencoded":
            raise HTTPException(415, "This is not a form of the control room.")
        for name, value in _pairs((await request.body()).decode("ascii", "replace")):
            form.setdefault(name, []).append(value)
    return Call(
        site=site,
        now=site.app.clock.now(),
        address=request.client.host if request.client else "unknown",
        route=route.path,
        path={name: _checked(str(value)) for name, value in request.path_params.items()},
        query=dict(_pairs(request.scope["query_string"].decode("ascii", "replace"))),
        form=form,
        token=_token(site, request),
        bearer=_bearer(request),
        etag=request.headers.get("if-none-match", "")[:MAX_VALUE],
    )


def _pairs(text: str) -> Sequence[tuple[str, str]]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "The form or address cannot be read. Nothing was done.") from error
    return [(_checked(name), _checked(value)) for name, value in pairs]


def _checked(value: str) -> str:
    if len(value) > MAX_VALUE:
        raise HTTPException(400, f"A field has more than {MAX_VALUE} characters. Shorten it.")
    if UNSENDABLE.search(value):
        raise HTTPException(400, "A field contains hidden characters. Type it instead.")
    return value


def _token(site: Site, request: Request) -> str:
    name = cookie_name(secure=bool(site.addresses.origin))
    return request.cookies.get(name, "")[:MAX_VALUE]


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip()[:MAX_VALUE] if scheme.lower() == "bearer" else ""


# --- Errors ---------------------------------------------------------------------------------------

_TITLES = {
    400: "That address or form cannot be read",
    403: "Not allowed",
    404: "There is no such page",
    405: "There is no such page",
    413: "That is too large",
    415: "That is not a form",
    431: "That is too large",
    503: "The database cannot be used",
}


_STOP_BY_HAND = (
    "To stop all posting without the database, somebody can make a file called PAUSE beside "
    "config.yaml."
)


def _error_page(status: int, words: str) -> Response:
    title = _TITLES.get(status, "Something went wrong")
    template = templates().get_template("error.html.j2")
    return Response(template.render(title=title, words=words), status, media_type="text/html")


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: "Look at the address, or begin with Today.", 405: "Begin with Today."}
    words = known.get(error.status_code, error.detail)
    response = _error_page(error.status_code, words)
    response.headers.update(error.headers or {})
    return response


async def _fail(request: Request, error: Exception) -> Response:
    path, token = request.scope["path"], request.path_params.get("token")
    path = path.replace(token, "{token}") if token else path  # a secret, which no log may have
    log.error("the page %s failed", path, exc_info=error)
    return _error_page(500, "This is a bug of Groundswell, not your mistake. Nothing was changed.")


# --- Other routes ---------------------------------------------------------------------------------


async def _events(site: Site, request: Request) -> Response:
    token = _token(site, request)
    find_session = partial(people.find_session, active=False)  # an open page is not a person
    try:
        signed_in = await run_in_threadpool(find_session, site.app, token) if token else None
    except StoreError as error:
        return _error_page(503, str(error))
    return site.versions.stream() if signed_in else _error_page(401, "Sign in first.")


# --- The server -----------------------------------------------------------------------------------


def serve(
    config: Config,
    host: str,
    addresses: Addresses,
    say: Callable[[str], None],
    manager: ServiceManager,
) -> None:
    """Serve the control room until a signal ends it; ``say`` tells a person where it is.

    A service manager is told that it answers. It is given no environment, and therefore no secret
    of a platform. Raise GroundswellError, and OSError if the address cannot be listened at.
    """
    from bot.runtime.app import create_app

    port = addresses.port
    authority = f"[{host}]" if ":" in host else host
    if not addresses.origin and not is_loopback(f"http://{authority}"):
        message = f"{host} is reached by others, and the config declares no https:// origin."
        hint = "Set web: origin: in the config, and let a reverse proxy serve it."
        raise UserError([Problem("--host", 0, 0, "W105", message, hint)])
    with create_app(config, {}) as app, _listening(host, port) as listener:
        with suppress(PermissionError):  # a service may be forbidden to, and has it from its unit
            os.nice(5)  # a post has its minute, and a page can wait for the processor
        site = create_site(app, addresses)
        server = Server(server_config(site, host, port, addresses), manager)
        say(f"The control room is at {addresses.base} until Ctrl-C.")
        manager.status(f"serves {addresses.base}")
        app.files.read_soon()  # so that the first page does not wait for all of them
        if not people.has_users(app):
            say("Nobody can sign in yet: groundswell web user add NAME --role admin")
        server.run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


@contextmanager
def serve_beside(app: App, origin: str = "") -> Iterator[Addresses]:
    """Serve the control room in a thread, on a free port of this machine, and yield its addresses.

    The demo and the tests do, which hold no real secret.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        addresses = Addresses(port, origin)
        settings = server_config(create_site(app, addresses), "127.0.0.1", port, addresses)
        settings.timeout_graceful_shutdown = 1
        server = Server(settings, ServiceManager({}))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.005)
            yield addresses
        finally:
            server.should_exit = True
            thread.join(2 * STOP_SECONDS)


def server_config(site: Starlette, host: str, port: int, addresses: Addresses) -> uvicorn.Config:
    """Return the settings of the server.

    Behind a proxy, which an origin implies, its ``X-Forwarded-For`` names the reader's address.
    """
    return uvicorn.Config(
        site,
        host=host,
        port=port,
        http="h11",  # the only one of uvicorn's protocols that limits headers
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=addresses.proxy or "127.0.0.1,::1",
        timeout_graceful_shutdown=STOP_SECONDS,
        limit_concurrency=400,
        h11_max_incomplete_event_size=32_000,
        proxy_headers=bool(addresses.origin),
    )
