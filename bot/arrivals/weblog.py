"""The lines of a web log that may have marks, in blocks of whole lines. Pure.

Nearly all lines of a log are of no interest. Whole blocks are therefore searched for the letters
that each mark begins with, plain or encoded, and only lines that have them are taken apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.arrivals.counting import NO_AGENT
from bot.arrivals.formats import FORMATS, LogFormat
from bot.arrivals.marks import find_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.arrivals.counting import Tally

LONGEST_LINE = 64 * 1024
"""Most bytes of a line. Apache and nginx refuse requests of which a line has over 8 KiB."""

_PLAIN = re.compile(rb"utm_.*+")
_ENCODED = re.compile(rb"%(?:[57][45]|[46]d|5f).*+")
"""One of the letters of ``utm_``, encoded, and the rest of its line. Lines are searched for it in
lower case."""

_SAMPLE_LINES = 100
"""Lines by which the format of a log is recognised."""


@dataclass(frozen=True, slots=True)
class LogKind:
    """How the lines of a web log are to be read."""

    format: LogFormat
    keeps_agents: bool
    """Whether its first lines have user agents. Some logs leave them out, or write ``-``."""


def recognise_log(head: bytes) -> LogKind | None:
    """Return the kind of the web log that begins like this, or None if it is not one."""
    lines = [line for line in head.split(b"\n")[:_SAMPLE_LINES] if line.strip()]
    for form in FORMATS:
        found = [request for line in lines if (request := form.parse(line))]
        if found:
            return LogKind(form, any(request.agent not in NO_AGENT for request in found))
    return None


def split_blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in blocks that end with the end of a line.

    Of a line longer than ``LONGEST_LINE``, the middle is left out.
    """
    rest = b""
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield rest + chunk[:cut]
            rest = chunk[cut:]
        else:
            rest = (rest + chunk)[: LONGEST_LINE + 1]
    if rest:
        yield rest


def count_block(block: bytes, kind: LogKind, tally: Tally) -> None:
    """Count the requests to marked links in some lines."""
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    tally.lines += lines
    for day, clock in kind.format.days(block, lines):
        tally.days.add(day)
        tally.clocks.add(clock)
    for line in _candidates(block):
        request = kind.format.parse(line) if len(line) <= LONGEST_LINE else None
        if request is None:
            tally.unreadable += 1
        elif marks := find_marks(request.target):
            tally.count_request(request, marks)


def _candidates(block: bytes) -> Iterator[bytes]:
    """Yield the lines in which a mark may stand, in any order."""
    lowered = block.lower()
    seen = set()
    for letters in (_PLAIN, _ENCODED):
        for found in letters.finditer(lowered):
            end = found.end()
            if end not in seen:
                seen.add(end)
                yield block[block.rfind(b"\n", 0, found.start()) + 1 : end]
