"""The test's side of the workers, each a real process: what it says, and the signals it gets."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from helpers.fork_server import ForkServer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping

    from helpers.fork_server import ForkedProcess

    from bot.model import Account

WAIT_SECONDS = 150.0
"""Seconds that a worker may take for anything; nothing that works needs so long, even on a machine
that is three times as slow as usual."""


def about(account: Account) -> dict[str, str]:
    """Return what a worker is told of an account."""
    names = ("name", "platform", "handle", "api")
    return {name: getattr(account, name) for name in names}


class WorkerProcess:
    """The test's side of one worker."""

    def __init__(
        self, line: socket.socket, process: ForkedProcess | subprocess.Popen[bytes]
    ) -> None:
        self._line = line
        self._process = process
        self._words = line.makefile("r", encoding="utf-8")
        self.signal = process.send_signal
        self.stopped = False

    def receive(self, patience: float = WAIT_SECONDS) -> dict[str, Any] | None:
        """Return what it says next, within so many seconds; None where it has ended."""
        self._line.settimeout(patience)
        try:
            said = self._words.readline()
        except ConnectionResetError:
            said = ""
        return json.loads(said) if said else None

    def has_message(self, seconds: float) -> bool:
        """Return whether it says something within so many seconds."""
        said = select.poll()  # select() itself refuses a descriptor over 1,023
        said.register(self._line, select.POLLIN)
        return bool(said.poll(seconds * 1000))

    def send(self, **words: Any) -> None:
        self._line.sendall(json.dumps(words).encode() + b"\n")

    def kill(self) -> None:
        """As the machine does when it has no memory left: kill -9."""
        self.signal(signal.SIGKILL)
        self._process.wait(WAIT_SECONDS)

    def close(self) -> None:
        self.kill()
        self._words.close()
        self._line.close()


class WorkerPool:
    """Where workers come from."""

    def __init__(self, server: ForkServer) -> None:
        self._server = server
        self._workers: list[WorkerProcess] = []

    def worker(self, job: Mapping[str, Any]) -> WorkerProcess:
        """Start a worker on a job."""
        mine, theirs = socket.socketpair()
        with theirs:
            worker = WorkerProcess(mine, self._server.start(job, [theirs.fileno()]))
        self._workers.append(worker)
        return worker

    def clear(self) -> None:
        """End all workers."""
        while self._workers:  # one that fails to end is not closed twice
            self._workers.pop().close()


@contextmanager
def worker_pool(**environ: str) -> Iterator[WorkerPool]:
    """Give a pool whose workers have these variables, and end with it."""
    server = ForkServer("faults_worker", {**os.environ, **environ})
    pool = WorkerPool(server)
    try:
        yield pool
    finally:
        pool.clear()
        server.close()
