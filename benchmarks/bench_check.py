"""How long ``groundswell check`` takes, on the example campaign and on 10,000 posts.

The figure is the median wall-clock time from the start of the process to its end. The example is
``posts/`` with ``config.example.yaml``. The large folder has ten files of 1,000 posts each, each of
one account. No two texts are alike, so every one is rendered and counted by X's rules.
"""

from __future__ import annotations

import shutil

import loopback
from bench_support import COMMAND, Workspace, row, spread, title, workspace, write_many

ROUNDS = 15
LARGE_ROUNDS = 3


def main() -> None:
    """Measure and print."""
    title("groundswell check")
    with workspace() as place:
        place.write_example()
        row("the example campaign", spread(_times(place, ROUNDS)), "under 600 ms")
        shutil.rmtree(place.folder / "posts")
        loopback.accounts(place, "http://127.0.0.1:9", range(10))
        write_many(place, [loopback.name(number) for number in range(10)], posts=1000)
        row("10,000 posts in 10 files", spread(_times(place, LARGE_ROUNDS)))
    print()


def _times(place: Workspace, rounds: int) -> list[float]:
    place.seconds(COMMAND, "check")  # warms the caches
    return [place.seconds(COMMAND, "check") for _ in range(rounds)]


if __name__ == "__main__":
    main()
