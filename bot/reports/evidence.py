"""The values from which every figure of a report is made."""

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
    from bot.model.arrivals import ArrivalReading

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

GroupKey = tuple[str, ...]
"""What publications are summed by, such as (campaign, demand)."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names that people use; a thing without a name is shown by its id."""

    campaigns: Mapping[str, str] = field(default_factory=dict)
    """Titles by campaign."""
    demands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Demands in words, by campaign and id, as an id is unique only within its campaign."""
    events: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Names of events, by campaign and id."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Handles by account."""
    spans: Mapping[tuple[str, str], tuple[datetime, datetime]] = field(default_factory=dict)
    """The start and end of each event, by campaign and id."""

    @classmethod
    def of(cls, campaigns: Iterable[Campaign], accounts: Iterable[Account] = ()) -> Names:
        """Return the names in campaigns and in the config."""
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
        """Return a demand's words, or "No demand" for None."""
        return self.demands.get((campaign, demand or ""), demand or "No demand")

    def event(self, campaign: str, event: str | None) -> str:
        """Return an event's name, or "No event" for None."""
        return self.events.get((campaign, event or ""), event or "No event")


def cached_per_evidence(compute: Callable[[Evidence, *Ts], T]) -> Callable[[Evidence, *Ts], T]:
    """Compute a value once for an evidence and the other arguments, as reports share many."""

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
    """Everything that a report is made from."""

    publications: Sequence[Publication]
    latest: Mapping[int, Snapshot] = field(default_factory=dict)
    """The counters known now, by publication. Those of other publications are ignored."""
    earlier: Mapping[datetime, Mapping[int, Snapshot]] = field(default_factory=dict)
    """The counters known at each instant that a report asks for, of publications read since."""
    spending: Sequence[Spending] | None = None
    """The bookings, or None if they were not asked for."""
    prices: Mapping[int, Decimal] | None = None
    """The dollars that publishing cost, by publication. They tie money to a demand, an event or a
    post, which the booking of a batch of reads cannot."""
    with_media: frozenset[int] = frozenset()
    """The publications with a picture or video."""
    deliveries: Sequence[Delivery] = ()
    """The deliveries that did not go out, and for pages those that did, as they looked."""
    votes: Mapping[int, PollVotes] = field(default_factory=dict)
    """The last known votes of polls, by publication."""
    names: Names = field(default_factory=Names)
    post_names: Mapping[PostKey, str] = field(default_factory=dict)
    """The names that a person types for posts."""
    timezone: str = "UTC"
    """The audience's timezone, in which the report writes times."""
    simulated: bool = False
    """Whether all figures come from the sandbox."""
    sandbox_accounts: Sequence[str] = ()
    """The accounts whose figures come from the sandbox."""
    since: datetime | None = None
    """Only publications from this instant on are listed."""
    until: datetime | None = None
    """Only publications before this instant are listed."""
    paused_accounts: Mapping[str, str] = field(default_factory=dict)
    """The reason why counters are not read now, by account."""
    blank_accounts: Mapping[str, datetime] = field(default_factory=dict)
    """The instant since which an account's platform has answered without any counter."""
    arrivals: ArrivalReading | None = None
    """The arrivals by marked links, or None if no web log was given."""
    campaigns: Sequence[Campaign] = ()
    """The campaigns whose arrivals are counted, with their share pages."""
    row_limit: int | None = None
    """The most rows of a table, or None for all."""
    cache: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_per_evidence
    def known_at(self, moment: datetime) -> Mapping[int, Snapshot]:
        """Return the counters known at a moment, by publication.

        Raise KeyError for a moment that is not in ``earlier``.
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
        """Return the name that a person types for a post."""
        return self.post_names.get(key, f"{key.campaign}/{key.post}")

    @cached_property
    def read(self) -> datetime | None:
        """When counters were last read, or None if never."""
        return max((latest.read for latest in self.latest.values()), default=None)

    @cached_property
    def without_impressions(self) -> frozenset[str]:
        """The accounts with engagements and no impressions, compared by engagements per post."""
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
        """The number of accounts that have published on each platform."""
        return Counter(
            platform for platform, _ in {(p.platform, p.account) for p in self.publications}
        )

    def platforms(self, accounts: Collection[str] | None = None) -> set[str]:
        """Return the platforms of the posts, or of the posts of some accounts."""
        return {p.platform for p in self.publications if accounts is None or p.account in accounts}

    @cached_property
    def platforms_with_impressions(self) -> set[str]:
        """The platforms that gave impressions of any post."""
        known = ((post.platform, self.latest.get(post.id)) for post in self.publications)
        return {name for name, read in known if read and read.counters.impressions is not None}

    @property
    def common_counter(self) -> Literal["impressions", "engagements"]:
        """The counter that orders all posts, and of which bars are drawn."""
        return "engagements" if self.without_impressions else "impressions"

    @cached_property
    def zone(self) -> ZoneInfo:
        """The audience's timezone. Raise ZoneInfoNotFoundError."""
        return ZoneInfo(self.timezone)
