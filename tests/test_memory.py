"""What planning took is given back, where the C library keeps it otherwise."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# In a thread of its own, as the loop plans. What is kept lies above what is freed: so glibc cannot
# return the memory by itself.
SCRIPT = """
import re, threading
from pathlib import Path
from bot.memory import give_back

kept = []

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

def plan():
    rows = [bytes(2000) for _ in range(20_000)]
    kept.append(bytes(2000))

thread = threading.Thread(target=plan)
thread.start()
thread.join()
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators keep less")
def test_memory_that_a_thread_has_freed_goes_back_to_the_system() -> None:
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(told.stdout) > 20_000, "of 40,000 kB"
