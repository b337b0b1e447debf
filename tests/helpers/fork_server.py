"""Commands as processes of their own in milliseconds: forked from one that has imported it all.

Run as a program, this is the server: it forks a process for every connection, which becomes
``groundswell`` with the arguments, environment, folder and standard streams that it was sent.
Starting Python and importing the package would take a second each time.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
_MAX_BYTES = 200_000
_STREAMS = 3


def start_command(
    args: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    streams: Sequence[int],
    fresh: bool = False,
) -> ForkedProcess | subprocess.Popen[bytes]:
    """Start ``groundswell`` as a process of its own; ``streams`` are its input, output and errors.

    A ``fresh`` one is started as people do. Others are forked where the system has such sockets,
    which takes a second less.
    """
    if fresh or sys.platform != "linux":
        stdin, stdout, stderr = streams
        command = [sys.executable, "-m", "bot", *args]
        return subprocess.Popen(
            command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr
        )
    return ForkedProcess(args, cwd=cwd, env=env, streams=streams)


class ForkedProcess:
    """A command that runs in a process of its own: what tests use of ``subprocess.Popen``."""

    def __init__(
        self,
        args: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        streams: Sequence[int],
    ) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.connect(_server())
        job = {"args": args, "cwd": str(cwd), "env": dict(env)}
        socket.send_fds(self._line, [json.dumps(job).encode()], streams)
        self.pid = int(self._line.recv(100))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit code, minus a signal's number where that ended it; None while it runs."""
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends, and return its exit code."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            self.returncode = int(self._line.recv(100))
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def _server() -> str:
    """Start the server of this process, which ends with it; return its address."""
    folder = Path(tempfile.mkdtemp(prefix="fork"))
    address = str(folder / "socket")
    # Few variables, and no terminal, as every command of the tests has it.
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [sys.executable, "-P", __file__, address],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert server.stdout
    assert server.stdout.readline(), "the fork server did not start"
    atexit.register(_stop, server, folder)
    return address


def _stop(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.communicate()  # closes its input
    shutil.rmtree(folder)


# --- the server -----------------------------------------------------------------------------------


class Server:
    """Forks a process for every connection; ends, with all of them, when its input ends."""

    def __init__(self, address: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(address)
        self._listener.listen()
        self._ended, self._wakeup = socket.socketpair()
        self._wakeup.setblocking(False)
        self._children: dict[int, socket.socket] = {}
        signal.set_wakeup_fd(self._wakeup.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> dict[str, Any] | None:
        """Serve until the input ends; in a forked process, return its job."""
        while True:
            inputs: list[Any] = [0, self._listener, self._ended]
            ready, _, _ = select.select(inputs, [], [])
            if self._ended in ready:
                self._ended.recv(_MAX_BYTES)
                self._report_ended()
            if 0 in ready:
                for pid in self._children:
                    os.kill(pid, signal.SIGKILL)
                return None
            if self._listener in ready and (job := self._fork()):
                return job

    def _report_ended(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with self._children.pop(pid) as line, suppress(OSError):  # nobody may wait for it
                line.sendall(str(os.waitstatus_to_exitcode(status)).encode())

    def _fork(self) -> dict[str, Any] | None:
        """Fork a process for a connection; return its job in it, and None in the server."""
        line, _ = self._listener.accept()
        data, streams, _, _ = socket.recv_fds(line, _MAX_BYTES, _STREAMS)
        pid = os.fork()
        if not pid:
            self._close(line)
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            job: dict[str, Any] = json.loads(data)
            return job
        for stream in streams:
            os.close(stream)
        self._children[pid] = line
        line.sendall(str(pid).encode())
        return None

    def _close(self, line: socket.socket) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in (line, self._listener, self._ended, self._wakeup, *self._children.values()):
            each.close()


def _import_all() -> None:
    """Import what commands do, also what they import only when they need it."""
    import tweepy  # noqa: F401

    import bot.cli.main
    import bot.platforms.x.client
    import bot.runtime.app
    import bot.runtime.loop
    import bot.runtime.sync  # noqa: F401


def main() -> None:
    from bot.__main__ import main as command

    server = Server(sys.argv[1])
    _import_all()
    gc.freeze()
    os.write(1, b"ready\n")
    job = server.serve()
    if job is None:
        return
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    time.tzset()
    random.seed()
    sys.argv[1:] = job["args"]
    command()


if __name__ == "__main__":
    main()
