"""How long a client's call may take in all, and which calls wait for an answer now.

A library's timeout limits only the wait for the next byte, and a server that sends one byte a
second would hold a call for ever. Here the whole call has a limit, with all of its name look-ups,
connections, requests and pages. ``bot.platforms.connection`` keeps the limit on the wire.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.model import Account

    class _Transport(Protocol):
        limits: Limits

    class _Client(Protocol):
        @property
        def _account(self) -> Account: ...

        @property
        def _transport(self) -> _Transport: ...


P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound="_Client")

NOTICE_SECONDS, NOTICE_SHARE = 10.0, 1 / 30
"""A call that has taken this long, and this share of its limit, is named in the log and in
``groundswell status``."""

log = logging.getLogger("groundswell.platforms")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in real seconds."""

    connect: float = 5.0
    """Connecting to one address of a server, and then the TLS handshake."""
    silence: float = 20.0
    """From one byte to the next."""
    send: float = 30.0
    """Publishing a part, with all that must be asked before it. A claim lasts longer."""
    read: float = 60.0
    """Reading: whose the credentials are, or a search of the timeline, with all of its pages."""
    counters: float = 300.0
    """Reading an account's counters. Those read until then are kept. One page is a ``read``."""
    upload: float = 1800.0
    """Uploading a file, with the time that the platform takes to process it."""
    bytes_per_second: float = 64 * 1024
    """A request that carries a file may take a ``read``, and a second more for so many bytes."""

    def request(self, size: int = 0, *, is_send: bool = False) -> float:
        """Return how long one request may take that carries ``size`` bytes of a file."""
        return self.send if is_send else self.read + size / self.bytes_per_second


@dataclass(eq=False, slots=True)
class Call:
    """A call of an account's client that is being made."""

    account: str
    platform: str
    limit: float
    """In seconds."""

    started: float = field(default_factory=monotonic)
    said: bool = False
    """Whether the log says already that it takes long."""

    @property
    def left(self) -> float:
        """Seconds until it must have ended."""
        return self.started + self.limit - monotonic()

    @property
    def until_notice(self) -> float | None:
        """Seconds until the log is to say that it takes long, or None once the log does."""
        return None if self.said else self.started + self.notice_after - monotonic()

    @property
    def notice_after(self) -> float:
        """Seconds after which the log says that it takes long."""
        return max(NOTICE_SECONDS, self.limit * NOTICE_SHARE)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return monotonic() - self.started

    def say_when_long(self) -> None:
        """Log once that it takes long."""
        wait = self.until_notice
        if wait is not None and wait <= 0:
            self.said = True
            words = "%s: waiting for %s for %.0f s; the request is given up after %.0f s"
            log.warning(words, self.account, self.platform.capitalize(), self.seconds, self.limit)


_current: ContextVar[Call | None] = ContextVar("call", default=None)
_calls: set[Call] = set()
_lock = Lock()


def current_call() -> Call | None:
    """Return the call that this thread is making."""
    return _current.get()


def long_calls() -> list[Call]:
    """Return the calls of this process that take long, the longest first."""
    with _lock:
        waiting = [call for call in _calls if monotonic() - call.started >= call.notice_after]
    return sorted(waiting, key=lambda call: call.started)


@contextmanager
def making(call: Call) -> Iterator[None]:
    """Make a call within the block. Within another call, only the other's limit holds."""
    if _current.get() is not None:
        yield
        return
    token = _current.set(call)
    with _lock:
        _calls.add(call)
    try:
        yield
    finally:
        _current.reset(token)
        with _lock:
            _calls.discard(call)


def limited(
    name: str,
) -> Callable[[Callable[Concatenate[C, P], T]], Callable[Concatenate[C, P], T]]:
    """Return a decorator that ends a client's method within this limit of its transport."""

    def decorate(method: Callable[Concatenate[C, P], T]) -> Callable[Concatenate[C, P], T]:
        @wraps(method)
        def decorated(self: C, *args: P.args, **kwargs: P.kwargs) -> T:
            account, limit = self._account, getattr(self._transport.limits, name)
            with making(Call(account.name, account.platform, limit)):
                return method(self, *args, **kwargs)

        return decorated  # type: ignore[return-value]  # mypy's wraps() names the first argument

    return decorate
