"""Ports for servers that are told theirs."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress


def free_port() -> int:
    """Return a free port, of those that the system gives to nobody who leaves the choice to it.

    Else another test is given it before the server begins. ``random`` is seeded alike in every
    process that runs tests.
    """
    while True:
        with suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", 20_000 + secrets.randbelow(10_000)))
            return int(free.getsockname()[1])
