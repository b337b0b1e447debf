"""The digest: what a report says first about the week, as plain text for a chat or a mail. Pure.

Posts are named by their first words where they are out; what did not go out may be under embargo,
and is named by its ids only.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.model import Slot
from bot.reports.table import NO_DATA, format_instant, one_line
from bot.schedules.local_time import to_utc, zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from bot.reports.answer import Answer

DEFAULT_SLOT = Slot(0, time(9))
"""When the digest goes out where the config does not say."""

DIGEST_GRACE = timedelta(hours=48)
"""After a downtime, a digest later than this is skipped: the next one is near."""

TITLE = "Groundswell: the week"

LINE_CHARS = 300
"""At most so many characters of a line: what a platform said may be long."""

_CHAT_MARKUP = str.maketrans(
    "<>",
    "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
)


def last_due(slot: Slot, timezone: str, now: datetime) -> tuple[date, datetime]:
    """Return the last time that the digest was due: its local day, and the instant.

    An hour that the clock shows twice means the first; one that it skips, the same span later.
    """
    today = now.astimezone(zone(timezone)).date()
    days = [today - timedelta(days=back) for back in range(8)]
    due = [
        (day, to_utc(datetime.combine(day, slot.at), timezone, one_off=False))
        for day in days
        if day.weekday() == slot.day
    ]
    return next((day, instant) for day, instant in due if instant <= now)


def week_start(end: datetime, timezone: str, weeks: int = 1) -> datetime:
    """Return the instant that many weeks before ``end`` by a place's clock."""
    local = end.astimezone(zone(timezone)).replace(tzinfo=None)
    return to_utc(local - timedelta(weeks=weeks), timezone, one_off=False)


def write_digest(answer: Answer) -> str:
    """Return the text of the digest."""
    return "\n".join(_lines(answer))


def _lines(answer: Answer) -> Iterator[str]:
    evidence, period = answer.evidence, answer.review.period
    start, end = (format_instant(at, evidence.zone) for at in (period.start, period.end))
    yield f"The week from {start} to {end} ({evidence.timezone})."
    for section in answer.sections:
        yield from ("", section.title)
        for number, line in enumerate(section.lines, 1):
            mark = f"{number}." if section.ordered else "-"
            yield f"{mark} {_quoted(line.text)}{f' {line.url}' * bool(line.url)}"
        if section.note:
            yield section.note
    yield from ("", "Totals, and in brackets those of the week before")
    for name, now, before, _ in answer.totals:
        known, known_before = ("no data" if text == NO_DATA else text for text in (now, before))
        yield f"- {name}: {known}{f' ({known_before})' * bool(before)}"
    yield from (f"- Budget of {budget}" for budget in answer.budgets)


def _quoted(words: str) -> str:
    """Return words on one line that a chat does not take for its own markup (<!channel>)."""
    return one_line(words.translate(_CHAT_MARKUP), LINE_CHARS)
