"""Processes started in milliseconds by forking one that has imported all modules.

Run as a program, this module is the server. It imports a module, and forks a process for every
connection. The process calls the module's ``run_job`` with the job and the file descriptors that it
received. Starting Python and importing the package would take a second each time.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
CAN_FORK = sys.platform == "linux"
"""Whether the system has the sockets and process descriptors that a fork server needs."""

_PYTHON_PATH = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests" / "faults")))
_MAX_BYTES = 200_000
_MAX_FDS = 3


class ForkServer:
    """Starts processes that do jobs, by forking if the system can.

    ``module`` is what the server imports, and ``env`` its environment, without ``PYTHONPATH``.
    """

    def __init__(self, module: str, env: Mapping[str, str]) -> None:
        self._command = [sys.executable, "-P", "-W", "ignore", __file__, module]
        self._env = {**env, "PYTHONPATH": _PYTHON_PATH}

    def start(
        self, job: Mapping[str, Any], fds: Sequence[int]
    ) -> ForkedProcess | subprocess.Popen[bytes]:
        """Start a process on a job."""
        words = json.dumps(job)
        if CAN_FORK:
            return ForkedProcess(self.address, words, fds)
        command = [*self._command, words, *map(str, fds)]
        return subprocess.Popen(command, env=self._env, pass_fds=fds)

    @cached_property
    def address(self) -> str:
        """The socket of the server, which is started at the first access."""
        self._folder = Path(tempfile.mkdtemp(prefix="fork"))
        address = str(self._folder / "socket")
        self._server = subprocess.Popen(
            [*self._command, address],
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        atexit.register(self.close)
        assert self._server.stdout
        assert self._server.stdout.readline(), "the fork server did not start"
        return address

    def close(self) -> None:
        """End the server, if it was started, and all its processes."""
        if vars(self).pop("address", None):
            atexit.unregister(self.close)
            self._server.communicate()  # closes its input
            shutil.rmtree(self._folder)


class ForkedProcess:
    """A process of a fork server, with the methods of ``subprocess.Popen`` that tests use."""

    def __init__(self, address: str, job: str, fds: Sequence[int]) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.connect(address)
        socket.send_fds(self._line, [job.encode()], fds)
        self.pid = int(self._line.recv(100))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or minus the number of a fatal signal; None while it runs."""
        if self.returncode is None:
            ended = select.poll()  # select() itself refuses a descriptor over 1,023
            ended.register(self._line, select.POLLIN)
            if ended.poll(0):
                self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit code."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            self.returncode = int(self._line.recv(100))
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended just now; its exit code is on its way
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


# --- the server -----------------------------------------------------------------------------------


class Server:
    """Forks a process for every connection; ends, with all of them, when its input ends."""

    def __init__(self, address: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(address)
        self._listener.listen()
        self._children: dict[int, tuple[int, socket.socket]] = {}
        """The number and the connection of each process, by its descriptor."""

    def serve(self) -> tuple[str, list[int]] | None:
        """Serve until the input ends; in a forked process, return its job and descriptors."""
        while True:
            lines = {line: process for process, (_, line) in self._children.items()}
            inputs: list[Any] = [0, self._listener, *self._children, *lines]
            ready, _, _ = select.select(inputs, [], [])
            for line in lines if 0 in ready else lines.keys() & {*ready}:
                with suppress(ProcessLookupError):  # its starter is gone
                    signal.pidfd_send_signal(lines[line], signal.SIGKILL)
            if 0 in ready:
                return None
            for process in self._children.keys() & {*ready}:
                self._report_end(process)
            if self._listener in ready and (forked := self._fork()):
                return forked

    def _report_end(self, process: int) -> None:
        """Report a process's end while its number is taken, because signals may still come."""
        pid, line = self._children.pop(process)
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert ended
        code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        with line, suppress(OSError):  # nobody may wait for it
            line.sendall(str(code).encode())
        os.waitpid(pid, 0)
        os.close(process)

    def _fork(self) -> tuple[str, list[int]] | None:
        """Fork a process for a connection; return its job in it, and None in the server."""
        line, _ = self._listener.accept()
        job, fds, _, _ = socket.recv_fds(line, _MAX_BYTES, _MAX_FDS)
        pid = os.fork()
        if not pid:
            for each in (line, self._listener, *(line for _, line in self._children.values())):
                each.close()
            for process in self._children:
                os.close(process)
            return job.decode(), fds
        for descriptor in fds:
            os.close(descriptor)
        self._children[os.pidfd_open(pid)] = pid, line
        line.sendall(str(pid).encode())
        return None


def main() -> None:
    """Serve at an address, or do the one job that is given with its descriptors."""
    name, first, *words = sys.argv[1:]
    module = import_module(name)
    if words:
        module.run_job(json.loads(first), [int(word) for word in words])
        return
    server = Server(first)
    gc.freeze()
    os.write(1, b"ready\n")
    if forked := server.serve():
        job, fds = forked
        module.run_job(json.loads(job), fds)


if __name__ == "__main__":
    main()
