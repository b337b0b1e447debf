"""Views of everything about one post at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.errors import Problem
from bot.services.views import PartView, PlannedDelivery
from bot.services.views_approval import (
    AllowedView,
    ApprovalView,
    ChangeView,
    FactView,
    StatementView,
)
from bot.services.views_queue import AttemptView
from bot.services.views_running import LogRow


@dataclass(frozen=True, slots=True)
class CropView:
    """The part of a picture that a wide crop shows around its focal point, in pixels."""

    width: int
    """The width of the whole picture."""
    height: int
    """The height of the whole picture."""
    x: int
    """The left side of the crop."""
    y: int
    """The upper side of the crop."""
    crop_width: int
    """The width of the crop."""
    crop_height: int
    """The height of the crop."""


@dataclass(frozen=True, slots=True)
class AttachedView:
    """A picture or film of a post, as it will be sent."""

    path: str
    """The file's name with its folder, as in ``MediaView``."""
    digest: str
    """The sha256, in hex, of the bytes that are sent."""
    delivery: int | None
    """The number of a delivery that has it; None if the post is not queued yet."""
    bytes: int
    """The size of what is sent."""
    is_film: bool
    crop: CropView | None
    """Its wide crop; None if it has no focal point, or its size is not known."""


@dataclass(frozen=True, slots=True)
class ShownPart:
    """One part of a thread, or a whole post, on the accounts that say the same."""

    part: PartView
    """The part. Its length has the count of each network."""
    attached: tuple[AttachedView, ...]
    """Its pictures and films, in the order of ``part.media``."""
    no_card: str
    """Why its link has no card, or who makes the card; "" if it shows one or has no link."""


@dataclass(frozen=True, slots=True)
class PublishedView:
    """A part that is out, with its counters as they were last read."""

    number: int
    """The number of the part, from 1 on."""
    url: str
    """Its address; "" if a click must not open it."""
    at: str
    """When it was published, in the timezone of its audience."""
    gone: str
    """When it was found deleted, in the same timezone; "" if it was not."""
    counts: tuple[tuple[str, str], ...]
    """The known counters, each with its name for people."""
    votes: tuple[tuple[str, str], ...]
    """The votes of its poll by option."""
    read: str
    """When the counters were last read, in the same timezone; "" if they never were."""
    fell: str
    """The counters that were lower at some reading than at the one before, in words."""


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """An approval of the version that is shown here."""

    who: str
    at: datetime
    """When, in UTC."""
    on: str
    """The places that it is for; "" if those are all places of the post."""


@dataclass(frozen=True, slots=True)
class PostPlace:
    """A post on one account."""

    delivery: PlannedDelivery
    """The post there, as it is queued or planned."""
    place: str
    """The account's network, or its name if the post is on several accounts there."""
    handle: str
    """The handle on the platform; "" if the config does not have the account."""
    word: str
    """Its state in one word: ``out``, ``waits``, ``planned``."""
    why: str
    """Why it is in its state, or waits; "" if it only waits for its time."""
    source: str
    """The place of its entry in the files, such as ``posts/hart.yaml:12``; "" if unknown."""
    published: tuple[PublishedView, ...]
    """Its parts that are out."""
    totals: tuple[tuple[str, str], ...]
    """The known counters of all its parts together, if it has several."""

    @property
    def account(self) -> str:
        """The account's name."""
        return self.delivery.account

    @property
    def network(self) -> str:
        """The name that people use for the platform."""
        return self.delivery.network


@dataclass(frozen=True, slots=True)
class PostVersion:
    """One version of a post, on the accounts that say the same."""

    on: str
    """The places in words: ``X and Bluesky``."""
    places: tuple[PostPlace, ...]
    """These accounts, by network and name."""
    parts: tuple[ShownPart, ...]
    """The parts of a thread, or the whole post as one part."""
    warning: str
    """The content warning before its text; "" if it has none."""
    language: str
    """The code of its language, such as ``en``; "" if none is set."""
    labels: tuple[str, ...]
    """Its content labels, such as ``nudity``."""
    may_reply: str
    """Who may reply: ``everyone``, or only people whom the account follows or mentions."""
    differs: tuple[ChangeView, ...]
    """The differences from the first version; empty for that one."""


@dataclass(frozen=True, slots=True)
class OtherMoment:
    """Another moment of the same post."""

    label: str
    """The schedule's name for it; see ``PostKey``."""
    local: str
    """When it is due, in the timezone of the audience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage:
    """Everything about one post at one moment, as far as a person may see it."""

    name: str
    """The name that a person types, such as ``library-hours/evening@2026-12-04``."""
    campaign: str
    post: str
    label: str
    """The schedule's name for the moment; see ``PostKey``."""
    number: int | None
    """A number that may be typed instead of the name; None if the post is not queued yet."""
    title: str
    """The campaign's title; its id if the files cannot be read."""
    demand: str
    """What the demand that it supports asks for; "" if it supports none."""
    event: str
    """The event that it is about, with its place; "" if it is about none."""
    due: datetime
    """When the first of its deliveries is due, in UTC."""
    local: str
    """When that is, in the timezone of the audience."""
    timezone: str
    """That timezone."""
    word: str
    """The state in one word for people: ``out``, ``waits``, ``planned``, ``mixed``."""
    summary: str
    """The states with their reasons: ``out on X, waits on Mastodon: its account is paused``."""
    on: str
    """The networks in words, with the number of accounts on each: ``X, Mastodon (12)``."""
    frequency: str
    """How often the post comes, such as ``7 times a week``; "" if it does not recur."""
    author: str
    """The author, if the files name one."""
    price: Decimal
    """The cost of publishing it, in US dollars."""
    versions: tuple[PostVersion, ...]
    """Its versions; accounts that say the same share one."""
    problems: tuple[Problem, ...]
    """Everything that ``check`` says of this post, and of the sources that it uses."""
    notes: tuple[str, ...]
    """Differences between files and queue, and other reasons that hold it."""
    facts: tuple[FactView, ...]
    """The facts of the campaign that it uses."""
    statements: tuple[StatementView, ...]
    """The statements of the campaign that it uses."""
    allowed: tuple[AllowedView, ...]
    """The broken rules in it that comments in the files allow."""
    waiting: tuple[ApprovalView, ...]
    """The versions that wait for approval, with all that changed since the last approval. If the
    post recurs, a decision is for all of its times."""
    refused: tuple[ApprovalView, ...]
    """The versions that somebody has refused, with the reasons."""
    to_send: str
    """The name of exactly the versions that are still to be sent; "" if there are none."""
    decided_elsewhere: bool
    """Whether people decide about one of its versions together with versions of other moments."""
    approvals: tuple[GivenApproval, ...]
    """The approvals of these versions, oldest first."""
    history: tuple[LogRow, ...]
    """The records of the audit log about this post, oldest first."""
    attempts: tuple[AttemptView, ...]
    """The attempts to send it, by account and oldest first."""
    earlier: OtherMoment | None
    """The queued moment before this one."""
    later: OtherMoment | None
    """The queued moment after this one."""
