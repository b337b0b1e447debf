"""A proxy on this machine that loses requests and answers, or answers by itself."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Fault:
    """A fault of the next matching request."""

    method: str
    path: str
    kind: str
    """``lost`` passes the request on without its answer, ``dropped`` does not pass it on.

    ``answer`` sends this answer instead, ``spoiled`` sends it after passing the request on, and
    ``slow`` sends the server's own after ``seconds``.
    """
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0


@dataclass
class FlakyProxy:
    """Passes requests on to a server, except those with a fault."""

    upstream: str
    url: str = ""
    now: Callable[[], datetime] | None = None
    """The time in the answers' dates, if a test advances its own clock."""
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def break_next(self, how: str, path: str) -> None:
        """Lose the next answer to a POST (``lost``) or the request (``dropped``), or answer 500."""
        self.faults.append(Fault("POST", path, how, 500))

    def answer_next(
        self, status: int, body: Any = None, *, method: str = "*", path: str = "*", **headers: str
    ) -> None:
        """Answer the next request instead of the server; a text is sent as a web page."""
        is_page = isinstance(body, str)
        shown = {"Content-Type": "text/html" if is_page else "application/json"}
        shown |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.faults.append(Fault(method, path, "answer", status, shown, content))

    def delay_next(self, seconds: float, method: str = "*", path: str = "*") -> None:
        """Pass the next request on, and its answer after so many seconds."""
        self.faults.append(Fault(method, path, "slow", seconds=seconds))

    def take_fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method in {"*", method} and fault.path in {"*", path}:
                self.faults.remove(fault)
                return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    wbufsize = -1  # headers and body in one packet
    server: _Server

    def answer(self) -> None:
        proxy, path = self.server.proxy, urlsplit(self.path).path
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        self.close_connection = True
        if len(body) < length:  # the sender was killed
            return
        proxy.requests.append((self.command, self.path, dict(self.headers.items()), body))
        fault = proxy.take_fault(self.command, path) or Fault("*", "*", "none")
        if fault.kind == "answer":
            self.send(fault.status, [*fault.headers.items()], fault.body)
        elif fault.kind != "dropped":
            with suppress(OSError, HTTPException):
                answer = self.forward(proxy, body)
                time.sleep(fault.seconds)
                if fault.kind == "spoiled":
                    self.send(fault.status, [], b"")
                elif fault.kind != "lost":
                    self.send(*answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815 - http.server's names

    def forward(self, proxy: FlakyProxy, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = HTTPConnection(urlsplit(proxy.upstream).netloc, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name != "Connection"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        proxy = self.server.proxy
        self.send_response_only(status)
        if proxy.now:
            self.send_header("Date", format_datetime(proxy.now(), usegmt=True))
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP and not (proxy.now and name.lower() == "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def __init__(self, proxy: FlakyProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, *_: object) -> None:
        """Log nothing, because the client did not wait for the answer."""


@contextmanager
def flaky_proxy(upstream: str) -> Iterator[FlakyProxy]:
    """Yield a proxy in front of a server."""
    proxy = FlakyProxy(upstream)
    server = _Server(proxy)
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
