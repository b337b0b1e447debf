"""Views of the versions of a post, each with the accounts that say the same."""

from __future__ import annotations

from dataclasses import dataclass

from bot.services.views import PartView, PlannedDelivery
from bot.services.views_approval import ChangeView


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
