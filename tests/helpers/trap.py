"""A server on loopback that does one thing to every connection, byte by byte."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Trap:
    """A server on loopback that does one thing to every connection, and counts them."""

    def __init__(self, act: Callable[[socket.socket, threading.Event], object]) -> None:
        self.connections = 0
        self._act = act
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            if self._over.is_set():
                line.close()
                return
            self.connections += 1
            with closing(line):
                self._act(line, self._over)

    def close(self) -> None:
        self._over.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes accept()
        self._thread.join()
        self._listener.close()


def request(line: socket.socket) -> bytes:
    """Read one request whole."""
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += line.recv(65536)
    head, _, body = seen.partition(b"\r\n\r\n")
    fields = [field.lower().partition(b":") for field in head.split(b"\r\n")]
    length = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def reset(line: socket.socket) -> None:
    """Close so that the other side gets RST instead of FIN."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def http(status: str, body: bytes = b"", *fields: str, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {size}", *fields])
    return head.encode() + b"\r\n\r\n" + body


def answering(*chunks: bytes) -> Callable[[socket.socket, threading.Event], object]:
    def act(line: socket.socket, _: threading.Event) -> None:
        request(line)
        for chunk in chunks:
            line.sendall(chunk)

    return act


@contextmanager
def trapped(act: Callable[[socket.socket, threading.Event], object]) -> Iterator[Trap]:
    trap = Trap(act)
    try:
        yield trap
    finally:
        trap.close()


def certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate for this machine, ``cert.pem`` in the folder, and a server's context."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    extra = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command.split(), *extra], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
