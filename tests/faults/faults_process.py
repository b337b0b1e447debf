"""The test's side of the workers, which are real processes."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from helpers.fork_server import ForkServer, server_folder, shared_server

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping

    from helpers.fork_server import ForkedProcess

    from bot.model import Account

WAIT_SECONDS = 150.0
"""Longest wait for a worker, in seconds. A sound worker needs less, even on a machine that is three
times as slow as usual."""


def about(account: Account) -> dict[str, str]:
    """Return the fields of an account that a worker's job contains."""
    names = ("name", "platform", "handle", "api")
    return {name: getattr(account, name) for name in names}


class WorkerProcess:
    """One worker, seen from the test."""

    def __init__(
        self, line: socket.socket, process: ForkedProcess | subprocess.Popen[bytes]
    ) -> None:
        self._line = line
        self._process = process
        self._words = line.makefile("r", encoding="utf-8")
        self.signal = process.send_signal
        self.stopped = False

    def receive(self, patience: float = WAIT_SECONDS) -> dict[str, Any] | None:
        """Return the worker's next message within ``patience`` seconds, or None if it has ended."""
        self._line.settimeout(patience)
        try:
            said = self._words.readline()
        except ConnectionResetError:
            said = ""
        return json.loads(said) if said else None

    def has_message(self, seconds: float) -> bool:
        """Return whether a message arrives within so many seconds."""
        said = select.poll()  # select() itself refuses a descriptor over 1,023
        said.register(self._line, select.POLLIN)
        return bool(said.poll(seconds * 1000))

    def send(self, **words: Any) -> None:
        self._line.sendall(json.dumps(words).encode() + b"\n")

    def kill(self) -> None:
        """End the worker by SIGKILL, as Linux does if it has no memory left."""
        self.signal(signal.SIGKILL)
        self._process.wait(WAIT_SECONDS)

    def close(self) -> None:
        self.kill()
        self._words.close()
        self._line.close()


class WorkerPool:
    """Starts workers and ends them."""

    def __init__(self, server: ForkServer) -> None:
        self._server = server
        self._workers: list[WorkerProcess] = []

    def worker(self, job: Mapping[str, Any]) -> WorkerProcess:
        """Start a worker on a job."""
        mine, theirs = socket.socketpair()
        with theirs:
            process = self._server.start("faults_worker", job, [theirs.fileno()])
            worker = WorkerProcess(mine, process)
        self._workers.append(worker)
        return worker

    def clear(self) -> None:
        """End all workers."""
        while self._workers:  # a worker that fails to end is not closed twice
            self._workers.pop().close()


@contextmanager
def worker_pool(**environ: str) -> Iterator[WorkerPool]:
    """Yield a pool, and end its workers.

    If environment variables are given, the workers have them, and a server of their own.
    """
    with ExitStack() as stack:
        server = shared_server()
        if environ:
            folder = stack.enter_context(server_folder())
            server = ForkServer(folder, {**os.environ, **environ})
        pool = WorkerPool(server)
        stack.callback(pool.clear)
        yield pool
