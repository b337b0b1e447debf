"""Writes ``docs/performance.md``: what the benchmarks last measured, as tables and charts.

Every figure is one that a benchmark has printed and kept; nothing here is typed by hand. The same
figures are in ``docs/performance.json``.

Repeat: ``python benchmarks/charts.py``, after the benchmarks; ``make bench`` does both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bench_support import FIGURES, ROOT, counted, shown
from drawing import Line, Panel, chart

Figure = dict[str, Any]
DOCS = ROOT / "docs"


@dataclass(frozen=True, slots=True)
class Section:
    """A group of figures: its title, and what a reader must know."""

    group: str
    title: str
    prose: str
    drawn: bool = True
    """Whether it grows with something, and has a chart."""


SECTIONS = (
    Section(
        "burst",
        "A burst: all posts due at one instant",
        "Everything posts to the same small server on this machine, in one run. The bare loop "
        "keeps nothing, and the two job queues keep their jobs; they know no accounts, so their "
        "figure is the same in all columns. Groundswell writes before each post that it is about "
        "to be sent, and after it what came of it. The ratio within the run is what counts. "
        "`benchmarks/bench_burst.py`",
    ),
    Section(
        "rest",
        "At rest",
        "`groundswell run`, with nothing due. `benchmarks/bench_rest.py`",
    ),
    Section(
        "lateness",
        "Lateness",
        "From the instant that a post is due until the server has it: a post each second, one post "
        "of each of 500 accounts at one instant, and those of 99 accounts while the platform takes "
        "25 s to answer another one. `benchmarks/bench_lateness.py`",
        drawn=False,
    ),
    Section(
        "queue",
        "A long queue",
        "A claim is one transaction, for up to 64 posts. Posts nearer than the horizon are never "
        "more than 20,000; the others lie behind it. `benchmarks/bench_queue.py`",
    ),
    Section(
        "edit",
        "An edit among 10,000 posts",
        "One word is changed in a file, while ten posts a second are due. Files are looked at "
        "every second, and taken once two looks find the same. `benchmarks/bench_edit.py`",
        drawn=False,
    ),
)

HEAD = """\
# How fast it is

Written by `make bench`, which measures all of this on your machine and rewrites this page.
Nothing passes or fails there. Where there is a bar, it is beside the figure. Everything stays
on the machine: the platform is a small server on loopback, the database a file on disk, or a
PostgreSQL that waits for the disk at each commit. Whatever else the machine does makes every figure
worse.

"""


def main() -> None:
    """Write the page, its charts and its figures."""
    if not FIGURES.exists():
        raise SystemExit("nothing has been measured yet: make bench")
    figures: list[Figure] = json.loads(FIGURES.read_text(encoding="utf-8"))
    DOCS.mkdir(exist_ok=True)
    written = [HEAD + _machines(figures)]
    for section in SECTIONS:
        mine = [figure for figure in figures if figure["group"] == section.group]
        if mine:
            written.append(_section(section, mine))
    (DOCS / "performance.md").write_text("\n".join(written), encoding="utf-8")
    whole = json.dumps(figures, indent=1) + "\n"
    (DOCS / "performance.json").write_text(whole, encoding="utf-8")
    print(f"written: {DOCS / 'performance.md'}")


def _machines(figures: list[Figure]) -> str:
    """Return on what it was measured, and when."""
    machines = sorted({figure["machine"] for figure in figures})
    instants = sorted(figure["measured"] for figure in figures)
    return f"Measured on {'; '.join(machines)}, from {instants[0]} to {instants[-1]}.\n"


def _section(section: Section, figures: list[Figure]) -> str:
    words = f"## {section.title}\n\n{section.prose}\n\n{_tables(figures)}"
    if not section.drawn:
        return words
    name = f"performance-{section.group}.svg"
    (DOCS / name).write_text(chart(section.title, _panels(figures)), encoding="utf-8")
    return f"{words}\n![{section.title}, as lines: the figures of the table]({name})\n"


def _tables(figures: list[Figure]) -> str:
    """Return a table: a row for each name, and a column for each place that it was measured at."""
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
        bars = [f"{own['bar']}{_where(own) * (len(mine) > 1)}" for own in mine if own["bar"]]
        alike = len({figure["bar"] for figure in mine}) == 1
        bar = mine[0]["bar"] if alike else ", ".join(bars)
        label = name if name == unit else f"{name}, {unit}"
        rows.append([label, *cells, *([bar] if barred else [])])
    lines = [[*heads, *(["bar"] if barred else [])]]
    lines.append(["---", *["---:"] * (len(heads) - 1), *(["---"] if barred else [])])
    return "".join(f"| {' | '.join(line)} |\n" for line in [*lines, *rows])


def _where(figure: Figure) -> str:
    """Return where a bar holds, if it does not everywhere."""
    return "" if figure["at"] is None else f" (at {figure['at']:,})"


def _panels(figures: list[Figure]) -> list[Panel]:
    """Return a panel for each unit, with a line for each name."""
    found = []
    for unit in dict.fromkeys(figure["unit"] for figure in figures):
        mine = [figure for figure in figures if figure["unit"] == unit]
        of = next((figure["of"] for figure in mine if figure["at"] is not None), "")
        names = dict.fromkeys(figure["name"] for figure in mine)
        lines = [_line(name, mine) for name in names]
        found.append(Panel(unit, of, tuple(lines)))
    return found


def _line(name: str, figures: list[Figure]) -> Line:
    mine = [figure for figure in figures if figure["name"] == name]
    points = sorted((own["at"], own["value"]) for own in mine if own["at"] is not None)
    return Line(name, tuple(points), None if points else mine[0]["value"])


if __name__ == "__main__":
    main()
