"""Cells that a spreadsheet would take for something else than their text.

A text out of our export must never run on the machine of whoever opens it. So it is written as the
reports' CSV is (``bot.reports.csv.escaped``), and the apostrophes are taken off again when it is
read.
"""

from __future__ import annotations

import re

from bot.reports.csv import BLANK, EDGE, FORMULA

_ESCAPED = re.compile(f"^'(?={BLANK})|{EDGE}'(?={FORMULA})")
_COMPUTES = re.compile(r"\s*[=\uff1d]")
_BROKEN = re.compile(r"\s*(#(NAME\?|REF!|VALUE!|DIV/0!|N/A|NULL!|NUM!|SPILL!|CALC!)|#{3,})\s*")


def unescaped(cell: str) -> str:
    """Return the text of a cell: without the apostrophes that ``escaped`` put into it."""
    return _ESCAPED.sub("", cell)


def computes(cell: str) -> bool:
    """Tell whether a cell begins as nothing but a formula does."""
    return bool(_COMPUTES.match(cell))


def broken(cell: str) -> bool:
    """Tell whether a cell is what a spreadsheet shows in the place of a value: #NAME?, ####."""
    return bool(_BROKEN.fullmatch(cell))
