"""Accounts at work in a few threads: each at one thing at a time, each platform in its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LOOK_SECONDS = 0.05
"""While something is on its way, what else has become due is looked for so often."""


@dataclass(frozen=True, slots=True)
class _Back(Generic[T]):
    account: str
    result: T | None = None
    error: BaseException | None = None


class Turns(Generic[T]):
    """What accounts are at, and what comes back of it."""

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._threads = threads
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._done: SimpleQueue[_Back[T]] = SimpleQueue()
        self.busy: set[str] = set()

    def begin(self, account: str, platform: str, act: Callable[[], T]) -> None:
        """Let an account that is at nothing do this."""
        if platform not in self._pools:
            self._pools[platform] = ThreadPoolExecutor(self._threads, f"{self._name}-{platform}")
        self.busy.add(account)
        self._pools[platform].submit(self._act, account, act)

    def _act(self, account: str, act: Callable[[], T]) -> None:
        try:
            self._done.put(_Back(account, act()))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._done.put(_Back(account, error=error))

    def back(self) -> tuple[list[T], BaseException | None]:
        """Give what has come back, and what went wrong; wait a moment where nothing has."""
        found: list[T] = []
        wrong: BaseException | None = None
        timeout = LOOK_SECONDS if self.busy else 0.0
        while True:
            try:
                one = self._done.get(timeout=timeout) if timeout else self._done.get_nowait()
            except Empty:
                return found, wrong
            timeout = 0.0
            self.busy.discard(one.account)
            wrong = wrong or one.error
            if one.result is not None:
                found.append(one.result)
