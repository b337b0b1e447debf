"""Running the command line: in this process, where that is enough, or as people do."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import keyring
from keyring.backend import KeyringBackend

from bot.cli.frame import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pytest

ROOT = Path(__file__).parent.parent

CONFIG = """\
accounts:
  our-x:
    platform: x
    handle: our_name
"""


class Ran(NamedTuple):
    """What came of a command line."""

    code: int
    out: str
    err: str


def here(capsys: pytest.CaptureFixture[str], *args: str | Path) -> Ran:
    """Run a command line in this process, through the frame's own error handler."""
    capsys.readouterr()
    code = run([str(arg) for arg in args])
    out, err = capsys.readouterr()
    return Ran(code, out, err)


def process(
    *args: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
) -> Ran:
    """Run a command line as a process of its own, with a bare environment and an empty home."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", *map(str, args)],
        cwd=cwd,
        env={**bare_environment(cwd), **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def seconds(command: Sequence[str], cwd: Path) -> float:
    """Give the processor time of a command: on an idle machine, what a person waits for it.

    The wall clock would also measure what other tests do at the same time.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=bare_environment(cwd),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def bare_environment(home: Path) -> dict[str, str]:
    """Give an environment without any setting of ours, or of the person who runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def write(path: Path, text: str) -> Path:
    """Write a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class MemoryKeyring(KeyringBackend):
    """A keyring that lasts as long as the test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Give what was kept, or None."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self.kept[service, username] = password


@contextmanager
def using(ring: KeyringBackend) -> Iterator[None]:
    """Let this be the machine's keyring for a while."""
    before = keyring.get_keyring()
    keyring.set_keyring(ring)
    try:
        yield
    finally:
        keyring.set_keyring(before)
