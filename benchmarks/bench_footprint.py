"""What the loop costs at rest, with 10,000 posts queued; and how it takes them in.

Measured on one ``groundswell run`` process of its own, against ``groundswell sandbox``: ten files
of 1,000 posts each, one account's each, are in the folder when it starts, all due later. Once it
has queued them and rested for ``SETTLE`` seconds: its resident memory (VmRSS of /proc; ``ps`` where
there is none), the most it ever was (VmHWM, only from /proc), threads, open files, and the
processor time that it uses in ``REST`` seconds. Then one post of one file is edited: the time until
the loop logs that it planned again (it looks every second, until two looks find the same); and the
memory at rest after that.

Repeat: ``python benchmarks/bench_footprint.py``, or ``make bench`` for all of them.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from bench_support import (
    Workspace,
    count_logged,
    loop,
    row,
    sandbox,
    title,
    wait_for,
    workspace,
    write_many,
)

FILES, POSTS = 10, 1000
SETTLE = 10.0
REST = 30.0
ACCOUNTS = [f"measured-{number}" for number in range(FILES)]


def main() -> None:
    """Measure and print."""
    title(f"The loop at rest with {FILES * POSTS:,} posts queued")
    with workspace() as place, sandbox(place, ACCOUNTS):
        write_many(place, ACCOUNTS, POSTS)
        with loop(place) as process:
            taken = wait_for(lambda: count_logged(place, "running"), "the loop to run")
            row("from the start until all is queued", f"{taken:6.1f} s")
            _at_rest(process.pid)
            _edited(place, process.pid)
    print()


def _at_rest(pid: int) -> None:
    time.sleep(SETTLE)
    before = processor_seconds(pid)
    time.sleep(REST)
    used = (processor_seconds(pid) - before) * 60 / REST
    row("memory at rest (RSS)", f"{memory(pid):6.1f} MB", "under 120 MB")
    row("most memory ever", f"{status(pid, 'VmHWM') / 1024:6.1f} MB")
    row("processor time at rest", f"{used:6.2f} s a minute")
    row("threads, open files", f"{status(pid, 'Threads'):6.0f}, {open_files(pid)}")


def _edited(place: Workspace, pid: int) -> None:
    path = place.folder / "posts" / "measured-0.yaml"
    before = count_logged(place, "plan:")
    path.write_text(path.read_text().replace("post 7 of", "post seven of"), encoding="utf-8")
    used = processor_seconds(pid)
    seconds = wait_for(lambda: count_logged(place, "plan:") > before, "the loop to plan again")
    used = processor_seconds(pid) - used
    row("one post edited: until planned again", f"{seconds:6.1f} s, {used:.1f} s of processor")
    time.sleep(SETTLE)
    row("memory at rest after it", f"{memory(pid):6.1f} MB", "under 120 MB")


def memory(pid: int) -> float:
    """Return the resident memory in MB of 1,048,576 bytes."""
    if resident := status(pid, "VmRSS"):
        return resident / 1024
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])) / 1024


def status(pid: int, name: str) -> float:
    """Return a figure of /proc/…/status, 0 where there is none."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    return float(found[1]) if found else 0


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used, from ``ps`` where it is not in /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        minutes, seconds = subprocess.check_output(["ps", "-o", "time=", "-p", str(pid)]).split(
            b":"
        )[-2:]
        return int(minutes) * 60 + float(seconds)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_files(pid: int) -> str:
    """Return how many files a process has open, where /proc has it."""
    try:
        return str(len(list(Path(f"/proc/{pid}/fd").iterdir())))
    except OSError:
        return "unknown"


if __name__ == "__main__":
    main()
