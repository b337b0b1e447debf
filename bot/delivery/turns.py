"""Accounts at work in a few threads: each at one thing at a time, each platform in its own."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LOOK_SECONDS = 0.05
"""While something is on its way, what else has become due is looked for so often."""

GATHER_SECONDS = 0.003
"""So long is waited for others, once one has come back: they are written down together."""


class Turns(Generic[T]):
    """What accounts are at, and what comes back of it."""

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._threads = threads
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._done: SimpleQueue[tuple[str, Future[T]]] = SimpleQueue()
        self.busy: set[str] = set()

    def begin(self, account: str, platform: str, act: Callable[[], T]) -> None:
        """Let an account that is at nothing do this."""
        if platform not in self._pools:
            self._pools[platform] = ThreadPoolExecutor(self._threads, f"{self._name}-{platform}")
        self.busy.add(account)
        future = self._pools[platform].submit(act)
        future.add_done_callback(lambda done: self._done.put((account, done)))

    def back(self) -> tuple[list[T], BaseException | None]:
        """Give what has come back, and what went wrong; wait a moment where nothing has."""
        found: list[T] = []
        wrong: BaseException | None = None
        until = monotonic() + LOOK_SECONDS
        while self.busy:
            try:
                account, done = self._done.get(timeout=max(0.0, until - monotonic()))
            except Empty:
                break
            self.busy.discard(account)
            if error := done.exception():
                wrong = wrong or error
            elif (result := done.result()) is not None:
                if not found:
                    until = monotonic() + GATHER_SECONDS
                found.append(result)
        return found, wrong
