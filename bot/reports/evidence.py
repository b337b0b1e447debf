"""The plain values that every figure of a report is made from."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property, wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, TypeVar, TypeVarTuple
from zoneinfo import ZoneInfo

from bot.model import PostKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.model import (
        Account,
        Campaign,
        Delivery,
        PollVotes,
        Publication,
        Snapshot,
        Spending,
    )

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

GroupKey = tuple[str, ...]
"""What publications are summed by, such as (campaign, demand)."""


@dataclass(frozen=True, slots=True)
class Names:
    """What people call things; whatever has no name here is shown by its id.

    Demands and events are named by (campaign, id), as their ids are unique only within a campaign;
    ``spans`` holds the start and end of each event.
    """

    campaigns: Mapping[str, str] = field(default_factory=dict)
    demands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    events: Mapping[tuple[str, str], str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    spans: Mapping[tuple[str, str], tuple[datetime, datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, campaigns: Iterable[Campaign], accounts: Iterable[Account] = ()) -> Names:
        """Take titles, demands, event names and handles from what the YAML and the config say."""
        campaigns = list(campaigns)
        events = {(c.id, event.id): event for c in campaigns for event in c.events.values()}
        return cls(
            {campaign.id: campaign.title for campaign in campaigns},
            {(c.id, demand.id): demand.ask for c in campaigns for demand in c.demands.values()},
            {key: event.name for key, event in events.items()},
            {
                account.name: f"@{account.handle.removeprefix('@')}"
                for account in accounts
                if account.handle
            },
            {key: (event.starts, event.ends) for key, event in events.items()},
        )

    def campaign(self, campaign: str) -> str:
        """Return a campaign's title."""
        return self.campaigns.get(campaign, campaign)

    def account(self, account: str) -> str:
        """Return an account's handle."""
        return self.accounts.get(account, account)

    def demand(self, campaign: str, demand: str | None) -> str:
        """Return what a demand asks for; of a post without one, that it has none."""
        return self.demands.get((campaign, demand or ""), demand or "No demand")

    def event(self, campaign: str, event: str | None) -> str:
        """Return an event's name; of a post without one, that it has none."""
        return self.events.get((campaign, event or ""), event or "No event")


def cached_per_evidence(compute: Callable[[Evidence, *Ts], T]) -> Callable[[Evidence, *Ts], T]:
    """Compute a value once for an evidence and the further arguments: reports share much."""

    @wraps(compute)
    def cached(evidence: Evidence, *args: *Ts) -> T:
        key = (compute, *args)
        if key not in evidence.cache:
            evidence.cache[key] = compute(evidence, *args)
        value: T = evidence.cache[key]
        return value

    return cached


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything a report may draw on.

    ``latest`` is what is known now, by publication. ``earlier`` is what was known at each instant
    that a report may ask about, but only of publications read since: for the others, ``latest``
    holds. Counters of publications that are not listed are ignored. ``spending`` is what was
    booked, None where nobody asked for it. ``prices`` is what publishing cost in dollars, by
    publication id: it ties money to a demand, an event or a post, which the booking of a batch of
    reads cannot. ``with_media`` are the
    publications with a picture or video. ``deliveries`` add what did not go out and how posts
    looked. ``votes`` are the last known ones of polls, by publication. ``timezone`` is the
    audience's, in which people read the times of the report. ``simulated`` says that all figures
    come from the sandbox, ``sandbox_accounts`` names the accounts whose figures do. With ``since``
    or ``until``, only what went out from the one up to the other is listed. ``paused_accounts``
    holds by account why its counters are not read now. ``row_limit`` is how many rows of a table
    are wanted, None for all.
    """

    publications: Sequence[Publication]
    latest: Mapping[int, Snapshot] = field(default_factory=dict)
    earlier: Mapping[datetime, Mapping[int, Snapshot]] = field(default_factory=dict)
    spending: Sequence[Spending] | None = None
    prices: Mapping[int, Decimal] | None = None
    with_media: frozenset[int] = frozenset()
    deliveries: Sequence[Delivery] = ()
    votes: Mapping[int, PollVotes] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    post_names: Mapping[PostKey, str] = field(default_factory=dict)
    """What a person types for each post."""
    timezone: str = "UTC"
    simulated: bool = False
    sandbox_accounts: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    paused_accounts: Mapping[str, str] = field(default_factory=dict)
    blank_accounts: Mapping[str, datetime] = field(default_factory=dict)
    """Since when an account's platform answers, and gives no counter of any post."""
    row_limit: int | None = None
    cache: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_per_evidence
    def known_at(self, moment: datetime) -> Mapping[int, Snapshot]:
        """Return what was known at a moment, of each publication that had been read by then.

        Only the moments in ``earlier`` can be asked for. Raise KeyError.
        """
        unchanged = {id_: known for id_, known in self.latest.items() if known.read <= moment}
        return {**unchanged, **self.earlier[moment]} if self.latest else {}

    @cached_property
    def parts(self) -> Mapping[int, list[Publication]]:
        """The publications of each delivery, in the order of its parts."""
        parts: dict[int, list[Publication]] = defaultdict(list)
        for publication in sorted(self.publications, key=attrgetter("part")):
            parts[publication.delivery].append(publication)
        return dict(parts)

    @cached_property
    def posts(self) -> Mapping[PostKey, list[int]]:
        """The deliveries of each post that is out on any account."""
        posts: dict[PostKey, list[int]] = defaultdict(list)
        for delivery, parts in self.parts.items():
            posts[PostKey.of(parts[0])].append(delivery)
        return dict(posts)

    def post_name(self, key: PostKey) -> str:
        """Return what a person types for a post."""
        return self.post_names.get(key, f"{key.campaign}/{key.post}")

    @cached_property
    def read(self) -> datetime | None:
        """When counters were last read, or None if they never were."""
        return max((latest.read for latest in self.latest.values()), default=None)

    @cached_property
    def without_impressions(self) -> frozenset[str]:
        """The accounts with known engagements whose platform gave impressions of no post.

        They go by engagements per post, the others by engagements per impression.
        """
        engaged, shown = set[str](), set[str]()
        for post in self.publications:
            counters = self.latest[post.id].counters if post.id in self.latest else None
            if counters and counters.impressions is not None:
                shown.add(post.account)
            elif counters and post.account not in engaged and counters.engagements is not None:
                engaged.add(post.account)
        return frozenset(engaged - shown)

    @cached_property
    def accounts_on(self) -> Mapping[str, int]:
        """How many accounts have published on each platform."""
        return Counter(
            platform for platform, _ in {(p.platform, p.account) for p in self.publications}
        )

    def platforms(self, accounts: Collection[str] | None = None) -> set[str]:
        """Return the platforms of its posts, or of those of some accounts."""
        return {p.platform for p in self.publications if accounts is None or p.account in accounts}

    @cached_property
    def platforms_with_impressions(self) -> set[str]:
        """The platforms that gave impressions of any of its posts."""
        known = ((post.platform, self.latest.get(post.id)) for post in self.publications)
        return {name for name, read in known if read and read.counters.impressions is not None}

    @property
    def common_counter(self) -> Literal["impressions", "engagements"]:
        """What all its posts can be ordered by, and their bars be drawn of."""
        return "engagements" if self.without_impressions else "impressions"

    @cached_property
    def zone(self) -> ZoneInfo:
        """The audience's timezone. Raise ZoneInfoNotFoundError."""
        return ZoneInfo(self.timezone)
