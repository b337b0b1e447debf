"""A channel for alerts, which is a real HTTP server on loopback and keeps its messages."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


ALL = frozenset({"failed", "person", "approval", "paused", "files", "budget", "takeoff"})
"""The kinds of alerts, without the digest."""


@dataclass
class ChannelServer:
    """The messages that apprise delivered to its ``json://`` address."""

    port: int = 0
    status: int = 200
    """HTTP status of the answers."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Messages that were accepted."""
    released: threading.Event = field(default_factory=threading.Event)
    """While it is cleared, the server hangs."""
    request_count: int = 0
    received: threading.Event = field(default_factory=threading.Event)
    """Set as soon as a message arrives, even if the server hangs."""

    def __post_init__(self) -> None:
        """Answer at once until a test clears ``released``."""
        self.released.set()

    @property
    def url(self) -> str:
        """The address, with something secret in it."""
        return f"json://127.0.0.1:{self.port}/s3cr3tpath?rto=20"

    @property
    def texts(self) -> list[str]:
        """The bodies of the accepted messages."""
        return [str(message["message"]) for message in self.messages]

    def handle(self, body: bytes) -> int:
        """Take a message, or refuse it."""
        self.request_count += 1
        self.received.set()
        self.released.wait(30)
        if self.status == 200:
            self.messages.append(json.loads(body))
        return self.status


@contextmanager
def channel_server() -> Iterator[ChannelServer]:
    """Yield a channel on a free port."""
    box = ChannelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = box.handle(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.released.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
