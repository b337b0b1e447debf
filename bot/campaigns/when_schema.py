"""The form of ``when`` and ``expires``: the kinds of time that a post can have."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from bot.campaigns import fields
from bot.campaigns.fields import Day, DueTime, Name, Offset, Slug, TimeOfDay

MAX_EVENTS = 1000
"""Events that one post can be about, one after the other."""

MAX_TIMES = 100
"""Days or times of day that one recurrence can list."""


class StrictForm(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class AtForm(StrictForm):
    """Once, at a local time."""

    at: DueTime = Field(description="When, in the event's or else the campaign's timezone.")


class EventTimeForm(StrictForm):
    """At a distance from an event; it moves when the event moves."""

    event: Slug = Field(description="The event's id.")
    offset: Offset = Field(timedelta(0), description="From its start, as -1d, +2h or -30m.")
    at: TimeOfDay | None = Field(
        None, description="Local time of that day; offset is whole days then."
    )
    from_: Literal["start", "end"] = Field(
        "start",
        alias="from",
        description="Whether offset counts from the event's start or its end.",
    )


class EventsTimeForm(StrictForm):
    """Once for each of several events: one post for each, about that event."""

    events: tuple[Slug, ...] = Field(
        min_length=1, max_length=MAX_EVENTS, description="The events' ids."
    )
    offset: Offset = Field(timedelta(0), description="From each one's start, as -1d, +2h or -30m.")
    at: TimeOfDay | None = Field(
        None, description="Local time of that day; offset is whole days then."
    )
    from_: Literal["start", "end"] = Field(
        "start",
        alias="from",
        description="Whether offset counts from an event's start or its end.",
    )


class EndForm(StrictForm):
    """At a distance from an event; for a post on several events, from each one's own."""

    event: Slug | None = Field(
        None,
        description="The event's id. Left out, it is the event that the post is about: of a post "
        "on several events, each one's own, as in expires: { from: end } or { offset: 2d }.",
    )
    offset: Offset = Field(timedelta(0), description="From its start, as -1d, +2h or 2d.")
    at: TimeOfDay | None = Field(
        None, description="Local time of that day; offset is whole days then."
    )
    from_: Literal["start", "end"] = Field(
        "start",
        alias="from",
        description="Whether offset counts from the event's start or its end.",
    )


class SlotForm(StrictForm):
    """At the next free queue slot of each account; in the order of the file."""

    slot: Literal["next"] = Field(description="next: the next free one.")


class EveryForm(StrictForm):
    """Again and again."""

    every: Annotated[tuple[Name, ...], fields.OneOrMany, fields.OrText("One day, or a rule.")] = (
        Field(
            description="day, weekday, weekend, names of days as [mon, thu], or an RFC 5545 rule.",
            min_length=1,
            max_length=MAX_TIMES,
        )
    )
    at: Annotated[tuple[TimeOfDay, ...], fields.OneOrMany, fields.OrText("One time.", "09:00")] = (
        Field(
            (),
            max_length=MAX_TIMES,
            description="The local time of day, or a list of them.",
        )
    )
    from_: Day | None = Field(None, alias="from", description="The first day that counts.")
    until: Day | None = Field(None, description="The last day that counts.")
    timezone: fields.TimezoneName | None = Field(
        None, description="Its timezone; default: the campaign's."
    )


def _kind_of_when(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    for kind, keys in _KEYS_BY_KIND.items():
        if any(key in value for key in keys):
            return kind
    return None


_KEYS_BY_KIND = {
    "<every>": ("every", "until"),
    "<slot>": ("slot",),
    "<events>": ("events",),
    "<event>": ("event", "offset"),
    "<at>": ("at",),
}
"""The keys that tell the kinds of ``when`` apart, tried in this order."""

When = Annotated[
    Annotated[AtForm, Tag("<at>")]
    | Annotated[EventTimeForm, Tag("<event>")]
    | Annotated[EventsTimeForm, Tag("<events>")]
    | Annotated[SlotForm, Tag("<slot>")]
    | Annotated[EveryForm, Tag("<every>")],
    Discriminator(_kind_of_when),
    fields.wrap_text("at"),
    fields.OrText("A local date and time: short for {at: …}.", "2022-07-12 09:00"),
]


Expires = Annotated[
    Annotated[fields.Expiry, Tag("<time>")] | Annotated[EndForm, Tag("<end>")],
    Discriminator(lambda value: "<end>" if isinstance(value, dict) else "<time>"),
]
