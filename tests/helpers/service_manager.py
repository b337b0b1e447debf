"""A service manager of the tests: a real datagram socket, as systemd listens at."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from helpers.cli import WAIT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Listener:
    """The socket, and the lines that came, each with its instant by the monotonic clock."""

    socket: socket.socket
    address: str
    """The value of NOTIFY_SOCKET."""
    lines: list[tuple[float, str]] = field(default_factory=list)

    def receive(self) -> list[str]:
        """Take what has come, and return all lines so far."""
        self.socket.setblocking(False)
        while True:
            try:
                text = self.socket.recv(65_536).decode()
            except BlockingIOError:
                return [line for _, line in self.lines]
            self.lines += [(time.monotonic(), line) for line in text.split("\n")]

    def until(self, holds: Callable[[list[str]], object]) -> list[str]:
        """Wait until a condition holds for the lines, and return them."""
        end = time.monotonic() + WAIT_SECONDS
        while not holds(lines := self.receive()):
            assert time.monotonic() < end, f"waited in vain; it got {lines}"
            time.sleep(0.01)
        return lines

    def times(self, wanted: str) -> list[float]:
        """Return when this line came."""
        return [at for at, line in self.lines if line == wanted]


@contextmanager
def listening(*, abstract: bool = False) -> Iterator[Listener]:
    """Listen, at a path or in Linux's abstract namespace."""
    with (
        TemporaryDirectory() as folder,  # a socket's path is short
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made,
    ):
        path = str(Path(folder, "notify"))
        made.bind(f"\0{path}" if abstract else path)
        yield Listener(made, f"@{path}" if abstract else path)
