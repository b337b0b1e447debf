"""What holds for every request and every answer, before any page is asked.

Requests for another host, from another site, or with a large body are refused. Requests of other
sites are told by ``Sec-Fetch-Site`` and ``Origin``, which no script can set
(https://web.dev/articles/fetch-metadata). The few routes for programs are answered under any host.
A page that reaches them by a name of its own learns no more than by the refusal. The path is always
that of the ASGI scope, because a crafted ``Host`` must not change it
(https://github.com/Kludex/starlette/security/advisories/GHSA-86qp-5c8j-p5mr).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64_000
"""Most bytes of a form. A refusal's reason and a page of ticked approvals have room."""

MAX_HEADER_BYTES = 32_000
"""Most bytes of all headers together. The server itself limits only those that come in pieces."""

MAX_PATH = 1_000
"""Most characters of a path."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The Content-Security-Policy of every page: nothing inline, no eval, nothing from outside."""

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses under which people open the control room."""

    port: int
    """The port on this machine."""
    origin: str
    """The declared origin, ``https://…``; "" if it is only opened on this machine."""
    proxy: str = ""
    """The address or network of the reverse proxy, which is asked for the reader's address; "" if
    it is on this machine."""

    @property
    def base(self) -> str:
        """The address before every path."""
        return self.origin or f"http://127.0.0.1:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """The values of ``Host`` that are answered."""
        here = {f"{name}:{self.port}" for name in _LOOPBACK}
        if self.port == 80:  # noqa: PLR2004 - the port that browsers leave out
            here |= set(_LOOPBACK)
        return frozenset({*here, *([urlsplit(self.origin).netloc] if self.origin else [])})

    @property
    def origins(self) -> frozenset[str]:
        """The origins from which forms are accepted."""
        here = {f"http://{host}" for host in self.hosts if host.startswith(_LOOPBACK)}
        return frozenset({*here, *([self.origin] if self.origin else [])})


class Protection:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: ASGIApp,
        addresses: Addresses,
        refuse: Callable[[int, str], Response],
        any_host: frozenset[str] = frozenset(),
    ) -> None:
        self._app = app
        self._any_host = any_host
        self._hosts = addresses.hosts
        self._origins = addresses.origins
        self._refuse = refuse
        self._headers = dict(_HEADERS)
        if addresses.origin:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on; every answer gets the headers."""
        if scope["type"] != "http":  # nothing here speaks by WebSocket
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        app = self._refuse(*refusal) if refusal else self._app
        await app(scope, receive, send_protected)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the words of a refusal, or None."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        known = hosts and self._hosts.issuperset(hosts)
        if not known and scope["path"] not in self._any_host:
            return 400, (
                "This address is not the control room's. Open it under the address in "
                "config.yaml (web: origin), or on its own machine."
            )
        if too_large := _size_refusal(scope, headers):
            return too_large
        if scope["method"] in _SAFE_METHODS:
            return _foreign_read(headers)
        return self._foreign_form(headers)

    def _foreign_form(self, headers: Headers) -> tuple[int, str] | None:
        """Refuse forms that were not sent from a page of this site."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        allowed: set[str | None] = set(self._origins)
        # Under our referrer policy, browsers send ``Origin: null`` with the forms of our own pages
        # (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
        if site in {"same-origin", "none"}:
            allowed |= {None} if site == "none" else {None, "null"}
        if site in {None, "same-origin", "none"} and origin in allowed:
            return None
        return 403, (
            "This form was not sent from a page of the control room, so nothing was done. "
            "Open the page here, and try again."
        )


def _size_refusal(scope: Scope, headers: Headers) -> tuple[int, str] | None:
    """Refuse a request that is longer than any of a browser on these pages."""
    if len(scope["path"]) > MAX_PATH:
        return 404, "There is no such page."
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        return 431, "The request has too many headers. Delete the cookies of this site."
    size = headers.get("content-length", "0")
    if not (size.isascii() and size.isdigit()) or int(size[:20]) > MAX_BODY_BYTES:
        return 413, "A form of the control room is never as large as this. Nothing was done."
    return None


def _foreign_read(headers: Headers) -> tuple[int, str] | None:
    """Refuse reads by other sites unless a person follows a link to a page."""
    if headers.get("sec-fetch-site") != "cross-site":
        return None
    followed = headers.get("sec-fetch-mode") == "navigate"
    if followed and headers.get("sec-fetch-dest") in {None, "document"}:
        return None
    return 403, "Only the control room's own pages can use this."
