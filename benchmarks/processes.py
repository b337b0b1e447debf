"""The memory and the processor time of a process."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path


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
