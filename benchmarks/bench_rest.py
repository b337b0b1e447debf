"""What the loop costs while it waits, with 1 and with 500 accounts.

One ``groundswell run`` process is measured, on SQLite on disk, with one post of each account queued
for tomorrow. It has logged that it runs, has checked every account's keys, and has rested for
``SETTLE`` seconds. The figures of ``REST`` seconds are its processor time, as a share of one core,
the bytes that it makes the disk write (write_bytes of /proc, as wchar counts files in memory too),
its threads and its resident memory.

If a PostgreSQL can be started, the same is measured on it. The server writes all of it into its log
first, so the growth of that log is measured (pg_current_wal_insert_lsn). The server is vacuumed
and checkpointed before, as its own autovacuum would otherwise fall into the measurement.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import loopback
import postgres
from bench_support import keep, title, workspace
from processes import memory, processor_seconds, status

if TYPE_CHECKING:
    from collections.abc import Callable

OVER = (1, 500)
SETTLE = 20.0
"""Longer than the 15 s after which a PostgreSQL that has written logs its open transactions."""
REST = 20.0


def main() -> None:
    """Measure and print."""
    title(f"The loop at rest, for {REST:.0f} s")
    for accounts in OVER:
        _rest(accounts)
    with postgres.server() as database:
        for accounts in OVER if database else ():
            assert database
            _rest(accounts, database())
    print()


def _rest(accounts: int, database: str = "") -> None:
    with workspace() as place, loopback.served() as url:
        if database:
            place.environ["GROUNDSWELL_DATABASE"] = database
        loopback.accounts(place, url, range(accounts))
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        loopback.posts(place, 0, [loopback.Due(number, tomorrow) for number in range(accounts)])
        with loopback.running(place, url, accounts) as process:
            if database:
                postgres.settle(database)
            time.sleep(SETTLE)
            _measure(process.pid, accounts, database)


def rest(pid: int, put: Callable[[], int]) -> tuple[float, float]:
    """Wait; return the share of a core in percent that a process uses, and its bytes a second.

    ``put`` returns the bytes that it has written up to now.
    """
    used, before, begun = processor_seconds(pid), put(), time.perf_counter()
    time.sleep(REST)
    rested = time.perf_counter() - begun
    return 100 * (processor_seconds(pid) - used) / rested, (put() - before) / rested


def _measure(pid: int, accounts: int, database: str) -> None:
    share, more = rest(pid, lambda: postgres.logged(database) if database else written(pid))

    def figure(name: str, value: float, unit: str, bar: str = "") -> None:
        name = f"PostgreSQL, {name}" if database else name
        keep("rest", name, value, unit, at=accounts, of="accounts", bar=bar)

    figure("processor", share, "% of a core", "" if database else "under 0.5")
    figure("written to disk", more, "bytes/s", "0")
    figure("threads", status(pid, "Threads"), "threads", "under 40")
    figure("memory (RSS)", memory(pid), "MB", "at most 120")


def written(pid: int) -> int:
    """Return the bytes that a process has made the disk write, or 0 without /proc."""
    try:
        text = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"^write_bytes: (\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()
