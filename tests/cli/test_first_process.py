"""The command as the first process of a container, where signals have no default effect."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli import WAIT_SECONDS, bare_environment
from helpers.waiting import wait_until

_AS_ROOT = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
_AS_FIRST = ["unshare", *_AS_ROOT, "--pid", "--fork"]


def _can_be_first() -> bool:
    tried = [*_AS_FIRST, "true"]
    return bool(shutil.which("unshare")) and not subprocess.run(tried, check=False).returncode


def _child(pid: int) -> int:
    """Wait for the process that another one has started, and return its id."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    wait_until(lambda: children.read_text(encoding="ascii"))
    return int(children.read_text(encoding="ascii").split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no namespaces of processes")
def test_sigterm_ends_the_first_process_of_a_container_while_it_starts(tmp_path: Path) -> None:
    if not _can_be_first():
        pytest.skip("this machine allows no namespaces of processes")
    command = [*_AS_FIRST, sys.executable, "-m", "bot", "sandbox", "--handle", "our_name"]
    environment = bare_environment(tmp_path)
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    ) as outer:
        first = _child(outer.pid)
        # As soon as it handles the signal, which is before most imports.
        wait_until(lambda: _handles(first, signal.SIGTERM))
        os.kill(first, signal.SIGTERM)
        assert outer.wait(WAIT_SECONDS) == 143


def _handles(pid: int, number: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    caught = next(line for line in lines if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) & 1 << (number - 1))
