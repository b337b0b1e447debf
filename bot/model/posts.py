"""A post at one moment, with its deliveries by account, as people plan, approve and count it.

``Post`` of ``bot.model.campaign`` is an entry of the campaign files, and the machine sends a
``Delivery``. Between them stands the post that a person thinks of, *the post about the hearing*.
That is one entry at one moment (a time, an event, a queue slot, or one day of a recurrence), on all
of its accounts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from bot.model.campaign import ScheduleKind
from bot.model.delivery import Delivery, Occurrence, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.model.people import Scope

O = TypeVar("O", bound=Occurrence)  # noqa: E741 - an occurrence, or a delivery of one

OVER = frozenset({State.CANCELLED, State.DROPPED})
"""The states of a delivery that was taken out of its post."""


class OfPost(Protocol):
    """An occurrence, a delivery or a publication of a post."""

    @property
    def campaign(self) -> str:
        """The campaign's id."""

    @property
    def post(self) -> str:
        """The post's id in its campaign."""

    @property
    def label(self) -> str:
        """The schedule's name for the moment."""


class PostKey(NamedTuple):
    """The campaign, post and moment that all deliveries of a post have in common."""

    campaign: str
    post: str
    label: str
    """The schedule's name for the moment; see ``Moment``."""

    @classmethod
    def of(cls, member: OfPost) -> PostKey:
        """Return the key of the post that an occurrence, delivery or publication belongs to."""
        return cls(member.campaign, member.post, member.label)


@dataclass(frozen=True, slots=True)
class PlannedPost(Generic[O]):
    """A post at one moment, with its occurrences or deliveries, one for each account."""

    key: PostKey
    name: str
    """The name that a person types, such as ``hearing/reminder``, or
    ``hearing/reminder@2026-12-04`` if the post has several moments."""
    deliveries: tuple[O, ...]
    """By network and account."""

    @property
    def due(self) -> datetime:
        """When the first of its deliveries is due that nobody has cancelled or dropped."""
        times = [of.due for of in self.deliveries if getattr(of, "state", None) not in OVER]
        return min(times or [of.due for of in self.deliveries])

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that it is on."""
        return tuple(dict.fromkeys(of.account for of in self.deliveries))


def post_number(post: PlannedPost[Delivery]) -> int:
    """Return the number of a queued post, which is that of its first delivery."""
    return min(delivery.id for delivery in post.deliveries)


def count_keys(keys: Iterable[str]) -> int:
    """Return how many posts deliveries with these keys belong to."""
    parts = (key.split("/") for key in keys)  # campaign, post, account, label
    return len({(*found[:2], *found[3:]) for found in parts})


def visible(occurrences: Iterable[O], scope: Scope) -> list[O]:
    """Return the occurrences or deliveries that are in the scope."""
    return [of for of in occurrences if scope.sees(of.campaign, of.account)]


def group_posts(
    occurrences: Iterable[O], siblings: Iterable[Occurrence] = ()
) -> list[PlannedPost[O]]:
    """Return the posts of these occurrences or deliveries, the next due first.

    ``siblings`` has other moments of the same posts, from which the names differ as well.
    """
    groups: dict[PostKey, list[O]] = defaultdict(list)
    for occurrence in occurrences:
        groups[PostKey.of(occurrence)].append(occurrence)
    names = name_posts([*(of for group in groups.values() for of in group), *siblings])
    posts = [
        PlannedPost(key, names[key], tuple(sorted(group, key=lambda of: (of.platform, of.account))))
        for key, group in groups.items()
    ]
    return sorted(posts, key=lambda post: (post.due, post.name))


def name_posts(occurrences: Iterable[Occurrence]) -> dict[PostKey, str]:
    """Return the name of each post among these occurrences, by its key; see ``name_moments``."""
    return name_moments({PostKey.of(occurrence): occurrence.kind for occurrence in occurrences})


def name_moments(kinds: Mapping[PostKey, ScheduleKind]) -> dict[PostKey, str]:
    """Return the name of each post, given the keys of all posts with the kinds of their ``when``.

    A recurring post's name has its local date, and the time only if it comes twice that day. The
    name of any other has its label, such as the event's id, only if the post has several.
    """
    moments: dict[tuple[str, str], list[str]] = defaultdict(list)
    days: dict[tuple[str, str, str], int] = defaultdict(int)
    for campaign, post, label in kinds:
        moments[campaign, post].append(label)
        days[campaign, post, label.partition("T")[0]] += 1
    names = {}
    for key, kind in kinds.items():
        campaign, post, label = key
        recurring = kind is ScheduleKind.EVERY
        day = label.partition("T")[0]
        moment = label
        if recurring and days[campaign, post, day] == 1:
            moment = day
        elif not recurring and len(moments[campaign, post]) == 1:
            moment = ""
        names[key] = f"{campaign}/{post}" + (f"@{moment}" if moment else "")
    return names
