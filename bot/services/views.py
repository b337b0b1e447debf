"""What front ends show: frozen values, each field explained beside it.

A view has all that a person or a program is told, already in words where people read words. Its
JSON is made of its fields, by ``bot.model.documents`` and nowhere else. The JSON Schema is made
of their types and of the text beside them, which is why the types are imported for real.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.model import LinkCard, State


@dataclass(frozen=True, slots=True)
class MediaView:
    """A picture or video of a post."""

    file: str
    """Its name, without the folder."""
    path: str
    """Its name, with the folder."""
    size: str
    """How wide and high a picture is, in pixels: ``40 x 30``; "" if that is not known."""
    alt: str
    """What it shows, for people who cannot see it; "" if it has none."""
    focus: tuple[float, float] | None
    """The point that stays in sight, as ``Media.focus``."""


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll of a post."""

    options: tuple[str, ...]
    """What people can choose from."""
    minutes: int
    """How long it is open."""


@dataclass(frozen=True, slots=True)
class CardView:
    """What a page says of itself, shown with the link to it."""

    link: str
    title: str
    description: str

    def __str__(self) -> str:
        """Return it on one line, as ``LinkCard`` does."""
        return str(LinkCard(self.link, self.title, self.description))


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of a thread, or a whole post."""

    text: str
    length: str
    """How long the network counts it: ``120 of 280 characters``; "" if the config does not have
    the account."""
    media: tuple[MediaView, ...]
    """Its pictures and videos."""
    poll: PollView | None
    """Its poll, if it has one."""
    card: CardView | None
    """What is shown with its link, if the post says that itself."""
    url: str
    """Its address once it is out; "" before."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A post on one account: what the machine sends, and what became of it."""

    number: int
    """The delivery's own; it never changes."""
    key: str
    """Its key in the database: campaign, post, account and the schedule's name for the moment."""
    account: str
    platform: str
    network: str
    """What people call the platform: ``Mastodon``."""
    state: State
    """Where it stands between planned and published."""
    why: str
    """Why it is in its state, or what it waits for; "" if it just waits for its time."""
    due: datetime
    """In UTC."""
    local: str
    """When it is due where its audience is."""
    wording: str
    """The name of the wording that it takes, if the post has several."""
    warning: str
    """The content warning; "" if it has none."""
    language: str
    """The code of its language, as ``en``; "" if it says none."""
    labels: tuple[str, ...]
    """What it is labelled as, such as ``nudity``."""
    text: str
    """All of its parts."""
    parts: tuple[PartView, ...]
    """Each part of a thread, or the whole post."""
    price: Decimal
    """US dollars for publishing it."""


@dataclass(frozen=True, slots=True)
class PostView:
    """A post at one moment, on all of its accounts."""

    name: str
    """What a person types for it, such as ``library-hours/evening@2026-12-04``."""
    number: int
    """What may be typed instead; it never changes."""
    campaign: str
    post: str
    demand: str | None
    event: str | None
    due: datetime
    """When the first of its deliveries is due, in UTC."""
    local: str
    """When that is where the audience is."""
    state: str
    """The state of all its deliveries, or ``mixed`` if they are in several."""
    word: str
    """The same in one word for people: ``out``, ``waits``, ``mixed``."""
    why: str
    """Why, if it is the same on all of its accounts; ``summary`` says it in any case."""
    summary: str
    """Their states in words: ``out on X and Bluesky, waits on Mastodon: its account is paused``."""
    networks: tuple[str, ...]
    """Where it is published: ``X``, ``Mastodon``."""
    on: str
    """The same in words: ``X, Mastodon (12)``, with the number of accounts on each."""
    text: str
    """What it says, on the first of its accounts."""
    differs: tuple[str, ...]
    """What is not the same on all of its accounts: ``time``, ``text``, ``parts``, ``media``,
    ``poll``, ``warning``."""
    notes: tuple[str, ...]
    """The same in words: ``in 3 parts on Mastodon``."""
    price: Decimal
    """US dollars for publishing it on all accounts where it was not dropped or cancelled."""
    deliveries: tuple[DeliveryView, ...]
    """By network and account."""
