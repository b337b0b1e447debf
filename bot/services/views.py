"""Views, which front ends show: frozen values, each field explained beside it.

A view holds everything that a person or a program gets to see, in words if people read it. Only
``bot.model.documents`` makes its JSON, from its fields. The JSON Schema is made from their types
and the texts beside them, and therefore imports the types at run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.model import LinkCard, Poll, State


@dataclass(frozen=True, slots=True)
class MediaView:
    """A picture or video of a post."""

    file: str
    """The file's name, without the folder."""
    path: str
    """The file's name, with the folder."""
    size: str
    """Width and height of a picture in pixels, such as ``40 x 30``; "" if unknown."""
    alt: str
    """Its description for people who cannot see it; "" if it has none."""
    focus: tuple[float, float] | None
    """The point that stays in sight in a crop, as ``Media.focus``."""


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of a thread, or a whole post."""

    text: str
    length: str
    """Its length by the network's count, such as ``120 of 280 characters``; "" if the config does
    not have the account."""
    media: tuple[MediaView, ...]
    """Its pictures and videos."""
    poll: Poll | None
    """Its poll, if it has one."""
    card: LinkCard | None
    """The preview of its link, if the post describes one itself."""
    url: str
    """Its address once it is published; "" before."""


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """A post on one account, as it is queued or planned."""

    key: str
    """Its key in the database: campaign, post, account and the schedule's name for the moment."""
    account: str
    platform: str
    network: str
    """The name that people use for the platform, such as ``Mastodon``."""
    state: State
    """Its state, between planned and published; in a plan, the state that it will have."""
    due: datetime
    """When it is due, in UTC."""
    local: str
    """When it is due, in the timezone of its audience."""
    wording: str
    """The name of the wording that it takes, if the post has several."""
    warning: str
    """The content warning before its text; "" if it has none."""
    text: str
    """The text of all its parts."""
    parts: tuple[PartView, ...]
    """The parts of a thread, or the whole post as one part."""
    price: Decimal
    """The cost of publishing it, in US dollars."""


@dataclass(frozen=True, slots=True)
class DeliveryView(PlannedDelivery):
    """A queued post on one account, which the loop sends, and its outcome."""

    number: int
    """The number of this delivery; it never changes."""
    why: str
    """Why it is in its state, or waits; "" if it only waits for its time."""
    language: str
    """The code of its language, such as ``en``; "" if none is set."""
    labels: tuple[str, ...]
    """Its content labels, such as ``nudity``."""


@dataclass(frozen=True, slots=True)
class SingleDelivery(DeliveryView):
    """A queued post on one account, with the post's name."""

    name: str
    """The post's name, as a person types it, such as ``library-hours/evening@2026-12-04``."""


@dataclass(frozen=True, slots=True)
class PostSummary:
    """A post at one moment, on several accounts, as it is queued or planned."""

    name: str
    """The name that a person types, such as ``library-hours/evening@2026-12-04``."""
    campaign: str
    """The id of its campaign."""
    post: str
    """Its id in the campaign."""
    demand: str | None
    """The id of the demand that it supports."""
    event: str | None
    """The id of the event that it is about."""
    due: datetime
    """When the first of its deliveries is due, in UTC."""
    local: str
    """When that is, in the timezone of the audience."""
    networks: tuple[str, ...]
    """The networks of these accounts, such as ``X``, ``Mastodon``."""
    on: str
    """The networks in words, with the number of accounts on each: ``X, Mastodon (12)``."""
    text: str
    """Its text on the first of these accounts."""
    notes: tuple[str, ...]
    """How it differs between these accounts, in words, such as ``in 3 parts on Mastodon``."""
    price: Decimal
    """The cost of publishing it on these accounts, in US dollars."""


@dataclass(frozen=True, slots=True)
class PostView(PostSummary):
    """A queued post at one moment, on all of its accounts."""

    number: int
    """A number that may be typed instead of the name; it never changes."""
    state: str
    """The state of all its deliveries, or ``mixed`` if they are in several."""
    word: str
    """The state in one word for people: ``out``, ``waits``, ``mixed``."""
    why: str
    """The reason for the state, if it is the same on all accounts."""
    summary: str
    """The states with their reasons: ``out on X, waits on Mastodon: its account is paused``."""
    differs: tuple[str, ...]
    """The aspects that differ between its accounts: ``time``, ``text``, ``parts``, ``media``,
    ``poll``, ``warning``."""
    price: Decimal
    """The cost of publishing it, in US dollars, without accounts on which it is dropped or
    cancelled."""
    deliveries: tuple[DeliveryView, ...]
    """Its deliveries, by network and account."""
