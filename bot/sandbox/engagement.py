"""How a simulated audience reacts to a post: a pure function of the seed, the post and its age.

Nothing here is measured on a real audience. Impressions come fast in the first hours and level
off over days, slower at night (New York time); media, threads, polls and posts that name a moment
do a little better. The other counters are shares of the impressions, so none ever falls.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_TIMELY = re.compile(r"\b(today|tonight|tomorrow|now|live|join|summit|this week)\b", re.IGNORECASE)
_HOUR = 3600.0
_DAY_FREQUENCY = 2 * math.pi / (24 * _HOUR)
_PHASE = 10 * _HOUR  # Puts the quietest hour at 8:00 UTC, 4 in the morning in New York.
_SWING = 0.75 / _DAY_FREQUENCY  # Below 1/_TURN the warped time always runs forward.
_FAST, _SLOW = 3 * _HOUR, 40 * _HOUR
_FAST_SHARE = 0.68

# Lowest and highest share of the impressions, per counter.
_RATES = {
    "likes": (0.004, 0.016),
    "reposts": (0.0012, 0.006),
    "quotes": (0.0001, 0.0008),
    "replies": (0.0003, 0.0018),
    "bookmarks": (0.0004, 0.0022),
    "link_clicks": (0.002, 0.009),
    "profile_clicks": (0.0004, 0.002),
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What the audience reacts to. ``key`` distinguishes posts that are otherwise alike."""

    key: str
    text: str
    followers: int
    media: bool = False
    link: bool = False
    poll: bool = False
    threaded: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class SimCounters:
    """Lifetime totals of a post."""

    impressions: int = 0
    likes: int = 0
    reposts: int = 0
    quotes: int = 0
    replies: int = 0
    bookmarks: int = 0
    link_clicks: int = 0
    profile_clicks: int = 0

    @property
    def engagements(self) -> int:
        """All counters but the impressions, together."""
        return int(sum(astuple(self))) - self.impressions


def simulate_counters(seed: int, traits: Traits, born: datetime, age: timedelta) -> SimCounters:
    """Return the counters of a post at an age; none falls as the age grows."""
    digest = hashlib.sha256(repr((seed, traits.key)).encode()).digest()
    rng = random.Random(digest)  # noqa: S311 - a repeatable simulation, no secret
    reach = traits.followers * rng.lognormvariate(-0.7, 0.55) * _appeal(traits)
    rates = {name: rng.uniform(*span) for name, span in _RATES.items()}
    if not traits.link:
        rates["link_clicks"] = 0.0
    impressions = int(reach * _audience_share(born, max(0.0, age.total_seconds())))
    return SimCounters(
        impressions, **{name: int(impressions * rate) for name, rate in rates.items()}
    )


def _appeal(traits: Traits) -> float:
    gains = (
        (traits.media, 1.35),
        (traits.threaded, 1.2),
        (traits.poll, 1.15),
        (bool(_TIMELY.search(traits.text)), 1.25),
        ("#" in traits.text, 1.1),
    )
    factor = math.prod(gain for holds, gain in gains if holds)
    return factor * math.pow(0.6, traits.depth)


def _audience_share(born: datetime, age: float) -> float:
    """Return the share of the final audience that has seen it: from 0 towards 1."""
    start = born.timestamp() + _PHASE
    swing = math.cos(_DAY_FREQUENCY * start) - math.cos(_DAY_FREQUENCY * (start + age))
    warped = age + _SWING * swing
    fast, slow = 1 - math.exp(-warped / _FAST), 1 - math.exp(-warped / _SLOW)
    return _FAST_SHARE * fast + (1 - _FAST_SHARE) * slow


def sum_counters(counters: list[SimCounters]) -> SimCounters:
    """Return the sum of each counter."""
    return SimCounters(*(sum(column) for column in zip(*map(astuple, counters), strict=True)))
