"""Processes started in milliseconds by forking one that has imported all modules.

Run as a program, this module is the server. It forks a process for every connection. The process
calls the ``run_job`` of the module that the job names, with the job and the file descriptors that
it received. The server imports the module first, and calls its ``prepare``, which does what every
process would do once. Starting Python and importing the package would take a second each time.

All test processes share one server, whose folder is in the environment. A server ends when
the process that made its folder does.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
CAN_FORK = sys.platform == "linux"
"""Whether the system has the sockets and process descriptors that a fork server needs."""

SHARED = "FORK_SERVER"
"""Environment variable with the folder of the server that all test processes share."""

_PYTHON_PATH = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests" / "faults")))
_MAX_BYTES = 200_000
_MAX_FDS = 3


@contextmanager
def server_folder() -> Iterator[Path]:
    """Make a folder, and end the server in it afterwards, or when this process ends."""
    with tempfile.TemporaryDirectory(prefix="fork") as name:
        folder = Path(name)
        os.mkfifo(folder / "alive")
        alive = os.open(folder / "alive", os.O_RDWR)
        try:
            yield folder
        finally:
            os.close(alive)


class ForkServer:
    """Starts processes that do jobs, by forking if the system can.

    ``env`` is the server's environment, without ``PYTHONPATH``. All processes that use a ``folder``
    use the server in it, which the first of them starts.
    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._command = [sys.executable, "-P", "-W", "ignore", __file__]
        self._env = {**env, "PYTHONPATH": _PYTHON_PATH}

    def start(
        self, module: str, job: Mapping[str, Any], fds: Sequence[int]
    ) -> ForkedProcess | subprocess.Popen[bytes]:
        """Start a process in which a module's ``run_job`` does a job."""
        words = json.dumps({"module": module, **job})
        if CAN_FORK:
            return ForkedProcess(self.address, words, fds)
        command = [*self._command, words, *map(str, fds)]
        return subprocess.Popen(command, env=self._env, pass_fds=fds)

    @cached_property
    def address(self) -> str:
        """The socket of the server, which is started if nobody has used it yet."""
        address = self._folder / "socket"
        with FileLock(self._folder / "lock"), (self._folder / "alive").open("rb") as alive:
            if not address.exists():
                command = [*self._command, str(address)]
                output = subprocess.DEVNULL
                subprocess.run(command, env=self._env, stdin=alive, stdout=output, check=True)
        return str(address)


@cache
def shared_server() -> ForkServer:
    """Return the server that all test processes share.

    Its environment has few variables and no terminal, as that of every command of the tests.
    """
    few = ("PATH", "PYTHON_KEYRING_BACKEND")
    env = {name: os.environ[name] for name in few if name in os.environ}
    return ForkServer(Path(os.environ.get(SHARED, "")), {**env, "HOME": "/"})


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
        self._prepared: set[str] = set()
        """The modules whose jobs have been done before."""

    def serve(self) -> tuple[dict[str, Any], list[int]] | None:
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

    def _fork(self) -> tuple[dict[str, Any], list[int]] | None:
        """Fork a process for a connection; return its job in it, and None in the server."""
        line, _ = self._listener.accept()
        words, fds, _, _ = socket.recv_fds(line, _MAX_BYTES, _MAX_FDS)
        job = json.loads(words)
        self._prepare(job["module"])
        pid = os.fork()
        if not pid:
            for each in (line, self._listener, *(line for _, line in self._children.values())):
                each.close()
            for process in self._children:
                os.close(process)
            gc.enable()
            return job, fds
        for descriptor in fds:
            os.close(descriptor)
        self._children[os.pidfd_open(pid)] = pid, line
        line.sendall(str(pid).encode())
        return None

    def _prepare(self, module: str) -> None:
        """Import a module and prepare it before the first of its jobs."""
        if module not in self._prepared:
            import_module(module).prepare()
            self._prepared.add(module)
            gc.collect()  # which also ends threads of thread pools
            gc.freeze()


def main() -> None:
    """Serve at an address in the background, or do the one job that is given with descriptors."""
    first, *words = sys.argv[1:]
    if words:
        forked: tuple[dict[str, Any], list[int]] | None
        forked = json.loads(first), [int(word) for word in words]
    else:
        server = Server(first)
        if os.fork():
            return
        gc.disable()  # until the fork, because what is imported stays
        forked = server.serve()
    if forked:
        job, fds = forked
        import_module(job["module"]).run_job(job, fds)


if __name__ == "__main__":
    main()
