"""Writes ``docs/performance.md``, the figures that the benchmarks kept, as tables.

No figure is typed by hand. ``make bench`` runs the benchmarks and then this.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from bench_support import FIGURES, ROOT, counted, shown

Figure = dict[str, Any]
PAGE = ROOT / "docs" / "performance.md"


class Section(NamedTuple):
    """A group of figures under a title."""

    group: str
    title: str
    prose: str
    """The conditions under which they were measured."""


SECTIONS = (
    Section(
        "burst",
        "A burst of posts that are due at one instant",
        "Everything posts to the same small server on this machine, in one run. The bare loop of "
        "tweepy keeps nothing. Procrastinate, a job queue, keeps its jobs. It knows no accounts, "
        "so 8 jobs at once come to the same figure in all columns. Groundswell writes before each "
        "post that it is about to be sent, and its outcome after it. Machines differ, so compare "
        "only within one run. `benchmarks/bench_burst.py`",
    ),
    Section(
        "rest",
        "At rest",
        "`groundswell run` with no post due. `benchmarks/bench_rest.py`",
    ),
    Section(
        "lateness",
        "Lateness",
        "The time from the instant at which a post is due until the server has it. The posts are "
        "one each second, one of each of 500 accounts at one instant, and one of each of 99 "
        "accounts while the platform takes 25 s to answer another account. "
        "`benchmarks/bench_lateness.py`",
    ),
    Section(
        "queue",
        "A long queue",
        "A claim is one transaction for up to 64 posts. The many are due after the horizon of 30 "
        "days, as Groundswell queues at most 20,000 within it. `benchmarks/bench_queue.py`",
    ),
    Section(
        "edit",
        "An edit among 10,000 posts",
        "One word is changed in a file while ten posts a second are due. Groundswell looks at the "
        "files every second, and takes them once two looks in a row find the same. "
        "`benchmarks/bench_edit.py`",
    ),
    Section(
        "web",
        "The control room",
        "`groundswell web` beside `groundswell run`. Each page is that of 10,000 posts, all due in "
        "the month that is shown; the first one also reads and checks all files. Then 400 posts "
        "are due, 20 each second, with and without fifty people who have a page open. "
        "`benchmarks/bench_web.py`",
    ),
)

HEAD = """\
# How fast it is

`make bench` measures all of this on your machine and rewrites this page. It passes or fails
nothing. A bar, the least or the most that a figure may be, stands beside it. Everything stays on
the machine. The platform is a small server on loopback. The database is a file on disk, or a
PostgreSQL that waits for the disk at each commit. Other work on the machine makes every figure
worse.

"""


def main() -> None:
    """Write the page."""
    if not FIGURES.exists():
        raise SystemExit("nothing has been measured yet: make bench")
    figures: list[Figure] = json.loads(FIGURES.read_text(encoding="utf-8"))
    grouped = [(group, [of for of in figures if of["group"] == group.group]) for group in SECTIONS]
    sections = [f"## {of.title}\n\n{of.prose}\n\n{_table(own)}" for of, own in grouped if own]
    PAGE.write_text("\n".join([HEAD + _machines(figures), *sections]), encoding="utf-8")
    print(f"written: {PAGE}")


def _machines(figures: list[Figure]) -> str:
    machines = sorted({figure["machine"] for figure in figures})
    instants = sorted(figure["measured"] for figure in figures)
    return f"Measured on {'; '.join(machines)}, from {instants[0]} to {instants[-1]}.\n"


def _table(figures: list[Figure]) -> str:
    """Return a table with a row for each name and a column for each number measured at."""
    ats = sorted({figure["at"] for figure in figures if figure["at"] is not None})
    of = next((figure["of"] for figure in figures if figure["at"] is not None), "")
    heads = ["", *(counted(at, of) for at in ats)] if ats else ["", "measured"]
    barred = any(figure["bar"] for figure in figures)
    rows = []
    for name, unit in dict.fromkeys((figure["name"], figure["unit"]) for figure in figures):
        mine = [figure for figure in figures if (figure["name"], figure["unit"]) == (name, unit)]
        values = {figure["at"]: shown(figure["value"]) for figure in mine}
        everywhere = values.get(None)
        cells = [values.get(at, everywhere or "") for at in ats] or [everywhere or ""]
        bar = mine[0]["bar"]
        if any(own["bar"] != bar for own in mine):
            bar = ", ".join(f"{own['bar']} (at {own['at']:,})" for own in mine if own["bar"])
        label = name if name == unit else f"{name}, {unit}"
        rows.append([label, *cells, *([bar] if barred else [])])
    lines = [[*heads, *(["bar"] if barred else [])]]
    lines.append(["---", *["---:"] * (len(heads) - 1), *(["---"] if barred else [])])
    return "".join(f"| {' | '.join(line)} |\n" for line in [*lines, *rows])


if __name__ == "__main__":
    main()
