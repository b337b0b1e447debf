"""Cells that a spreadsheet would take for something else than their text.

A spreadsheet computes what begins with ``= + - @`` (or their full-width forms, or after blanks): a
text out of our export must never run on the machine of whoever opens it. So such a text is written
with an apostrophe before it, which is the spreadsheets' own sign for *this is text*, and the
apostrophe is taken off again when it is read.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")
_COMPUTES = re.compile(r"\s*[=\uff1d]")
_BROKEN = re.compile(r"\s*(#(NAME\?|REF!|VALUE!|DIV/0!|N/A|NULL!|NUM!|SPILL!|CALC!)|#{3,})\s*")


def escaped(text: str) -> str:
    """Give the cell for a text: no spreadsheet computes it, and ``unescaped`` gives it back."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(cell: str) -> str:
    """Give the text of a cell: without the apostrophe that ``escaped`` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def computes(cell: str) -> bool:
    """Tell whether a cell begins as nothing but a formula does."""
    return bool(_COMPUTES.match(cell))


def broken(cell: str) -> bool:
    """Tell whether a cell is what a spreadsheet shows in the place of a value: #NAME?, ####."""
    return bool(_BROKEN.fullmatch(cell))
