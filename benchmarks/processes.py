"""The memory and the processor time of a process, and functions in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection


@contextmanager
def beside(work: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    """Run a function in a process of its own; yield our end of a pipe.

    The function gets the other end before its arguments.
    """
    start = multiprocessing.get_context("spawn")
    ours, theirs = start.Pipe()
    process = start.Process(target=work, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def memory(pid: int) -> float:
    """Return the resident memory in MB of 1,048,576 bytes."""
    if resident := status(pid, "VmRSS"):
        return resident / 1024
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])) / 1024


def status(pid: int, name: str) -> float:
    """Return a figure of /proc/…/status, or 0 without /proc."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    return float(found[1]) if found else 0


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used, from ``ps`` without /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        shown = subprocess.check_output(["ps", "-o", "time=", "-p", str(pid)])
        minutes, seconds = shown.split(b":")[-2:]
        return int(minutes) * 60 + float(seconds)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
