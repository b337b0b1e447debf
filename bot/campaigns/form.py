"""The form of a campaign file, as pydantic models: what may be written, and what it means.

The JSON Schema for editors is made from these same models (``bot.campaigns.schema``), so their
descriptions are the format's documentation. Every value arrives as the text that was typed. What
only the other files can tell (whether a fact or an account exists) is not asked here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic import model_validator as after

from bot.campaigns import kinds
from bot.campaigns.kinds import Clock, Day, FormError, Line, LocalTime, Offset, Paragraph, Slug


class Form(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


# --- The campaign ---------------------------------------------------------------------------------


class FactForm(Form):
    """A claim that carries a demand, with the source that a hostile reader will ask for."""

    claim: Paragraph = Field(description="What is claimed, in one sentence.")
    figure: kinds.Figure | None = Field(None, description="The number in it, as it is to be said.")
    source: kinds.Https = Field(description="Where anybody can read it.")
    as_of: Day = Field(description="The day on which it was so.")


class DemandForm(Form):
    """What is asked, and of whom."""

    ask: Paragraph = Field(description="What is asked, in one sentence.")
    target: Line = Field(description="Who is asked.")
    facts: tuple[Slug, ...] = Field((), description="Ids of the facts that carry it.")


class EventForm(Form):
    """Something that happens at a place and time, which posts can be timed by."""

    name: Line = Field(description="What it is called.")
    place: Line = Field(description="Where it is.")
    timezone: kinds.Zone | None = Field(None, description="Its timezone; else the campaign's.")
    starts: LocalTime = Field(description="When it starts, in its timezone.")
    ends: LocalTime = Field(description="When it ends, in its timezone.")
    cancelled: bool = Field(False, description="If true, posts timed by it are not sent.")
    illustrative: bool = Field(False, description="True where the date is only an example.")


class HeaderForm(Form):
    """What a campaign file says of the campaign itself."""

    campaign: Slug = Field(description="The campaign's id: small letters, digits and hyphens.")
    title: Line = Field(description="The campaign's title, for reports.")
    timezone: kinds.Zone = Field(description="The zone of all local times that name no other.")
    accounts: tuple[Line, ...] = Field((), description="Accounts that post, by name in the config.")
    hashtags: tuple[kinds.Hashtag, ...] = Field((), description="Added to each post's first part.")
    language: kinds.Language | None = Field(None, description="Of the posts, as en or pt-BR.")


# --- When -----------------------------------------------------------------------------------------


class AtForm(Form):
    """Once, at a local time."""

    at: LocalTime = Field(description="When, in the event's or else the campaign's timezone.")


class EventTimeForm(Form):
    """So long before or after an event; it moves when the event moves."""

    event: Slug = Field(description="The event's id.")
    offset: Offset = Field(timedelta(0), description="From its start, as -1d, +2h or -30m.")
    at: Clock | None = Field(None, description="Local time of that day; offset is whole days then.")
    from_: Literal["start", "end"] = Field(
        "start",
        alias="from",
        description="Whether offset counts from the event's start or its end.",
    )


class EveryForm(Form):
    """Again and again."""

    every: Annotated[tuple[Line, ...], kinds.OneOrMany, kinds.OrText("One day, or a rule.")] = (
        Field(
            description="day, weekday, weekend, names of days as [mon, thu], or an RFC 5545 rule.",
            min_length=1,
        )
    )
    at: Annotated[tuple[Clock, ...], kinds.OneOrMany, kinds.OrText("One time.", "09:00")] = Field(
        (),
        description="The local time of day, or a list of them.",
    )
    from_: Day | None = Field(None, alias="from", description="The first day that counts.")
    until: Day | None = Field(None, description="The last day that counts.")
    timezone: kinds.Zone | None = Field(None, description="Its timezone; else the campaign's.")


def _kind_of_when(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    for kind, keys in _TELLING.items():
        if any(key in value for key in keys):
            return kind
    return None


_TELLING = {
    "<every>": ("every", "until"),
    "<event>": ("event", "offset"),
    "<at>": ("at",),
}
"""The keys that tell the kinds of ``when`` apart, tried in this order."""

When = Annotated[
    Annotated[AtForm, Tag("<at>")]
    | Annotated[EventTimeForm, Tag("<event>")]
    | Annotated[EveryForm, Tag("<every>")],
    Discriminator(_kind_of_when),
    kinds.or_text("at"),
    kinds.OrText("A local date and time: short for {at: …}.", "2022-07-12 09:00"),
]


Expires = Annotated[
    Annotated[kinds.Expiry, Tag("<time>")] | Annotated[EventTimeForm, Tag("<event>")],
    Discriminator(lambda value: "<event>" if isinstance(value, dict) else "<time>"),
]


# --- Posts ----------------------------------------------------------------------------------------


class MediaForm(Form):
    """An image or video to show."""

    file: Line = Field(description="Path of the file, from the folder of this YAML file.")
    alt: Paragraph = Field(description="What it shows, for people who cannot see it.")


class PollForm(Form):
    """A question with two to four answers; the text asks it."""

    options: tuple[kinds.Option, ...] = Field(
        min_length=2,
        max_length=4,
        description="The answers to choose from.",
    )
    hours: int | None = Field(None, ge=1, le=168, description="How many hours it is open.")
    minutes: int | None = Field(None, ge=5, le=10080, description="How many minutes it is open.")

    @after(mode="after")
    def _one_length(self) -> PollForm:
        if (self.hours is None) == (self.minutes is None):
            hint = "Write hours: or minutes:, one of them."
            raise FormError("C206", "The poll needs one length of time", hint)
        return self


class PartForm(Form):
    """One part of a thread."""

    text: kinds.Body = Field(description="Its text, as in a post.")
    media: tuple[MediaForm, ...] = Field((), description="Images or a video.")
    poll: PollForm | None = Field(None, description="A poll.")


class PostForm(Form):
    """Something to say, from which accounts, and when."""

    demand: Slug | None = Field(None, description="Id of the demand that it speaks for.")
    event: Slug | None = Field(None, description="Id of the event that it is about.")
    accounts: tuple[Line, ...] | None = Field(None, description="Instead of the campaign's.")
    when: When = Field(description="When it is due.")
    text: kinds.Body | None = Field(
        None,
        description="The text; {{ fact.ID.figure }}, {{ demand.ask }}, {{ event.place }} and "
        "{{ campaign.title }} are filled in.",
    )
    thread: (
        tuple[
            Annotated[PartForm, kinds.or_text("text"), kinds.OrText("The text of this part.")], ...
        ]
        | None
    ) = Field(None, min_length=1, max_length=100, description="Several parts, instead of text.")
    media: tuple[MediaForm, ...] = Field((), description="Images or a video.")
    poll: PollForm | None = Field(None, description="A poll.")
    hashtags: tuple[kinds.Hashtag, ...] | None = Field(
        None,
        description="Instead of the campaign's; [] for none.",
    )
    link: kinds.Https | None = Field(None, description="Added at the end, on its own line.")
    reply_settings: (
        Literal["everyone", "following", "mentionedUsers", "subscribers", "verified"] | None
    ) = Field(None, description="Who may reply.")
    expires: Expires | None = Field(
        None,
        description="Never sent after this: a local time, a length of time after it was due, or "
        "a time relative to an event.",
    )

    @after(mode="after")
    def _text_or_thread(self) -> PostForm:
        if self.text is None and self.thread is None:
            raise FormError("C203", "The post has no text", "Add text: or thread:.")
        if self.thread is None:
            return self
        for key in ("text", "media", "poll"):
            if getattr(self, key):
                hint = "Put it into the part of the thread that it belongs to."
                raise FormError("C206", f"A post with a thread has no {key} of its own", hint, key)
        return self


class CampaignPostForm(PostForm):
    """A post in a campaign file."""

    id: Slug = Field(description="The post's id, once in the campaign: small letters and hyphens.")


class QueuedPostForm(PostForm):
    """A post in a bare list: the short form."""

    id: Slug | None = Field(None, description="Its id; else made from its local time.")
    campaign: Slug | None = Field(None, description="Its campaign; may be left out if only one.")


class CampaignForm(HeaderForm):
    """A campaign: what it asks, the facts and events it stands on, and what is to be said."""

    facts: dict[Slug, FactForm] = Field({}, description="Facts by id.")
    demands: dict[Slug, DemandForm] = Field({}, description="Demands by id.")
    events: dict[Slug, EventForm] = Field({}, description="Events by id.")
    posts: tuple[CampaignPostForm, ...] = Field((), description="What is to be said.")
