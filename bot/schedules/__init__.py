"""When a post is due: the kinds of ``when``, each answering ``occurrences(start, end)``.

A kind is one frozen class that satisfies ``bot.model.Schedule``, and one line in ``KINDS``. What
it takes from text is made by a function of its own (``at``, ``after_event``, ``every``), which
raises ScheduleError. Nothing here reads files or the clock, or knows what a post says.

The label of a moment is part of its delivery's key. So moving a one-off or an event moves the post
that waits; but another time of day in a recurrence is another post: if today's 09:00 is out
already and the file now says 10:00, then 10:00 comes today as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal
from zlib import crc32

from bot.model import ONCE, Event, Moment, ScheduleKind
from bot.schedules import rules
from bot.schedules.frequency import frequency
from bot.schedules.wall import (
    ScheduleError,
    parse_clock,
    parse_date,
    parse_duration,
    parse_instant,
    parse_lifetime,
    parse_local,
    place,
    zone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "KINDS",
    "At",
    "EventRelative",
    "Every",
    "NextSlot",
    "ScheduleError",
    "after_event",
    "at",
    "every",
    "parse_clock",
    "parse_date",
    "parse_duration",
    "parse_instant",
    "parse_lifetime",
    "parse_local",
    "place",
    "zone",
]

MOST_PER_DAY = 24
"""The most times of day that a recurrence can have: more is a flood, whoever asked for it."""

# No zone moves its clocks by more than a day (Pacific/Apia and Kwajalein skipped one whole).
_FARTHEST_SHIFT = timedelta(days=2)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class At:
    """Once. ``when`` is a naive wall-clock time in ``timezone``, or an aware, fixed instant.

    Raises ScheduleError for a wall-clock time that the zone skips.
    """

    kind: ClassVar = ScheduleKind.AT
    when: datetime
    timezone: str

    def __post_init__(self) -> None:
        """Refuse what has no instant, so that ``due`` always has one."""
        zone(self.timezone)
        _ = self.due

    @property
    def due(self) -> datetime:
        """The UTC instant."""
        if self.when.tzinfo is not None:
            return self.when.astimezone(UTC)
        return place(self.when, self.timezone, one_off=True)

    @property
    def frequency(self) -> str:
        """How often it comes."""
        return ONCE

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """Yield the one moment, if it is in [start, end)."""
        if start <= self.due < end:
            yield Moment(ONCE, self.due, self.timezone)

    def number(self, label: str) -> int:  # noqa: ARG002 - as the other kinds
        """Return 0: there is only one moment."""
        return 0


@dataclass(frozen=True, slots=True)
class EventRelative:
    """So long before or after an event; nothing once the event is cancelled.

    Without ``at``, ``offset`` is time that passes, from the event's start or end (``anchor``).
    With ``at``, it is whole calendar days from the event's local date, and ``at`` is the local time
    of that day: a change of clocks in between does not move it. Raises ScheduleError for an
    ``at`` with other than whole days, or one that the zone skips on that day.
    """

    kind: ClassVar = ScheduleKind.EVENT
    event: Event
    offset: timedelta
    at: time | None = None
    anchor: Literal["start", "end"] = "start"

    def __post_init__(self) -> None:
        """Refuse what has no instant, so that ``due`` always has one."""
        if self.at is not None and self.offset % _DAY:
            hint = "Write for example offset: -1d, or leave out at:."
            raise ScheduleError("With at:, the offset counts whole days.", hint)
        _ = self.due

    @property
    def due(self) -> datetime:
        """The UTC instant, also where the event is cancelled."""
        origin = self.event.starts if self.anchor == "start" else self.event.ends
        if self.at is None:
            return (origin + self.offset).astimezone(UTC)
        day = origin.astimezone(zone(self.event.timezone)).date() + self.offset
        return place(datetime.combine(day, self.at), self.event.timezone, one_off=True)

    @property
    def frequency(self) -> str:
        """How often it comes, and by which event."""
        return f"once, by the event {self.event.id}"

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """Yield the one moment, if the event takes place and it is in [start, end)."""
        if not self.event.cancelled and start <= self.due < end:
            yield Moment(self.event.id, self.due, self.event.timezone)

    def number(self, label: str) -> int:
        """Return a number that depends on the event's id alone, wherever the event moves."""
        return crc32(label.encode())


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again: on each day of ``rule``, at each time of ``at``; made by ``every``.

    Days and times are walked as labels of the wall clock and then placed in the zone. A time that
    the zone has twice comes once, the first. One that it skips comes as much later as the clocks
    skip, unless another time of the same schedule falls on that very instant: then that one stands
    and the skipped one is dropped. ``start`` and ``until`` are local days, both included.
    """

    kind: ClassVar = ScheduleKind.EVERY
    rule: str
    at: tuple[time, ...]
    start: date | None
    until: date | None
    timezone: str

    @property
    def frequency(self) -> str:
        """How often it comes; see ``bot.schedules.frequency``."""
        return frequency(self.rule, self.start, self.until, len(self.at))

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """Yield the moments in [start, end): instants strictly ascending, each label once."""
        placed: dict[datetime, Moment] = {}
        for local in self._labels(start, end):
            due = place(local, self.timezone, one_off=False)
            # Labels ascend, so on one instant the last is the one that needed no moving.
            placed[due] = Moment(f"{local:%Y-%m-%dT%H:%M}", due, self.timezone)
        for due in sorted(placed):
            if start <= due < end:
                yield placed[due]

    def number(self, label: str) -> int:
        """Return how many times come before this one: the next time's number is one higher.

        It does not depend on ``start``, unless the rule itself does, nor on what is planned. A time
        that is dropped where the clocks skip keeps its number.
        """
        local = datetime.fromisoformat(label)
        days = rules.count(self.rule, self.start, local.date())
        return days * len(self.at) + self.at.index(local.time())

    def _labels(self, start: datetime, end: datetime) -> Iterator[datetime]:
        home = zone(self.timezone)
        first = (start.astimezone(home) - _FARTHEST_SHIFT).date()
        last = (end.astimezone(home) + _FARTHEST_SHIFT).date()
        last = min(last, self.until) if self.until else last
        for day in rules.walk(self.rule, self.start, first, last):
            for clock in self.at:
                yield datetime.combine(day, clock)


@dataclass(frozen=True, slots=True)
class NextSlot:
    """At the next free queue slot of each account: which one that is, only planning can tell."""

    kind: ClassVar = ScheduleKind.SLOT

    @property
    def frequency(self) -> str:
        """How often it comes."""
        return "once, in a queue slot"

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:  # noqa: ARG002 - as the other kinds
        """Yield nothing: it names no time of its own."""
        return iter(())

    def number(self, label: str) -> int:  # noqa: ARG002 - as the other kinds
        """Return 0: there is only one moment, whichever slot it takes."""
        return 0


KINDS: Mapping[ScheduleKind, type[At | EventRelative | Every | NextSlot]] = {
    kind.kind: kind for kind in (At, EventRelative, Every, NextSlot)
}
"""The kinds of ``when`` by the key that tells them apart in a campaign file."""


def at(text: str, timezone: str) -> At:
    """Make a one-off from ``2022-07-12 09:00``, in the zone unless it has its own offset."""
    return At(parse_local(text), timezone)


def after_event(
    event: Event,
    offset: str = "0d",
    at: str | None = None,
    anchor: Literal["start", "end"] = "start",
) -> EventRelative:
    """Make an event-relative schedule from an offset such as ``-1d`` and a time of day."""
    clock = None if at is None else parse_clock(at)
    return EventRelative(event, parse_duration(offset), clock, anchor)


def every(
    days: str | Sequence[str],
    at: str | Sequence[str] = (),
    *,
    timezone: str,
    start: date | None = None,
    until: date | None = None,
) -> Every:
    """Make a recurrence from names of days or a rule of RFC 5545, and its times of day.

    A rule that names hours (``FREQ=HOURLY``, ``BYHOUR``) has its times of day by that, and no
    ``at``. Raises ScheduleError.
    """
    zone(timezone)
    if start and until and until < start:
        raise ScheduleError(
            f"It ends on {until}, before it begins on {start}.", "Mend one of them."
        )
    rule, hours = _rule(days, start)
    written = (at,) if isinstance(at, str) else at
    clocks = tuple(sorted({parse_clock(item) for item in written}))
    if bool(hours) == bool(clocks):
        raise _times(named_by_rule=bool(hours))
    if len(clocks) > MOST_PER_DAY:
        raise ScheduleError(f"{len(clocks)} times a day is a flood.", f"At most {MOST_PER_DAY}.")
    return Every(rule, hours or clocks, start, until, timezone)


def _rule(days: str | Sequence[str], start: date | None) -> tuple[str, tuple[time, ...]]:
    if isinstance(days, str) and "=" in days:
        return rules.from_rfc5545(days, start)
    return rules.from_names(days.split(",") if isinstance(days, str) else days), ()


def _times(*, named_by_rule: bool) -> ScheduleError:
    if named_by_rule:
        return ScheduleError("The rule names its hours, and at: names others.", "Keep one of them.")
    return ScheduleError("It does not say at what time.", 'Add for example at: "09:00".')
