"""The form of a post: the whole entry, its texts on a platform, its wordings and its parts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic import model_validator as after

from bot.campaigns.schema import fields
from bot.campaigns.schema.fields import (
    MAX_ACCOUNTS,
    MAX_LIST_ENTRIES,
    MAX_PLATFORMS,
    Line,
    MediaForm,
    Name,
    PollForm,
    Slug,
)
from bot.campaigns.schema.when import MAX_EVENTS, Expires, LocalTime, When
from bot.yamlsource.forms import StrictForm
from bot.yamlsource.problems import FormError

MAX_MEDIA = 20
"""Five times the media that a post on X shows."""


class PartForm(StrictForm):
    """One part of a thread."""

    text: fields.PostText = Field(description="Its text, as in a post.")
    media: tuple[MediaForm, ...] = Field((), max_length=MAX_MEDIA, description="Pictures or video.")
    poll: PollForm | None = Field(None, description="A poll.")


Thread = tuple[Annotated[PartForm, fields.or_text("text", PartForm, "The text of this part.")], ...]


class WordingForm(StrictForm):
    """One of several wordings of a post. Everything else is as in the post."""

    text: fields.PostText | None = Field(None, description="Its text, as in a post.")
    thread: Thread | None = Field(None, min_length=1, max_length=100, description="Or its parts.")
    media: tuple[MediaForm, ...] | None = Field(
        None, max_length=MAX_MEDIA, description="Instead of the post's."
    )
    link: fields.HttpsUrl | None = Field(None, description="Instead of the post's.")

    @after(mode="after")
    def _text_or_thread(self) -> WordingForm:
        if (self.text is None) == (self.thread is None):
            raise FormError("C206", "A wording has a text or a thread", "Write one of them.")
        if self.thread is not None and self.media:
            hint = "Put media: into a part of the thread."
            raise FormError("C206", "A thread has no media of its own", hint, key="media")
        return self


Labels = Annotated[tuple[fields.Label, ...], Field(max_length=4)]
Wordings = Annotated[
    dict[Slug, Annotated[WordingForm, fields.or_text("text", WordingForm, "The text of it.")]],
    Field(min_length=1, max_length=26),
]


class OnForm(WordingForm):
    """The text of a post on one platform. Everything else is as in the post."""

    wordings: Wordings | None = Field(None, description="Or several wordings there, by name.")
    warning: Line | None = Field(None, description="Instead of the post's; none for none.")
    language: fields.Language | None = Field(None, description="Instead of the post's.")
    labels: Labels | None = Field(None, description="Instead of the post's; [] for none.")
    poll: Literal["none"] | None = Field(None, description="none: without the post's poll there.")

    @after(mode="after")
    def _text_or_thread(self) -> OnForm:
        if self.text is None and self.thread is None and self.wordings is None:
            hint = "Add text:, thread: or wordings:."
            raise FormError("C203", "The platform has no text of its own", hint)
        _refuse_beside(self, "wordings", "text", "thread")
        _refuse_beside(self, "thread", "text", "media")
        return self


# Nothing is validated as such a form, and to build its validator takes as long as for those below.
class PostForm(StrictForm, defer_build=True):
    """A text, the accounts that post it, and when."""

    demand: Slug | None = Field(None, description="Id of the demand that it speaks for.")
    event: Slug | None = Field(None, description="Id of the event that it is about.")
    accounts: tuple[Name, ...] | None = Field(
        None, max_length=MAX_ACCOUNTS, description="Instead of the campaign's."
    )
    when: When = Field(description="When it is due.")
    text: fields.PostText | None = Field(
        None,
        description="The text; {{ fact.ID.figure }}, {{ demand.ask }}, {{ event.place }}, "
        "{{ statement.ID.quote }}, {{ value.NAME }} and {{ campaign.title }} are filled in.",
    )
    thread: Thread | None = Field(
        None, min_length=1, max_length=100, description="Several parts, instead of text."
    )
    wordings: Wordings | None = Field(
        None, description="Several wordings, by name, instead of text; the report compares them."
    )
    on: dict[Slug, Annotated[OnForm, fields.or_text("text", OnForm, "The text there.")]] = Field(
        {},
        min_length=1,
        max_length=MAX_PLATFORMS,
        description="Other texts for some platforms, by the platform's name. The accounts there "
        "post that text, and only that platform's rules apply to it.",
    )
    values: dict[Slug, Annotated[dict[Slug, Line], Field(max_length=MAX_LIST_ENTRIES)]] = Field(
        {},
        max_length=MAX_EVENTS,
        description="Texts for {{ value.NAME }}, by event and name, for a post on several events.",
    )
    facts: fields.Slugs = Field(
        (),
        description="Ids of the facts that its text relies on, besides those that it fetches.",
    )
    statements: fields.Slugs = Field(
        (),
        description="Ids of the statements that it repeats, besides those that it fetches.",
    )
    author: Name | None = Field(
        None, description="The person who wrote it, who cannot be its second approver."
    )
    media: tuple[MediaForm, ...] = Field((), max_length=MAX_MEDIA, description="Pictures or video.")
    poll: PollForm | None = Field(None, description="A poll.")
    hashtags: fields.Hashtags | None = Field(
        None, description="Instead of the campaign's; [] for none."
    )
    link: fields.HttpsUrl | None = Field(None, description="Added at the end, on its own line.")
    reply_settings: (
        Literal["everyone", "following", "mentionedUsers", "subscribers", "verified"] | None
    ) = Field(None, description="Who may reply.")
    warning: Line | None = Field(
        None,
        description="A content warning. Mastodon shows it first, and the text and the pictures to "
        "those who open it. X and Bluesky have no warnings: there, the post is an error.",
    )
    labels: Labels | None = Field(
        None,
        description="Labels for its pictures: sexual, nudity, porn or graphic-media. Bluesky and "
        "Mastodon cover labelled pictures. X cannot: there, the post is an error.",
    )
    language: fields.Language | None = Field(None, description="Instead of the campaign's.")
    long: fields.Long | None = Field(
        None, description="Instead of the campaign's: how to treat a text that is too long."
    )
    expires: Expires | None = Field(
        None,
        description="The end after which it is never sent: a local time, a length of time after "
        "it was due, or a time relative to an event.",
    )
    embargo: LocalTime | None = Field(
        None,
        description="It is not sent before this local time, nor before the campaign's embargo.",
    )
    imported: Line | None = Field(
        None,
        description="Written by groundswell import: the spreadsheet, and the content of its row. "
        "With it, a corrected row finds its post again; leave it as it is.",
    )

    @after(mode="after")
    def _text_or_thread(self) -> PostForm:
        if not self.has_text and not self.on:
            raise FormError("C203", "The post has no text", "Add text:, thread: or wordings:.")
        _refuse_beside(self, "wordings", "text", "thread")
        _refuse_beside(self, "thread", "text", "media", "poll")
        return self

    @property
    def has_text(self) -> bool:
        """Whether it has a text for the platforms that ``on`` does not name."""
        return any(text is not None for text in (self.text, self.thread, self.wordings))


def _refuse_beside(form: OnForm | PostForm, key: str, *others: str) -> None:
    """Raise FormError if one of the other keys stands beside ``key``."""
    beside = next((other for other in others if getattr(form, other)), None)
    if getattr(form, key) is None or beside is None:
        return
    if key == "wordings":
        hint = "Put it among the wordings:, under a name."
        raise FormError(
            "C206", f"A post with wordings has no {beside} beside them", hint, key=beside
        )
    hint = f"Put {beside}: into a part of the thread."
    raise FormError("C206", f"A post with a thread has no {beside} of its own", hint, key=beside)


class CampaignPostForm(PostForm, defer_build=False):
    """A post in a campaign file."""

    id: Slug = Field(description="The post's id, once in the campaign: small letters and hyphens.")


class QueuedPostForm(PostForm, defer_build=False):
    """A post in a bare list."""

    id: Slug | None = Field(
        None,
        description="The post's id, by default made from its local time. Without an id, a post "
        "that is moved to another time is a new post, which needs its approvals again.",
    )
    campaign: Slug | None = Field(
        None, description="The post's campaign. It can be left out if there is only one."
    )
