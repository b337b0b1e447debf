"""A connection for one request that ends in time, whatever the server does.

urllib3 limits only the wait for the next byte. http.client takes the first answer for the last one
unless it is a 100. Neither limits what comes before a body. Here one deadline holds for all of it:
looking up the name, connecting, the handshake, sending, and each byte of the answer. Informational
answers are skipped (https://www.rfc-editor.org/rfc/rfc9110#section-15.2), because only the final
one says what became of the request. Only the connections that ``timed`` makes are changed.
"""

from __future__ import annotations

import io
import threading
from contextlib import suppress
from functools import cache, partial
from http import HTTPStatus
from http.client import HTTPResponse
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any

from bot.platforms.calls import current_call

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""Most bytes of an answer's body. A page of a hundred of X's longest posts has half of that."""
MAX_HEAD_BYTES = 256 * 1024
"""Most bytes of headers and informational answers before a body."""
_BLOCK = 16 * 1024
"""Bytes sent at a time: one record of TLS, which leaves within one timeout."""
_LEAST_WAIT = 0.001  # seconds; 0 would mean not to wait at all


class AnswerTooLongError(OSError):
    """The answer is longer than any that makes sense."""


class Deadline:
    """The end of a request: after ``seconds``, or with the call that it belongs to."""

    def __init__(self, seconds: float, silence: float, connect: float) -> None:
        self._call = current_call()
        self._limit = min(seconds, self._call.left) if self._call else seconds
        self.end = monotonic() + self._limit
        """By the monotonic clock."""
        self._silence = silence
        self._connect = connect

    def handshake_seconds(self) -> float:
        """Return how long a connection and its handshake may take from now. Raise TimeoutError."""
        return min(self._connect, self._left())

    def begin_wait(self) -> float:
        """Return when a silence that begins now has lasted too long. Raise TimeoutError."""
        return min(monotonic() + self._silence, monotonic() + self._left())

    def step(self, until: float) -> float:
        """Return how long to wait before asking again. Raise TimeoutError after ``until``."""
        left = min(until - monotonic(), self._left())
        if left <= 0:
            raise TimeoutError(f"timed out: not a byte for {self._silence:g} s")
        notice = None
        if self._call:
            self._call.say_when_long()
            notice = self._call.until_notice
        return max(_LEAST_WAIT, left if notice is None else min(left, notice))

    def _left(self) -> float:
        left = self.end - monotonic()
        if left <= 0:
            raise TimeoutError(f"timed out: not done within {round(self._limit, 1):g} s")
        return left


class _TimedReader(io.RawIOBase):
    """Reads at most ``budget`` bytes of an answer from a socket, until the deadline."""

    def __init__(self, sock: socket.socket, file: io.RawIOBase, deadline: Deadline) -> None:
        self._sock = sock
        self._file = file  # keeps the socket open until it is closed
        self._deadline = deadline
        self.budget = MAX_HEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        until = self._deadline.begin_wait()
        while True:
            self._sock.settimeout(self._deadline.step(until))
            try:
                count = self._sock.recv_into(buffer)
            except TimeoutError:
                continue
            self.budget -= count
            if self.budget < 0:
                raise AnswerTooLongError("the answer or its headers have no end")
            return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _FinalResponse(HTTPResponse):
    """The final answer to a request, read within its deadline."""

    def __init__(self, deadline: Deadline, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = _TimedReader(sock, self.fp.detach(), deadline)
        self.fp = io.BufferedReader(self._reader)

    def begin(self, *args: Any, **kwargs: Any) -> None:
        """Read the headers of the final answer. A 101 is final, because nobody asked for one."""
        super().begin(*args, **kwargs)
        while self.status < HTTPStatus.OK and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment]  # as if not begun
            super().begin(*args, **kwargs)
        self._reader.budget += MAX_ANSWER_BYTES


class _TimedConnection:
    """Mixed into a class of urllib3's connections, to keep the deadline."""

    sock: Any

    def __init__(
        self, deadline: Deadline, on_open: Callable[[], None], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.deadline = deadline
        self.on_open = on_open
        self.response_class = partial(_FinalResponse, deadline)

    def connect(self) -> None:
        """Connect, which includes a proxy's tunnel and the TLS handshake."""
        super().connect()  # type: ignore[misc]
        self.on_open()

    def send(self, data: Any) -> None:
        """Send bytes, a block at a time."""
        if self.sock is None:
            self.connect()
        view = memoryview(data)
        for start in range(0, len(view), _BLOCK):
            until = self.deadline.begin_wait()
            self.sock.settimeout(max(_LEAST_WAIT, until - monotonic()))
            super().send(view[start : start + _BLOCK])  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        """Return a new socket, connected within the time of a handshake.

        The system may look up a name for as long as it likes, and a name may have many addresses.
        A thread of its own does that. It sends nothing, and is left behind if it takes too long.
        """
        connect = super()._new_conn  # type: ignore[misc]
        self.timeout = self.deadline.handshake_seconds()
        made = connect() if _is_address(self.host) else _in_time(connect, self.deadline)  # type: ignore[attr-defined]
        made.settimeout(self.deadline.handshake_seconds())
        return made  # type: ignore[no-any-return]


def timed(kind: type, deadline: Deadline, on_open: Callable[[], None]) -> Callable[..., Any]:
    """Return a factory for urllib3's connections of this kind, with a deadline.

    A connection that is established calls ``on_open``.
    """
    return partial(_timed_kind(kind), deadline, on_open)


@cache
def _timed_kind(kind: type) -> type:
    return type("TimedConnection", (_TimedConnection, kind), {})  # slow: cached above


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _in_time(connect: Callable[[], Any], deadline: Deadline) -> Any:
    """Return a socket that another thread connects. Raise its errors, and TimeoutError."""
    done: SimpleQueue[Any] = SimpleQueue()
    given_up = threading.Event()

    def run() -> None:
        try:
            made = connect()
        except Exception as error:  # noqa: BLE001 - whoever waits raises it
            done.put(error)
        else:
            done.put(made)
            if given_up.is_set():
                made.close()

    threading.Thread(target=run, name="connect", daemon=True).start()
    while True:
        try:
            made = done.get(timeout=deadline.step(deadline.end))
        except Empty:
            continue
        except TimeoutError:
            given_up.set()
            with suppress(Empty, AttributeError):  # it may have come this very moment
                done.get_nowait().close()
            raise
        if isinstance(made, Exception):
            raise made
        return made
