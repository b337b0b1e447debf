"""Running the command line in this process, if that is enough, or as people do."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, NamedTuple

import keyring
from keyring.backend import KeyringBackend

import bot
from bot.cli.main import run
from helpers.documents import check_document
from helpers.fork_server import CAN_FORK, shared_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from helpers.fork_server import ForkedProcess

ROOT = Path(__file__).parents[2]
PACKAGE = Path(bot.__file__).parent
"""The package as it is imported, from this checkout or installed elsewhere."""

WAIT_SECONDS = 150.0
"""Longest wait for another process, in seconds. A sound one needs less."""

CONFIG = """\
accounts:
  our-x:
    platform: x
    handle: our_name
"""

CAMPAIGN_HEAD = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [our-x]
demands:
  stop: {ask: Stop it, target: The council}
"""


class CommandResult(NamedTuple):
    """The result of a command line."""

    code: int
    out: str
    err: str


class Captured(io.TextIOWrapper):
    """A standard stream that keeps the text, as if it was a pipe."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", newline="", write_through=True)

    @property
    def text(self) -> str:
        """What was written so far."""
        return self._bytes.getvalue().decode()


@contextmanager
def captured() -> Iterator[tuple[Captured, Captured]]:
    """Yield the standard output and the standard error of the block."""
    with redirect_stdout(Captured()) as out, redirect_stderr(Captured()) as err:
        yield out, err


def run_cli(*args: str | Path) -> CommandResult:
    """Run a command line in this process, with the program's own error handler."""
    with captured() as (out, err):
        code = run([str(arg) for arg in args])
    check_document(args, out.text)
    return CommandResult(code, out.text, err.text)


def run_cli_process(
    *args: str | Path, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = ""
) -> CommandResult:
    """Run a command line in another process, with a bare environment and an empty home."""
    with TemporaryFile("w+") as given, TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        given.write(stdin)
        given.seek(0)
        process = start_command(
            [str(arg) for arg in args],
            cwd=cwd,
            env={**bare_environment(cwd), **(env or {})},
            streams=[given.fileno(), out.fileno(), err.fileno()],
        )
        code = process.wait(WAIT_SECONDS)
        out.seek(0)
        err.seek(0)
        result = CommandResult(code, out.read(), err.read())
        check_document(args, result.out)
        return result


def bare_environment(home: Path) -> dict[str, str]:
    """Return an environment without our settings and those of the person who runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def write_file(path: Path, text: str) -> Path:
    """Write a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class MemoryKeyring(KeyringBackend):
    """A keyring that lasts as long as the test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Return the stored password, or None."""
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        del self.passwords[service, username]


@contextmanager
def use_keyring(ring: KeyringBackend) -> Iterator[None]:
    """Make this the machine's keyring within the block."""
    before = keyring.get_keyring()
    keyring.set_keyring(ring)
    try:
        yield
    finally:
        keyring.set_keyring(before)


_MODULE = "helpers.commands_server"
_FORK = """\
#!{python} -IS
import json, os, signal, socket, sys

line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
line.connect({address!r})
job = {{"module": {module!r}, "args": sys.argv[1:], "cwd": os.getcwd(), "env": {{**os.environ}}}}
socket.send_fds(line, [json.dumps(job).encode()], [0, 1, 2])
pid = int(line.recv(100))
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: os.kill(pid, number))
code = int(line.recv(100))
sys.exit(code if code >= 0 else 128 - code)
"""
_START = """\
#!/bin/sh
exec {python} -m bot "$@"
"""


def start_command(
    args: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    streams: Sequence[int],
    fresh: bool = False,
) -> ForkedProcess | subprocess.Popen[bytes]:
    """Start ``groundswell`` in another process; ``streams`` are its input, output and errors.

    A ``fresh`` one is started as people do. Others are forked, which is a second faster.
    """
    if fresh or not CAN_FORK:
        stdin, stdout, stderr = streams
        command = [sys.executable, "-m", "bot", *args]
        return subprocess.Popen(
            command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr
        )
    job = {"args": args, "cwd": str(cwd), "env": dict(env)}
    return shared_server().start(_MODULE, job, streams)


def write_program(path: Path) -> None:
    """Write a ``groundswell`` that a shell can run."""
    if CAN_FORK:
        address = shared_server().address
        text = _FORK.format(python=sys.executable, address=address, module=_MODULE)
    else:
        text = _START.format(python=shlex.quote(sys.executable))
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
