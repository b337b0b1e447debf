"""Files made to keep a reader busy, and a bound on the processor time that reading one may take."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARACTERS = 24_000
"""Characters of a hostile text: near the most that a form takes."""

HOSTILE_UNITS = (
    *("a.", "http://", "https://a", "https://a.b ", "://", "://a:", "://a@", ":a", "?token=a"),
    *("#", "# ", "#a", "#1", "@a", "@a.", "@a-", "&a;", "~ ", "$A ", "$1", "1€ ", "1%"),
    *(
        "(",
        "((a)",
        "[",
        "[]",
        "{",
        "{ ",
        "{a",
        "}",
        '"',
        "'",
        "a'",
        " 'a",
        "“",
        "”",
        "“a”",
        "\u2018a",
    ),
    *("1", "1,", "1.", "1,000", "12345-", "0a", "A1", "aB1", "twenty million ", "Jan 1 "),
    *(" ", "\n", " \n", "\t", "...", "…", "!", "!?", "a!", "AB ", "a", "É", "漢", "のa", "one-"),
    *("\u0430.", "\u0430a", "xn--a", "א", "\u0301", "e\u0301", "\u0300\u0327", "\u1100", "\u200b"),
)
"""What a pattern may stumble over, said again and again."""


def repeated(unit: str, length: int = MAX_CHARACTERS) -> str:
    """Give a text of so many characters that is nothing but ``unit``."""
    return (unit * length)[:length]


def post_yaml(text: str, name: str = "one") -> str:
    """Give a post of this text in the YAML of a campaign file."""
    return f"  - id: {name}\n    when: 2026-12-01 12:00\n    text: {json.dumps(text)}\n"


@contextmanager
def cpu_time_limit(seconds: float) -> Iterator[None]:
    """Fail where a block takes more processor time than that.

    It is no measurement: what is asked here takes a hundredth of it, or else, where work grows with
    the square of the input, a hundred times as much.
    """

    def stop(*_: object) -> None:
        pytest.fail(f"still busy after {seconds} seconds of processor time", pytrace=False)

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
