"""How long it takes to read a text as X does, of ordinary texts and of those written to hurt.

Each text is counted once, and its links, tags and mentions are found once. The time has to grow
with the length of a text, whatever stands in it. The last figure is the time for 24,000 characters
divided by the time for 4,000. At the same time a character it would be 6.
"""

from __future__ import annotations

import time

from bench_support import row, title

from bot import xtext

ROUNDS = 5
SHORT, LONG = 4_000, 24_000
ORDINARY = (
    "Why $6 billion? \u201cNo more,\u201d we say. https://example.org/hart #NoTechForICE @us "
)
PIECES = {
    "a.a.a.": "a.",
    "domains": "a.com ",
    "no top-level domain": "a.comm\u65e5",
    "open parentheses": "a.co/((",
    "parentheses in parentheses": "a.co/(a(b",
    "schemes": "http://a.",
    "punycode": "xn--a.",
    "letters of no alphabet": "\u65e5.",
    "hashtags": "#1",
    "mentions": "@rt@",
    "flags": "\U0001f1fa",
    "joiners": "\U0001f469\u200d",
}


def main() -> None:
    """Measure and print."""
    title("reading a text as X does")
    xtext.weighted_length("\u2764\ufe0f a.org")  # reads the tables
    row("an ordinary post", f"{_milliseconds(ORDINARY):8.3f} ms")
    for name, piece in PIECES.items():
        short, long = (_milliseconds((piece * length)[:length]) for length in (SHORT, LONG))
        row(f"{name}, {SHORT:,} characters", f"{short:8.1f} ms, x {long / short:.1f}", "x 6")
    print()


def _milliseconds(text: str) -> float:
    def once() -> float:
        start = time.perf_counter()
        xtext.weighted_length(text)
        xtext.entities(text)
        return time.perf_counter() - start

    return 1000 * min(once() for _ in range(ROUNDS))


if __name__ == "__main__":
    main()
