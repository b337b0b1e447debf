"""A disk that is full or broken, at every single write: no send without its intent; it recovers."""

from __future__ import annotations

import errno
import mmap
import os
import shutil
import struct
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults_figures import judge
from faults_process import WorkerPool, worker_pool
from faults_stage import fault_run, make_content
from helpers.scale import DIVISOR

from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults_stage import RunResult

pytest_plugins = ["faults_fixtures"]

SOURCE = Path(__file__).with_name("faults_disk.c")
INSTALL = "no C compiler here: apt-get install gcc libc6-dev"

ONCE = 1
LONG = 60
"""So many writes fail until there is space again."""
FOR_GOOD = 10**6
"""There is no space again before somebody mends the disk and starts another worker."""

CHUNKS = {1: 8, 10: 2, 50: 1}[DIVISOR]
STRIDES = {
    1: {ONCE: 1, LONG: 1, FOR_GOOD: 8},
    10: {ONCE: 10, LONG: 11, FOR_GOOD: 30},
    50: {ONCE: 50, LONG: 51, FOR_GOOD: 90},
}[DIVISOR]
"""Of the writes of a post's life, some 700, every so many-th is made to fail."""


@dataclass
class Disk:
    """Workers whose disk fails on demand."""

    home: WorkerPool
    control: mmap.mmap
    calls: int = 0
    """How many writes the life of a single post takes, where none fails."""

    def break_at(self, call: int, count: int, number: int) -> None:
        """Let so many writes fail from this one on; 0 lets none."""
        self.control[:] = struct.pack("iiii", call, count, number, 0)

    def stop_failing(self) -> int:
        """Let nothing fail any more; give how many writes there were."""
        calls: int = struct.unpack("iiii", self.control[:])[3]
        self.break_at(0, 0, 0)
        return calls


def compiler() -> str:
    """Give the C compiler; skips where there is none, but not in CI."""
    found = shutil.which("gcc") or shutil.which("cc")
    if not found and os.environ.get("CI") == "true":
        pytest.fail(INSTALL)
    return found or pytest.skip(INSTALL)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """Compile the failing disk and start workers on it."""
    if sys.platform != "linux":
        pytest.skip("the failing disk is put before Linux's own calls")
    folder = tmp_path_factory.mktemp("disk")
    library = folder / "disk.so"
    command = [compiler(), "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    with _control(folder / "control") as control:
        path = str(folder / "control")
        with worker_pool(LD_PRELOAD=str(library), FAULTS_DISK=path) as home:
            made = Disk(home, control)
            found, made.calls = run(made, folder / "sound", (0, 0, 0))
            assert found.states == {State.PUBLISHED: 1}
            yield made


@contextmanager
def _control(path: Path) -> Iterator[mmap.mmap]:
    path.write_bytes(bytes(16))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 16) as control:
        yield control


def run(
    disk: Disk, folder: Path, fault: tuple[int, int, int], bug: str = ""
) -> tuple[RunResult, int]:
    """Let a worker live on the failing disk, mend it, and let another one go on to the end."""
    with fault_run(folder, disk.home) as one:
        one.queue(make_content("single", "post", one.folder))
        disk.break_at(*fault)
        heard = one.worker(bug=bug).receive()
        calls = disk.stop_failing()
        assert heard is not None, "the disk killed the worker"
        said = heard.get("failed", "")
        assert not said or "StoreError" in said or "OSError" in said, said
        one.finish(bug=bug)
        return one.result(), calls


def _places(calls: int, count: int, number: int, chunk: int) -> range:
    """Give the writes to fail: other ones for each kind of failure."""
    stride = STRIDES[count]
    return range(
        1 + (chunk + number) % CHUNKS * stride + number % stride, calls + 1, CHUNKS * stride
    )


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("count", [ONCE, LONG, FOR_GOOD])
def test_failing_write_never_lets_a_post_out_unmeant_twice_or_into_nothing(
    disk: Disk,
    ground: Path,
    count: int,
    number: int,
    chunk: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Every write of a post's life fails: alone, with all that follow for a while, for good."""
    runs = [
        (call, run(disk, ground / f"{call}", (call, count, number))[0])
        for call in _places(disk.calls, count, number, chunk)
    ]
    judge(record_property, f"disk, {errno.errorcode[number]}", runs)


def test_harness_catches_a_seeded_bug(disk: Disk, ground: Path) -> None:
    """Where the intent is written after the send, the disk may fail in between."""
    found = [
        run(disk, ground / f"{call}", (call, LONG, errno.ENOSPC), "late_intent")[0]
        for call in (1, 20, 40)
    ]
    assert any(one.unmeant for one in found)


def test_without_a_compiler_the_harness_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is left out on a person's machine, and missed on the one that judges."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install gcc"):
        compiler()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install gcc"):
        compiler()
