"""The types of times in a campaign file, and the kinds of ``when`` and ``expires``."""

from __future__ import annotations

import re
from collections.abc import Callable  # noqa: TC003 - pydantic reads the annotations
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic import model_validator as after

from bot.campaigns.schema import fields
from bot.campaigns.schema.fields import Name, Slug, text_schema
from bot.schedules.local_time import (
    ScheduleError,
    parse_clock,
    parse_date,
    parse_duration,
    parse_local,
    parse_positive_duration,
    parse_zone,
)
from bot.schedules.recurrence import parse_weekdays
from bot.schedules.written_dates import campaign_file_forms
from bot.text import quote_value
from bot.yamlsource.forms import StrictForm
from bot.yamlsource.problems import FormError

T = TypeVar("T")

MAX_EVENTS = 1000
"""Most events that one post can be about."""

MAX_TIMES = 100
"""Most days or times of day that one recurrence can list."""

MAX_TIME_LENGTH = 80
"""The longest text that can be a date, a time, a duration or a zone, in characters."""

# --- Hints for common mistakes --------------------------------------------------------------------

_RECURRING = re.compile(
    r"(?:(?:every|each) (?P<day>[a-z]+)|(?P<days>daily|weekdays?|weekends?|[a-z]+days))"
    r"(?:,? (?:at )?(?P<at>\d{1,2}:\d\d))?"
)
_SLOT = re.compile(r"(?:the )?(?:next )?(?:free )?slot|next|slot: ?next")
_ALL_FORMS = "Write it as YYYY-MM-DD HH:MM, or as { event: ID, offset: -1d }, "
_ALL_FORMS += '{ every: [mon, thu], at: "09:00" } or { slot: next }.'


def _datetime_hint(text: str) -> str:
    readings = campaign_file_forms(text)
    if not readings or len(readings[0]) < len("YYYY-MM-DD"):
        return ""
    if len(readings[0]) == len("YYYY-MM-DD"):
        return f"Add the time of day, as {' or '.join(f'{day} 09:00' for day in readings)}."
    return f"Write it as {' or '.join(readings)}."


def _date_hint(text: str) -> str:
    days = dict.fromkeys(
        reading[:10] for reading in campaign_file_forms(text) if len(reading) > len("09:00")
    )
    return f"Write it as {' or '.join(days)}." if days else ""


def _time_hint(text: str) -> str:
    readings = campaign_file_forms(text)
    return f"Write it as {readings[0]}." if readings and len(readings[0]) == len("09:00") else ""


def _when_hint(text: str) -> str:
    words = " ".join(text.lower().split())
    if found := _RECURRING.fullmatch(words):
        day = (found["day"] or found["days"]).removesuffix("s").replace("daily", "day")
        try:
            parse_weekdays(day)
        except ScheduleError:
            return _ALL_FORMS
        return f'Write {{ every: {day}, at: "{found["at"] or "09:00"}" }}.'
    if _SLOT.fullmatch(words):
        return "Write { slot: next }."
    if re.fullmatch(r"[+-]?(?:\d+[wdhm] ?)+", words):
        return f"Write {{ event: ID, offset: {words} }}, with the event's id."
    return _datetime_hint(text) or _ALL_FORMS


# --- Types of times ------------------------------------------------------------------------------


def _parsed_by(
    parse: Callable[[str], T], code: str = "S601", advise: Callable[[str], str] = lambda _text: ""
) -> PlainValidator:
    def read(text: object) -> T:
        if not isinstance(text, str):
            hint = "Write one value, not a list or mapping."
            raise FormError("C201", "A text is expected here", hint)
        if len(text) > MAX_TIME_LENGTH:
            raise FormError(code, f"{quote_value(text)} is far too long", "Write it short.")
        try:
            return parse(text)
        except ScheduleError as error:
            raise FormError(code, error.message, advise(text) or error.hint) from None

    return PlainValidator(read)


def _parse_as_of(text: str) -> str:
    day = text.strip()
    parse_date(f"{day}-01-01"[:10] if re.fullmatch(r"\d{4}(-\d\d)?", day) else day)
    return day


AsOf = Annotated[
    str,
    _parsed_by(_parse_as_of, advise=_date_hint),
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "pattern": r"^\s*\d{4}(-\d{2}){0,2}\s*$",
            "description": "A date, a month or a year.",
            "examples": ["2022-07-12", "2022-07", "2022"],
        }
    ),
]
TimezoneName = Annotated[
    str,
    _parsed_by(lambda text: parse_zone(text).key, "S602"),
    text_schema("A timezone by region and city.", "", "America/New_York"),
]
_LOCAL_SCHEMA = text_schema(
    "A local date and time; with an offset or Z, an instant.",
    r"^\s*\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(:\d{2})?( ?(Z|[+-]\d{2}:?\d{2}))?\s*$",
    "2022-07-12 09:00",
)
LocalTime = Annotated[datetime, _parsed_by(parse_local, advise=_datetime_hint), _LOCAL_SCHEMA]
DueTime = Annotated[datetime, _parsed_by(parse_local, advise=_when_hint), _LOCAL_SCHEMA]
Day = Annotated[
    date,
    _parsed_by(parse_date, advise=_date_hint),
    text_schema("A date.", r"^\s*\d{4}-\d{2}-\d{2}\s*$", "2022-07-12"),
]
TimeOfDay = Annotated[
    time,
    _parsed_by(parse_clock, advise=_time_hint),
    text_schema("A time of day, local.", r"^\s*\d{1,2}:\d{2}\s*$", "09:00"),
]
Offset = Annotated[
    timedelta,
    _parsed_by(parse_duration),
    text_schema("Weeks, days, hours, minutes.", r"^\s*[+-]?(\d+[wdhm] ?)+\s*$", "-1d", "+2h30m"),
]


def _parse_expiry(text: str) -> datetime | timedelta:
    if re.match(r"\s*\d{4}-", text):
        return parse_local(text)
    try:
        return parse_positive_duration(text)
    except ScheduleError as error:
        hint = error.hint if re.match(r"\s*[+-]?\d+[wdhm]", text) else _EXPIRY_HINT
        raise ScheduleError(error.message, hint) from None


_EXPIRY_HINT = "Write a date and time, a length of time such as 3d, or {event: …, offset: …}."

Expiry = Annotated[
    datetime | timedelta,
    _parsed_by(_parse_expiry, advise=_datetime_hint),
    text_schema(
        "A local date and time, or a length of time after it was due.",
        r"^\s*(\d{4}-\d{2}-\d{2}[T ]\d|\+?\d+[wdhm])",
        "2022-07-12 18:00",
        "3d",
    ),
]


# --- The kinds of time ----------------------------------------------------------------------------


class AtForm(StrictForm):
    """Once, at a local time."""

    at: DueTime = Field(description="When, in the event's or else the campaign's timezone.")


_EventOffset = Annotated[Offset, Field(description="From the event's start, as -1d, +2h or -30m.")]
_TimeOfThatDay = Annotated[
    TimeOfDay | None, Field(description="Local time of that day; offset is whole days then.")
]
_EventAnchor = Annotated[
    Literal["start", "end"],
    Field(alias="from", description="Whether offset counts from the event's start or its end."),
]


class EndForm(StrictForm):
    """At a distance from an event; of a post on several events, from each event."""

    event: Slug | None = Field(
        None,
        description="The event's id, by default that of the event that the post is about. A post "
        "on several events ends with each of them, as in expires: { from: end } or { offset: 2d }.",
    )
    offset: _EventOffset = timedelta(0)
    at: _TimeOfThatDay = None
    from_: _EventAnchor = "start"


class EventTimeForm(EndForm):
    """At a distance from an event; the post moves with the event."""

    event: Slug = Field(description="The event's id.")


class EventsTimeForm(StrictForm):
    """Once for each of several events, as a post about that event."""

    events: tuple[Slug, ...] = Field(
        min_length=1, max_length=MAX_EVENTS, description="The events' ids."
    )
    offset: _EventOffset = timedelta(0)
    at: _TimeOfThatDay = None
    from_: _EventAnchor = "start"


class SlotForm(StrictForm):
    """At the next free queue slot of each account, in the order of the file."""

    slot: Literal["next"] = Field(description="next: the next free slot.")


class EmbargoEndForm(StrictForm):
    """When the embargo ends, or some time later; the post moves with the embargo."""

    embargo: Literal["ends"] = Field(
        description="ends: when the post's own embargo ends, or else the campaign's."
    )
    offset: Offset = Field(timedelta(0), description="The time after it, as 10m or 1d.")

    @after(mode="after")
    def _not_before(self) -> EmbargoEndForm:
        if self.offset < timedelta(0):
            message = "No post is sent before its embargo ends"
            raise FormError("C204", message, "Write a length of time such as 10m.", key="offset")
        return self


_Days = Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_TIMES)]
_Times = Annotated[tuple[TimeOfDay, ...], Field(max_length=MAX_TIMES)]


class EveryForm(StrictForm):
    """Again and again."""

    every: Annotated[_Days, fields.or_text("", _Days, "One day, or a rule.")] = Field(
        description="day, weekday, weekend, names of days as [mon, thu], or an RFC 5545 rule."
    )
    at: Annotated[_Times, fields.or_text("", _Times, "One time.", "09:00")] = Field(
        (), description="The local time of day, or a list of them."
    )
    from_: Day | None = Field(None, alias="from", description="The first day that counts.")
    until: Day | None = Field(None, description="The last day that counts.")
    timezone: TimezoneName | None = Field(
        None, description="Its timezone; default: the campaign's."
    )


WHEN_KINDS: dict[str, tuple[type[StrictForm], tuple[str, ...]]] = {
    "<every>": (EveryForm, ("every", "until")),
    "<slot>": (SlotForm, ("slot",)),
    "<embargo>": (EmbargoEndForm, ("embargo",)),
    "<events>": (EventsTimeForm, ("events",)),
    "<event>": (EventTimeForm, ("event", "offset")),
    "<at>": (AtForm, ("at",)),
}
"""The kinds of ``when`` by pydantic's tags, each with its form and the keys that identify it.

They are tried in this order.
"""


def _kind_of_when(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    kinds = (kind for kind, (_, keys) in WHEN_KINDS.items() if any(key in value for key in keys))
    return next(kinds, None)


_WhenMapping = Annotated[
    Annotated[AtForm, Tag("<at>")]
    | Annotated[EventTimeForm, Tag("<event>")]
    | Annotated[EventsTimeForm, Tag("<events>")]
    | Annotated[SlotForm, Tag("<slot>")]
    | Annotated[EmbargoEndForm, Tag("<embargo>")]
    | Annotated[EveryForm, Tag("<every>")],
    Discriminator(_kind_of_when),
]
When = Annotated[
    _WhenMapping,
    fields.or_text(
        "at", _WhenMapping, "A local date and time: short for {at: …}.", "2022-07-12 09:00"
    ),
]


Expires = Annotated[
    Annotated[Expiry, Tag("<time>")] | Annotated[EndForm, Tag("<end>")],
    Discriminator(lambda value: "<end>" if isinstance(value, dict) else "<time>"),
]
