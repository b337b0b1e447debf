"""Tell systemd, or another service manager that speaks its protocol, how this process is.

The protocol is a datagram of lines ``NAME=value`` to a socket that the environment names
(https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html). Without that variable
nothing is sent. A message never blocks and never raises: it is kept, and goes with the next one.
"""

from __future__ import annotations

import faulthandler
import os
import socket
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

MESSAGES_PER_LIMIT = 4
"""How many signs of life are sent in the time after which their absence counts. The manual asks for
at least two."""

MAX_STATUS = 300
"""Most characters of a status, which is one line for a person."""


class ServiceManager:
    """The service manager that started this process, if any. It is for one thread at a time."""

    def __init__(
        self, environ: MutableMapping[str, str], now: Callable[[], float] = monotonic
    ) -> None:
        """Take its variables out of the environment, so that no child speaks for this process.

        ``now`` returns real seconds while the machine is awake, as systemd's own watchdog does.
        """
        address = environ.pop("NOTIFY_SOCKET", "")
        limit, process = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        self._address = _parse_address(address)
        self._now = now
        self._unsent: dict[str, str] = {}
        self._status = ""
        self._alive_at = float("-inf")
        self.watchdog_seconds = 0.0
        """After this time without a sign of life, this process is killed; 0 if it never is."""
        if limit.isascii() and limit.isdigit() and process in {"", str(os.getpid())}:
            self.watchdog_seconds = int(limit) / 1_000_000

    @property
    def listens(self) -> bool:
        """Whether there is a service manager that wants to be told."""
        return self._address is not None

    @property
    def message_seconds(self) -> float:
        """The time between two signs of life."""
        return self.watchdog_seconds / MESSAGES_PER_LIMIT

    def ready(self) -> None:
        """Say that the start is over."""
        self._send(READY="1")

    def stopping(self) -> None:
        """Say that the process is ending by itself."""
        self._send(STOPPING="1")

    def status(self, text: str) -> None:
        """Say how the process is, in one line for a person, if that has changed.

        Messages that could not be sent before are sent as well.
        """
        line = " ".join(text.split())[:MAX_STATUS]
        if line != self._status:
            self._status = line
            self._send(STATUS=line)
        elif self._unsent:
            self._send()

    def alive(self) -> None:
        """Give a sign of life, if one is due. Only a process that does its work may call it."""
        now = self._now()
        due = self._alive_at + self.message_seconds
        if self.watchdog_seconds and now >= due and self._send(WATCHDOG="1"):
            self._alive_at = now

    def _send(self, **lines: str) -> bool:
        """Send the lines and those that are left from before; return whether they were taken."""
        if self._address is None:
            return False
        self._unsent.update(lines)
        try:
            text = "\n".join(f"{name}={value}" for name, value in self._unsent.items())
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(text.encode(errors="replace"), self._address)
        except OSError:  # its buffer is full, or it is starting anew
            self._unsent.pop("WATCHDOG", None)  # a sign of life is not one later
            return False
        self._unsent.clear()
        return True


def connect(environ: MutableMapping[str, str]) -> ServiceManager:
    """Return the service manager that started this process, if any.

    Its watchdog kills by SIGABRT, which then logs what each thread was doing, without any values.
    """
    manager = ServiceManager(environ)
    if manager.watchdog_seconds:
        faulthandler.enable()
    return manager


def _parse_address(text: str) -> str | None:
    """Return the socket's address, or None if it is none on this machine.

    ``@`` begins an address in Linux's abstract namespace.
    """
    if text.startswith("/"):
        return text
    return f"\0{text[1:]}" if text.startswith("@") and len(text) > 1 else None
