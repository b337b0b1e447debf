"""How long it takes to count the arrivals in a web log, and how much memory.

``python benchmarks/bench_arrivals.py [MEGABYTES]`` writes logs of 200 MB, or of another size, into
a temporary folder, and reads each in a process of its own:

- a log in which no request is marked, as of most days;
- a log of a campaign: a hundredth of the requests is marked, and as the pictures and styles of a
  page name the page's address, a tenth of all lines has marks in them;
- the same log packed by gzip, in MB of the unpacked log;
- a log of somebody who asks for marked addresses only, each with other values.

The processor time stands beside the wall clock. On a machine that does other work at the same time,
only that is worth comparing.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench_support import row, title
from processes import status

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTES = 200
BLOCK_LINES = 50_000
MB = 1_000_000
CAMPAIGN = "people-over-profit"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:{}.0) Gecko/20100101 Firefox/{}.0"
BAR = "100 MB/s"


def main() -> None:
    """Measure and print, or read one log for ``main`` in another process."""
    if sys.argv[1:2] == ["--read"]:
        _read(Path(sys.argv[2]))
        return
    size = int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES
    title(f"Counting arrivals in logs of {size:,} MB")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        for name, line in LINES.items():
            _write(log, size * MB, line)
            _measure(name, log, size)
            if line is _campaign:
                packed = log.with_suffix(".gz")
                with log.open("rb") as plain, gzip.open(packed, "wb", compresslevel=1) as file:
                    shutil.copyfileobj(plain, file, MB)
                _measure(f"{name}, gzip", packed, size)
                packed.unlink()
    print()


def _read(log: Path) -> None:
    from bot.arrivals.reading import read_arrivals

    steps = 0

    def count(_done: int, _all: int) -> None:
        nonlocal steps
        steps += 1

    start, used = time.perf_counter(), time.process_time()
    reading = read_arrivals([log], [CAMPAIGN], progress=count)
    figures = {
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - used,
        "memory": status(os.getpid(), "VmHWM") / 1024,
        "arrived": sum(reading.arrived.values()),
        "lines": reading.lines,
        "steps": steps,
    }
    print(json.dumps(figures))


def _measure(name: str, log: Path, size: int) -> None:
    command = [sys.executable, __file__, "--read", str(log)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    speed = f"{size / told['processor']:5.0f} MB/s"
    row(
        name,
        f"{speed}, {told['seconds']:6.1f} s, {told['processor']:6.1f} s CPU, "
        f"{told['memory']:4.0f} MB, {told['arrived']:,} of {told['lines']:,} lines, "
        f"{told['steps']:,} steps",
        "" if name.startswith("each") else BAR,
    )


def _write(log: Path, size: int, line: Callable[[random.Random], tuple[str, str]]) -> None:
    """Write lines of 30 days; within a day, they repeat."""
    chance = random.Random(1)  # noqa: S311 - the same lines in each run
    block = "".join(_combined(chance, *line(chance)) for _ in range(BLOCK_LINES)).encode()
    with log.open("wb") as file:
        while file.tell() < size:
            day = f"{1 + 30 * file.tell() // size:02}".encode()
            file.write(block.replace(b"[DD/", b"[" + day + b"/")[: size - file.tell()])


def _combined(chance: random.Random, target: str, referer: str) -> str:
    number = chance.randrange(120, 146)
    address = ".".join(str(chance.randrange(256)) for _ in range(4))
    second = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    request = f'"GET {target} HTTP/1.1" 200 {chance.randrange(90_000)}'
    agent = AGENT.format(number, number)
    return f'{address} - - [DD/Nov/2026:{second} +0100] {request} "{referer}" "{agent}"\n'


def _ordinary(chance: random.Random) -> tuple[str, str]:
    referer = chance.choice(["-", "https://www.example.org/news/"])
    return f"/news/{chance.randrange(100_000)}?page={chance.randrange(9)}", referer


def _campaign(chance: random.Random) -> tuple[str, str]:
    place = chance.random()
    marks = f"/?utm_source={chance.choice(['x', 'mastodon', 'bluesky'])}&utm_medium=share"
    marks += f"&utm_campaign={CAMPAIGN}&utm_content=wording-{chance.randrange(9)}"
    if place < 0.01:
        return marks, "-"
    if place < 0.10:
        return f"/assets/{chance.randrange(900)}.webp", f"https://www.example.org{marks}"
    return _ordinary(chance)


def _hostile(chance: random.Random) -> tuple[str, str]:
    values = [chance.randrange(10**9) for _ in range(4)]
    return "/?utm_source={}&utm_medium={}&utm_content={}&utm_term={}&utm_campaign={}".format(
        *values, CAMPAIGN
    ), "-"


LINES = {
    "no marks": _ordinary,
    "a campaign": _campaign,
    "each line with other marks": _hostile,
}


if __name__ == "__main__":
    main()
