"""Free ports for servers that take theirs as an argument."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack, suppress


def free_port(count: int = 1) -> int:
    """Return the first of so many free ports in a row.

    They lie outside the range from which the system picks, or another test might receive one before
    the server begins. ``random`` would pick the same ones in every process that runs tests.
    """
    while True:
        first = 20_000 + secrets.randbelow(10_000)
        with suppress(OSError), ExitStack() as stack:
            for port in range(first, first + count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
