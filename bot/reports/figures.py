"""How figures are written for people, the same in every process locale.

Thousands are set apart by commas, the decimal sign is a point; times are ISO in the audience's
zone.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from bot.model import COUNTERS
from bot.text.hidden import BIDI, CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from bot.reports.table import Cell, Column

MINUS = "\N{MINUS SIGN}"
NO_DATA = "\N{EN DASH}"

# A terminal acts on control characters; lone surrogates cannot be written at all.
_CONTROL = re.compile(f"[{CONTROLS}\ud800-\udfff]")
# Bidirectional marks reorder what is read, beyond the text that they stand in.
_BIDI = re.compile(f"[{BIDI}]")


def clean(text: str) -> str:
    """Replace what would act on a screen instead of being shown; line ends and tabs stay."""
    return _BIDI.sub("\N{REPLACEMENT CHARACTER}", printable(text))


def printable(text: str) -> str:
    """Replace control characters and lone surrogates only: for text that is set apart by markup."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 0) -> str:
    """Put text on one line, cut at a word to at most ``limit`` characters (0: not cut)."""
    line = " ".join(clean(text).split())
    if not limit or len(line) <= limit:
        return line
    head = line[: limit - 1]
    short = head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head
    return f"{short.rstrip(' ,.;:')}…"


def fell(names: Iterable[str]) -> str:
    """Say which counters fell, in the order in which they are told; "" where none did."""
    found = {*names}
    listed = [name.replace("_", " ") for name in COUNTERS if name in found]
    head, last = ", ".join(listed[:-1]), listed[-1:]
    return "".join([f"{head} and " * bool(head), *last, " fell" * bool(last)])


def count(value: int) -> str:
    """Write a number with its thousands set apart."""
    return f"{value:,}".replace("-", MINUS)


def delta(value: int) -> str:
    """Write a change with its sign."""
    return f"+{value:,}" if value > 0 else count(value)


def rate(value: Decimal) -> str:
    """Write a share in percent, two decimals."""
    return f"{_round(value * 100, '0.01'):,}%".replace("-", MINUS)


def factor(value: Decimal) -> str:
    """Write a multiple, two decimals."""
    return f"{_round(value, '0.01'):,}\N{MULTIPLICATION SIGN}"


def money(value: Decimal) -> str:
    """Write dollars: to the cent from $1, to a hundredth of it from 1 cent, else two digits."""
    if value < 0:
        return MINUS + money(-value)
    if 0 < value < Decimal("0.01"):
        return f"${_round(value, f'1e{value.adjusted() - 1}').normalize():f}"
    fine = f"{_round(value, '0.0001'):,}"
    cents = fine[-2:].rstrip("0") if value < 1 else ""
    return f"${_round(value, '0.01'):,}" if not cents else f"${fine[:-2]}{cents}"


def _round(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), rounding=ROUND_HALF_UP)


def instant(value: datetime, zone: tzinfo) -> str:
    """Write an instant as the date and time of a zone."""
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"


def spanned(since: datetime | None, until: datetime | None, zone: tzinfo) -> str:
    """Tell of which time a report is: what went out then, with all that came of it up to now."""
    start = f" from {instant(since, zone)}" if since else ""
    end = f" until {instant(until, zone)}" if until else ""
    return f"Only what went out{start}{end}." if start or end else ""


def cell(value: Cell, column: Column, zone: tzinfo) -> str:  # noqa: PLR0911 - one line a kind
    """Write a cell as its column's kind asks; None is a dash, "no data"."""
    match column.kind, value:
        case _, None:
            return NO_DATA
        case "count", int():
            return count(value)
        case "delta", int():
            return delta(value)
        case "rate", Decimal():
            return rate(value)
        case "factor", Decimal():
            return factor(value)
        case "money", Decimal():
            return money(value)
        case "instant", datetime():
            return instant(value, zone)
        case _:
            return one_line(str(value))
