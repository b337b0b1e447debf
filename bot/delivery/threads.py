"""Threads in which each account does one thing at a time, independent of the others.

Dispatcher, uploads, probes and the reading of counters each have their own.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.model import Account

T = TypeVar("T")

COLLECT_SECONDS = 0.05
"""How often the queue is checked for due posts while others are on their way."""

BATCH_SECONDS = 0.006
"""Once one result is in, others are awaited for this long, to record them together."""

STALL_SECONDS = 1.0
"""If no thread of a platform has taken work for this long, more threads are started."""

READ_THREADS = 4
"""Threads that read counters, or check accounts' keys, for each platform, while none is stuck."""

_MOST_THREADS = 1000
"""There are never more than accounts, as each account does one thing at a time."""


@dataclass(slots=True)
class _Pool(Generic[T]):
    """A platform's threads, and the work that waits for one of them."""

    executor: ThreadPoolExecutor
    """As many threads as there are to be. From Python 3.12 on, an executor that may have more makes
    more, also if one is about to be free."""
    relief: ThreadPoolExecutor
    """More threads, while those are stuck."""
    waiting: SimpleQueue[tuple[str, Callable[[], T]]] = field(default_factory=SimpleQueue)
    running: int = 0
    """The number of threads, each of which takes work until none waits."""
    taken_at: float = 0.0
    """When one of them last took work, by the monotonic clock."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class AccountThreads(Generic[T]):
    """Threads for each platform, in which each account does one thing at a time.

    There are ``threads`` of them, and more while these are stuck. Accounts whose server hangs delay
    no other account for longer than ``STALL_SECONDS``.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._threads = threads
        self._pools: dict[str, _Pool[T]] = {}
        self._done: SimpleQueue[tuple[str, T | None, BaseException | None]] = SimpleQueue()
        self._begun: dict[str, float] = {}
        self.busy: set[str] = set()

    @property
    def stuck(self) -> int:
        """The number of accounts that have been at the same work for too long."""
        now = monotonic()
        return sum(now - begun > STALL_SECONDS for begun in [*self._begun.values()])

    def submit(self, platform: str, work: Mapping[str, Callable[[], T]]) -> None:
        """Start work for accounts that are not busy, by the account's name."""
        if platform not in self._pools:
            name = f"{self._name}-{platform}"
            executor = ThreadPoolExecutor(self._threads, name)
            self._pools[platform] = _Pool(executor, ThreadPoolExecutor(_MOST_THREADS, name))
        pool = self._pools[platform]
        self.busy |= work.keys()
        with pool.lock:
            if not pool.waiting.qsize():
                pool.taken_at = monotonic()
            for item in work.items():
                pool.waiting.put(item)
            more = min(len(work), self._threads - pool.running)
        # A thread goes on until nothing waits: a future for each post would cost more than that.
        self._start(pool, pool.executor, more)

    def _start(self, pool: _Pool[T], executor: ThreadPoolExecutor, count: int) -> None:
        for _ in range(count):
            with pool.lock:
                pool.running += 1
            try:
                executor.submit(self._run, pool)
            except RuntimeError:  # the system has no thread left, so the work is done here
                self._run(pool)

    def _run(self, pool: _Pool[T]) -> None:
        while True:
            try:
                account, work = pool.waiting.get_nowait()
            except Empty:
                with pool.lock:
                    if pool.waiting.qsize():  # new work has come, and counts on this thread
                        continue
                    pool.running -= 1
                return
            pool.taken_at = self._begun[account] = monotonic()
            try:
                self._done.put((account, work(), None))
            except BaseException as error:  # noqa: BLE001 - whoever collects it raises it
                self._done.put((account, None, error))

    def _relieve(self) -> None:
        """Start threads for work that waits behind threads that are stuck."""
        for pool in self._pools.values():
            if pool.waiting.qsize() and monotonic() - pool.taken_at > STALL_SECONDS:
                self._start(pool, pool.relief, pool.waiting.qsize())

    def collect(self) -> tuple[dict[str, T | None], BaseException | None]:
        """Wait a moment, and return the results by account, and the first error.

        Failed work has the result None.
        """
        results: dict[str, T | None] = {}
        first_error: BaseException | None = None
        self._relieve()
        until = monotonic() + COLLECT_SECONDS
        while self.busy:
            try:
                account, result, error = self._done.get(timeout=max(0.0, until - monotonic()))
            except Empty:
                break
            if not results:
                until = monotonic() + BATCH_SECONDS
            self.busy.discard(account)
            self._begun.pop(account, None)
            results[account] = result
            first_error = first_error or error
        return results, first_error

    def wait(self) -> None:
        """Wait until all work is done. Raise the first error."""
        first: BaseException | None = None
        while self.busy:
            _, error = self.collect()
            first = first or error
        if first:
            raise first


def do_at_once(
    job: str, accounts: Mapping[str, Account], names: Iterable[str], do: Callable[[str], None]
) -> None:
    """Call ``do`` for each of these accounts, for several at once. Raise the first error."""
    threads: AccountThreads[None] = AccountThreads(job, READ_THREADS)
    for name in names:
        threads.submit(accounts[name].platform, {name: partial(do, name)})
    threads.wait()
