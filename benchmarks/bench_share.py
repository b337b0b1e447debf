"""How long ``groundswell share build`` takes for 50 campaigns, and for the example campaign.

The figure is the median wall-clock time from the start of the process to its end, with the check of
all files. Each of the 50 campaigns has 5 demands, 10 facts with figures and 10 wordings, in two
languages, so that 100 pages are written and 100 cards drawn. *Again* builds into the same folder,
in which every file is there already. No two wordings are alike.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import loopback
from bench_support import COMMAND, row, spread, title, words, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench_support import Workspace

ROUNDS = 5
CAMPAIGNS = 50
DEMANDS, FACTS, WORDINGS = 5, 10, 10


def main() -> None:
    """Measure and print."""
    title("groundswell share build")
    with workspace() as place:
        loopback.accounts(place, "http://127.0.0.1:9", range(1))
        for number in range(CAMPAIGNS):
            place.write(f"posts/c{number}.yaml", _campaign(number))
        row(f"{CAMPAIGNS} campaigns", spread(_times(place, again=False)), "under 5000 ms")
        row(f"{CAMPAIGNS} campaigns, again", spread(_times(place, again=True)))
        shutil.rmtree(place.folder / "posts")
        place.write_example()
        row("the example campaign", spread(_times(place, again=False)))
    print()


def _times(place: Workspace, *, again: bool) -> list[float]:
    place.seconds(COMMAND, "share", "build", "public")  # warms the caches
    times = []
    for _ in range(ROUNDS):
        if not again:
            shutil.rmtree(place.folder / "public")
        times.append(place.seconds(COMMAND, "share", "build", "public"))
    return times


def _campaign(number: int) -> str:
    """Return a campaign without posts whose share page stands in English and Spanish."""
    said = words(number)
    lines = [
        f"campaign: c{number}",
        f"title: Campaign {number}",
        "language: en",
        "timezone: UTC",
        f"accounts: [{loopback.name(0)}]",
        "facts:",
    ]
    for fact in range(FACTS):
        lines += [f"  f{fact}:", f"    claim: It is known that {next(said)}"]
        lines += [f"    figure: {number + 2}{fact} million", "    source: https://example.org/"]
        lines += ["    as_of: 2026-07-18"]
    lines += ["demands:"]
    for demand in range(DEMANDS):
        facts = f"f{2 * demand}, f{2 * demand + 1}"
        lines += [f"  d{demand}:", f"    ask: Stop number {demand}", "    target: The council"]
        lines += [f"    facts: [{facts}]"]
    lines += ["links:", "  pages: [https://example.org/]"]
    lines += ["share:", "  organisation: Ours", f"  page: https://share.example.org/c{number}/"]
    lines += ["  link: https://example.org/petition", "  wordings:"]
    lines += _wordings("    ", "", said)
    lines += ["  languages:", "    es:", "      title: La campaña", "      wordings:"]
    lines += _wordings("        ", "es-", said)
    return "\n".join((*lines, "posts: []", ""))


def _wordings(indent: str, prefix: str, said: Iterator[str]) -> list[str]:
    lines = []
    for wording in range(WORDINGS):
        lines += [f"{indent}- id: {prefix}w{wording}", f"{indent}  demand: d{wording % DEMANDS}"]
        lines += [f"{indent}  text: {next(said)}"]
    return lines


if __name__ == "__main__":
    main()
