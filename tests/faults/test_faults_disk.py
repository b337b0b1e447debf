"""If any write to the disk fails, nothing is sent without its intent, and the app recovers."""

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
"""Number of writes that fail before there is space again."""
FOR_GOOD = 10**6
"""Writes fail until a person repairs the disk and starts another worker."""

CHUNKS = {1: 8, 10: 2, 50: 1}[DIVISOR]
STRIDES = {
    1: {ONCE: 1, LONG: 1, FOR_GOOD: 8},
    10: {ONCE: 10, LONG: 11, FOR_GOOD: 30},
    50: {ONCE: 50, LONG: 51, FOR_GOOD: 90},
}[DIVISOR]
"""A post takes about 700 writes. Every so many-th of them is made to fail."""


@dataclass
class Disk:
    """Workers whose disk fails on demand."""

    pool: WorkerPool
    control: mmap.mmap
    calls: int = 0
    """Number of writes that a single post takes if none fails."""

    def break_at(self, call: int, count: int, number: int) -> None:
        """Let so many writes fail from this call on, or none if it is 0."""
        self.control[:] = struct.pack("iiii", call, count, number, 0)

    def stop_failing(self) -> int:
        """End all failures and return the number of writes so far."""
        calls: int = struct.unpack("iiii", self.control[:])[3]
        self.break_at(0, 0, 0)
        return calls


def compiler() -> str:
    """Return the C compiler; without one, skip the test, or fail it in CI."""
    found = shutil.which("gcc") or shutil.which("cc")
    if not found and os.environ.get("CI") == "true":
        pytest.fail(INSTALL)
    return found or pytest.skip(INSTALL)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """Compile the failing disk and start workers on it."""
    if sys.platform != "linux":
        pytest.skip("the failing disk wraps Linux's own calls")
    folder = tmp_path_factory.mktemp("disk")
    library = folder / "disk.so"
    command = [compiler(), "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    with _control(folder / "control") as control:
        path = str(folder / "control")
        with worker_pool(LD_PRELOAD=str(library), FAULTS_DISK=path) as pool:
            made = Disk(pool, control)
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
    """Run a worker on the failing disk, repair the disk, and run another worker to the end."""
    with fault_run(folder, disk.pool) as one:
        one.queue(make_content("single", "post", one.folder))
        disk.break_at(*fault)
        worker = one.worker(bug=bug)
        heard = worker.receive()
        worker.kill()  # one that could not open its database holds its locks until it has ended
        calls = disk.stop_failing()
        assert heard is not None, "the disk killed the worker"
        said = heard.get("failed", "")
        assert not said or "StoreError" in said or "OSError" in said, said
        one.finish(bug=bug)
        return one.result(), calls


def _places(calls: int, count: int, number: int, chunk: int) -> range:
    """Return the writes to fail, which differ by kind of failure."""
    stride = STRIDES[count]
    return range(
        1 + (chunk + number) % CHUNKS * stride + number % stride, calls + 1, CHUNKS * stride
    )


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("count", [ONCE, LONG, FOR_GOOD])
def test_failing_write_never_sends_a_post_without_intent_or_twice_and_loses_none(
    disk: Disk,
    folder: Path,
    count: int,
    number: int,
    chunk: int,
    record_property: Callable[[str, object], None],
) -> None:
    """A write fails alone, with all that follow for a while, or for good."""
    runs = [
        (call, run(disk, folder / f"{call}", (call, count, number))[0])
        for call in _places(disk.calls, count, number, chunk)
    ]
    judge(record_property, f"disk, {errno.errorcode[number]}", runs)


def test_harness_catches_a_seeded_bug(disk: Disk, folder: Path) -> None:
    """If the intent is written after the send, the disk may fail in between."""
    found = [
        run(disk, folder / f"{call}", (call, LONG, errno.ENOSPC), "late_intent")[0]
        for call in (1, 20, 40)
    ]
    assert any(one.unsaved for one in found)


def test_without_a_compiler_the_harness_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tests are skipped on a person's machine and fail in CI."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install gcc"):
        compiler()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install gcc"):
        compiler()
