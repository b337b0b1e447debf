"""Real processes in milliseconds: one that has everything imported, and forks a worker per job.

Run as a program it is the nursery; ``ForkServer`` is the test's side of it. Signals go through
process descriptors, so that none can ever reach a process that took over a dead one's number.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
ROOT = Path(bot.__file__).parent.parent

WAIT_SECONDS = 150.0
"""Seconds that a worker may take for anything; nothing that works needs so long, even on a machine
that is three times as slow as usual."""

_MAX_JOB_BYTES = 65_536


class WorkerProcess:
    """The test's side of one worker: what it says, and the signals it gets."""

    def __init__(self, line: socket.socket, process: int) -> None:
        self._line = line
        self._process = process
        self._words = line.makefile("r", encoding="utf-8")
        self.stopped = False

    def receive(self, patience: float = WAIT_SECONDS) -> dict[str, Any] | None:
        """Give what it says next, within so many seconds; None where it has ended."""
        self._line.settimeout(patience)
        try:
            said = self._words.readline()
        except ConnectionResetError:
            said = ""
        return json.loads(said) if said else None

    def has_message(self, seconds: float) -> bool:
        """Tell whether it says something within so many seconds."""
        return bool(select.select([self._line], [], [], seconds)[0])

    def send(self, **words: Any) -> None:
        self._line.sendall(json.dumps(words).encode() + b"\n")

    def signal(self, number: int) -> None:
        signal.pidfd_send_signal(self._process, number)

    def wait(self) -> None:
        """Wait until it is gone."""
        assert select.select([self._process], [], [], WAIT_SECONDS)[0], "a worker does not end"

    def kill(self) -> None:
        """As the machine does when it has no memory left: kill -9."""
        with suppress(ProcessLookupError):  # it may end by itself just now
            self.signal(signal.SIGKILL)
        self.wait()

    def close(self) -> None:
        self.kill()
        self._words.close()
        self._line.close()
        os.close(self._process)


class ForkServer:
    """Where workers come from."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._workers: list[WorkerProcess] = []

    def worker(self, job: Mapping[str, Any]) -> WorkerProcess:
        """Start a worker on a job."""
        mine, theirs = socket.socketpair()
        socket.send_fds(self._line, [json.dumps(job).encode()], [theirs.fileno()])
        theirs.close()
        _, [process], _, _ = socket.recv_fds(self._line, 1, 1)
        worker = WorkerProcess(mine, process)
        self._workers.append(worker)
        return worker

    def clear(self) -> None:
        """End all workers."""
        while self._workers:  # one that fails to end is not closed twice
            self._workers.pop().close()


@contextmanager
def run_fork_server(**environ: str) -> Iterator[ForkServer]:
    """Run a nursery; its workers end with it."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests", HERE)))
    command = [sys.executable, "-W", "ignore", str(Path(__file__)), str(theirs.fileno())]
    env = {**os.environ, "PYTHONPATH": path, **environ}
    process = subprocess.Popen(command, env=env, pass_fds=[theirs.fileno()])
    theirs.close()
    made = ForkServer(mine)
    try:
        yield made
    finally:
        made.clear()
        mine.close()
        process.wait(WAIT_SECONDS)


def main() -> None:
    """Fork a worker for every job that comes, until the test hangs up."""
    import faults_worker  # heavy: all that a worker imports

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the dead
    line = socket.socket(fileno=int(sys.argv[1]))
    while True:
        job, fds, _, _ = socket.recv_fds(line, _MAX_JOB_BYTES, 1)
        if not job:
            return
        number = os.fork()
        if not number:
            line.close()
            faults_worker.main(json.loads(job), socket.socket(fileno=fds[0]))
            os._exit(0)
        os.close(fds[0])
        process = os.pidfd_open(number)
        socket.send_fds(line, [b"!"], [process])
        os.close(process)


if __name__ == "__main__":
    main()
