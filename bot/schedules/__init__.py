"""The kinds of ``when``, each a frozen class that satisfies ``bot.model.Schedule``. Pure.

``every`` makes a recurrence from text. A time that cannot be placed in its zone raises
ScheduleError. The label of a moment is part of its delivery's key. A table in
``docs/architecture.md`` shows the effect of a change of ``when`` on a post that is queued,
published or approved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal
from zlib import crc32

from bot.model import ONCE, Event, Moment, ScheduleKind
from bot.schedules import recurrence
from bot.schedules.local_time import ScheduleError, local_days, parse_clock, to_utc, zone
from bot.schedules.recurrence import frequency

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_TIMES_PER_DAY = 24
"""The most times of day that a recurrence can have. More would be spam."""


@dataclass(frozen=True, slots=True)
class At:
    """Once, at a fixed time."""

    kind: ClassVar = ScheduleKind.AT
    frequency: ClassVar = ONCE
    when: datetime
    """A naive wall-clock time in ``timezone``, or an aware instant."""
    timezone: str
    due: datetime = field(init=False, repr=False, compare=False)
    """The UTC instant."""

    def __post_init__(self) -> None:
        """Set ``due``. Raise ScheduleError for a wall-clock time that the zone skips."""
        zone(self.timezone)
        fixed = self.when.tzinfo is not None
        due = self.when.astimezone(UTC) if fixed else to_utc(self.when, self.timezone, one_off=True)
        object.__setattr__(self, "due", due)

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """Yield the one moment, if it is in [start, end)."""
        if start <= self.due < end:
            yield Moment(ONCE, self.due, self.timezone)

    def sequence_number(self, label: str) -> int:  # noqa: ARG002 - as the other kinds
        """Return 0: there is only one moment."""
        return 0


@dataclass(frozen=True, slots=True)
class EventRelative:
    """Before or after an event; never once the event is cancelled."""

    kind: ClassVar = ScheduleKind.EVENT
    event: Event
    offset: timedelta
    """The time from the event's start or end. With ``at``, it is whole calendar days from the
    event's local date."""
    at: time | None = None
    """The local time on that day, which a change of clocks in between does not move."""
    anchor: Literal["start", "end"] = "start"
    due: datetime = field(init=False, repr=False, compare=False)
    """The UTC instant, also if the event is cancelled."""

    def __post_init__(self) -> None:
        """Set ``due``.

        Raise ScheduleError for an ``at`` without whole days, or one that the zone skips that day.
        """
        if self.at is not None and self.offset % timedelta(days=1):
            hint = "Write for example offset: -1d, or leave out at:."
            raise ScheduleError("With at:, the offset counts whole days.", hint)
        origin = self.event.starts if self.anchor == "start" else self.event.ends
        if self.at is None:
            due = (origin + self.offset).astimezone(UTC)
        else:
            day = origin.astimezone(zone(self.event.timezone)).date() + self.offset
            due = to_utc(datetime.combine(day, self.at), self.event.timezone, one_off=True)
        object.__setattr__(self, "due", due)

    @property
    def timezone(self) -> str:
        """The zone in which the event takes place."""
        return self.event.timezone

    @property
    def frequency(self) -> str:
        """How often it is published, and by which event."""
        return f"once, by the event {self.event.id}"

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """Yield the one moment, if it is in [start, end) and the event takes place."""
        if not self.event.cancelled and start <= self.due < end:
            yield Moment(self.event.id, self.due, self.timezone)

    def sequence_number(self, label: str) -> int:
        """Return a number that depends on the event's id alone, not on its time."""
        return crc32(label.encode())


@dataclass(frozen=True, slots=True)
class Every:
    """A recurrence, made by ``every``.

    Days and times are wall-clock labels that are then placed in the zone. A time that the zone has
    twice counts once, the first. One that it skips is as much later as the clocks skip. It is
    dropped if another time of the same schedule falls on that instant.
    """

    kind: ClassVar = ScheduleKind.EVERY
    due: ClassVar = None
    rule: str
    """A checked rule of its days; see ``bot.schedules.recurrence``."""
    at: tuple[time, ...]
    """The times on each of its days."""
    start: date | None
    """The first local day on which it may come."""
    until: date | None
    """The last local day on which it may come."""
    timezone: str

    @property
    def frequency(self) -> str:
        """How often it is published; see ``bot.schedules.recurrence``."""
        return frequency(self.rule, self.start, self.until, len(self.at))

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """Yield the moments in [start, end), by strictly ascending instants, each label once."""
        first, last = local_days(start, end, self.timezone)
        last = min(last, self.until) if self.until else last
        placed: dict[datetime, Moment] = {}
        for day in recurrence.days_between(self.rule, self.start, first, last):
            for clock in self.at:
                local = datetime.combine(day, clock)
                due = to_utc(local, self.timezone, one_off=False)
                # Labels ascend, so the last one at an instant is the one that was not moved.
                placed[due] = Moment(f"{local:%Y-%m-%dT%H:%M}", due, self.timezone)
        for due in sorted(placed):
            if start <= due < end:
                yield placed[due]

    def sequence_number(self, label: str) -> int:
        """Return how many times come before this one.

        The number does not depend on ``start``, unless the rule itself does, nor on the plan. A
        time that is dropped because the clocks skip keeps its number.
        """
        local = datetime.fromisoformat(label)
        days = recurrence.count_days_before(self.rule, self.start, local.date())
        return days * len(self.at) + self.at.index(local.time())


@dataclass(frozen=True, slots=True)
class NextSlot:
    """In the next free queue slot of each account, which ``bot.planning.slots`` determines."""

    kind: ClassVar = ScheduleKind.SLOT
    due: ClassVar = None
    frequency: ClassVar = "once, in a queue slot"

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:  # noqa: ARG002 - as the other kinds
        """Yield nothing: it has no time of its own."""
        return iter(())

    def sequence_number(self, label: str) -> int:  # noqa: ARG002 - as the other kinds
        """Return 0: there is only one moment, whichever slot it takes."""
        return 0


def every(
    days: str | Sequence[str],
    at: str | Sequence[str] = (),
    *,
    timezone: str,
    start: date | None = None,
    until: date | None = None,
) -> Every:
    """Return a recurrence with these days and times of day. Raise ScheduleError.

    ``days`` are names of days, or a rule of RFC 5545. A rule that names hours (``FREQ=HOURLY``,
    ``BYHOUR``) needs no ``at``.
    """
    zone(timezone)
    if start and until and until < start:
        message = f"It ends on {until}, before it begins on {start}."
        raise ScheduleError(message, "Correct one of them.")
    hours: tuple[time, ...] = ()
    if isinstance(days, str) and "=" in days:
        rule, hours = recurrence.rule_from_rfc5545(days, start)
    else:
        names = days.split(",") if isinstance(days, str) else days
        wanted = {day for name in names for day in recurrence.parse_weekdays(name)}
        if not wanted:
            raise ScheduleError("No day is named.", "Write day, or names such as [mon, thu].")
        rule = "FREQ=WEEKLY;BYDAY="
        rule += ",".join(day for day in recurrence.WEEKDAYS if day in wanted)
    texts = (at,) if isinstance(at, str) else at
    clocks = tuple(sorted({parse_clock(text) for text in texts}))
    if hours and clocks:
        raise ScheduleError("The rule names its hours, and at: names others.", "Keep one of them.")
    if not hours and not clocks:
        raise ScheduleError("It does not say at what time.", 'Add for example at: "09:00".')
    if len(clocks) > MAX_TIMES_PER_DAY:
        hint = f"At most {MAX_TIMES_PER_DAY}."
        raise ScheduleError(f"{len(clocks)} times a day is too often.", hint)
    return Every(rule, hours or clocks, start, until, timezone)
