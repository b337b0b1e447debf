"""``groundswell web`` as a process of its own, and browser-like clients that have signed in."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from helpers.cli import WAIT_SECONDS, bare_environment, run_cli_process, start_command
from helpers.ports import free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping

    from helpers.cli import CommandResult
    from helpers.fork_server import ForkedProcess

PATIENCE = 60.0
"""Longest wait for an answer, in seconds."""


@dataclass
class ControlRoom:
    """A control room on a project's folder, which can be killed and started again."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    """Variables beside the bare ones."""
    port: int = field(default_factory=free_port)
    fresh: bool = False
    """Whether it is started as people do, which takes a second; otherwise it is forked."""
    process: ForkedProcess | subprocess.Popen[bytes] | None = None
    _clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "web.log"

    def output(self) -> str:
        """Return everything that it has said since the first start."""
        return self.log.read_text(encoding="utf-8")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        env = {**bare_environment(self.folder), **self.environ}
        args = ["web", "--port", str(self.port)]
        with self.log.open("ab") as stream, Path(os.devnull).open("rb") as nothing:
            streams = [nothing.fileno(), stream.fileno(), stream.fileno()]
            self.process = start_command(
                args, cwd=self.folder, env=env, streams=streams, fresh=self.fresh
            )
        end = time.monotonic() + WAIT_SECONDS
        while not self._answers():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < end, self.output()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except OSError:
            return False
        return True

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS)

    def command(self, *args: str, stdin: str = "") -> CommandResult:
        """Run another command in the same folder, which must succeed."""
        ran = run_cli_process(*args, cwd=self.folder, env=self.environ, stdin=stdin)
        assert ran.code == 0, ran.err
        return ran

    def add_user(self, name: str, role: str) -> None:
        """Add a person, who signs in by links."""
        self.command("web", "user", "add", name, "--role", role, "--phrase", "--as", "the test")

    def link(self, name: str) -> str:
        """Return an address that signs a person in once."""
        made = self.command(
            *("web", "link", name, "--port", str(self.port), "--as", "the test", "--json")
        )
        return str(json.loads(made.out)["address"])

    def client(self) -> httpx.Client:
        """Return a browser-like client that nobody has signed in with."""
        headers = {"origin": self.url, "sec-fetch-site": "same-origin"}
        made = httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)
        self._clients.append(made)
        return made

    def signed_in(self, name: str) -> httpx.Client:
        """Return a client that a person has signed in with by a link."""
        client = self.client()
        answer = client.post(urlsplit(self.link(name)).path, data={"x": "y"})
        assert answer.status_code == 303, answer.text
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        if self.process and self.process.poll() is None:
            self.end(signal.SIGKILL)


@contextmanager
def control_room(folder: Path, *, fresh: bool = False, **environ: str) -> Iterator[ControlRoom]:
    """Yield a control room that is running, and end it."""
    room = ControlRoom(folder, environ, fresh=fresh)
    try:
        room.start()
        yield room
    finally:
        room.close()
