"""A connection for one request that ends in time, whatever the server does.

urllib3 limits the wait for the next byte, http.client reads the first answer for the last unless it
is a 100, and neither limits what comes before a body. Here a deadline holds for all of it: looking
up the name, connecting, the handshake, sending, and each byte of the answer. Informational answers
are passed over, as HTTP has it (RFC 9110, 15.2): only what follows them says what became of the
request. Nothing is changed but the connections that ``timed`` makes.
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
"""Most bytes of an answer's body: a page of a hundred of X's longest posts has half of it."""
MAX_HEAD_BYTES = 256 * 1024
"""Most bytes before a body: its headers, and all informational answers."""
_BLOCK = 16 * 1024
"""Bytes that are sent at a time: a record of TLS, which is sent within one timeout."""
_LEAST_WAIT = 0.001  # seconds; 0 would mean not to wait at all


class AnswerTooLongError(OSError):
    """An answer is longer than any that makes sense."""


class Deadline:
    """When a request must have ended: after ``seconds``, or with the call that it belongs to."""

    def __init__(self, seconds: float, silence: float, connect: float) -> None:
        self._call = current_call()
        self._limit = min(seconds, self._call.left) if self._call else seconds
        self._end = monotonic() + self._limit
        self._silence = silence
        self._connect = connect

    def handshake_seconds(self) -> float:
        """Return how long a connection and its handshake may take from now. Raise TimeoutError."""
        return min(self._connect, self._left())

    def begin_wait(self) -> float:
        """Return until when silence is borne, from now on. Raise TimeoutError."""
        return min(monotonic() + self._silence, monotonic() + self._left())

    def step(self, until: float) -> float:
        """Return how long to wait at a time. Raise TimeoutError once it is ``until`` then."""
        left = min(until - monotonic(), self._left())
        if left <= 0:
            raise TimeoutError(f"timed out: not a byte for {self._silence:g} s")
        notice = None
        if self._call:
            self._call.say_when_long()
            notice = self._call.until_notice
        return max(_LEAST_WAIT, left if notice is None else min(left, notice))

    def _left(self) -> float:
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError(f"timed out: not done within {round(self._limit, 1):g} s")
        return left

    @property
    def end(self) -> float:
        """The end, by the monotonic clock."""
        return self._end


class _TimedReader(io.RawIOBase):
    """Reads an answer from a socket until the deadline, and no more than ``budget`` bytes."""

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
                raise AnswerTooLongError("the answer, or what comes before it, has no end")
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
        """Read up to the end of the final answer's headers. 101 is final: it was not asked for."""
        super().begin(*args, **kwargs)
        while self.status < HTTPStatus.OK and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment]  # as if not begun
            super().begin(*args, **kwargs)
        self._reader.budget += MAX_ANSWER_BYTES


class _TimedConnection:
    """What is different in a connection of urllib3's, whichever of its classes is beside this."""

    sock: Any

    def __init__(
        self, deadline: Deadline, on_open: Callable[[], None], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.deadline = deadline
        self.on_open = on_open
        self.response_class = partial(_FinalResponse, deadline)

    def connect(self) -> None:
        """Connect. TCP, a proxy's tunnel and the TLS handshake are all in here."""
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
        """Return a new socket, which waits no longer than a handshake may take.

        The system looks up a name for as long as it likes, and a name may have many addresses. So
        this has a thread, which is left behind where it takes too long: nothing is sent in it.
        """
        connect = super()._new_conn  # type: ignore[misc]
        self.timeout = self.deadline.handshake_seconds()
        made = connect() if _is_address(self.host) else _in_time(connect, self.deadline)  # type: ignore[attr-defined]
        made.settimeout(self.deadline.handshake_seconds())
        return made  # type: ignore[no-any-return]


def timed(kind: type, deadline: Deadline, on_open: Callable[[], None]) -> Callable[..., Any]:
    """Return what makes urllib3's connections of this kind, each of which keeps the deadline.

    ``on_open`` is called once a connection is established.
    """
    return partial(_timed_kind(kind), deadline, on_open)


@cache
def _timed_kind(kind: type) -> type:
    """Return the class of connections: one for every kind, as a class is dear to make."""
    return type("TimedConnection", (_TimedConnection, kind), {})


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _in_time(connect: Callable[[], Any], deadline: Deadline) -> Any:
    """Return a socket that another thread connects. Raise what it raises, and TimeoutError."""
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
