"""The counters and votes of a simulated audience, for a post at any age. Pure.

Nothing here is measured on a real audience. Impressions come fast in the first hours and level off
over days, slower at night (New York time). Media, threads, polls and posts that name a moment do a
little better. The other counters, and the votes in a poll until it ends, are shares of the
impressions. None ever falls.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from bot.sandbox.state import SimCounters

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.sandbox.state import SimPost

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
_VOTE_RATE = (0.004, 0.02)  # Lowest and highest share of the impressions, per option of a poll.


def simulate_counters(seed: object, post: SimPost, age: timedelta) -> SimCounters:
    """Return the counters of a post at an age."""
    rng = _random_for(seed, post)
    gains = (
        (bool(post.media), 1.35),
        (post.has_replies and post.depth == 0, 1.2),
        (post.poll is not None, 1.15),
        (bool(_TIMELY.search(post.raw)), 1.25),
        ("#" in post.raw, 1.1),
    )
    appeal = math.prod(gain for holds, gain in gains if holds) * math.pow(0.6, post.depth)
    reach = post.author.followers * rng.lognormvariate(-0.7, 0.55) * appeal
    rates = {name: rng.uniform(*span) for name, span in _RATES.items()}
    if not post.has_link:
        rates["link_clicks"] = 0.0
    impressions = int(reach * _audience_share(post.created, max(0.0, age.total_seconds())))
    return SimCounters(
        impressions, **{name: int(impressions * rate) for name, rate in rates.items()}
    )


def simulate_votes(seed: object, post: SimPost, age: timedelta) -> tuple[int, ...]:
    """Return the votes of each option of a post's poll at an age, or none without a poll."""
    if post.poll is None:
        return ()
    # A reply that comes after the poll's end brings no vote.
    alone = replace(post, has_replies=False)
    until = min(age, post.poll.ends - post.created)
    impressions = simulate_counters(seed, alone, until).impressions
    rng = _random_for(seed, post, "votes")
    return tuple(int(impressions * rng.uniform(*_VOTE_RATE)) for _ in post.poll.options)


def _random_for(seed: object, post: SimPost, *purpose: str) -> random.Random:
    """Return the chance that decides how the audience reacts to a post.

    It depends on neither id nor clock. The same posts have the same audience in another world.
    """
    key = f"{post.author.handle}/{post.repeat_number}/{post.raw}/{len(post.media)}"
    digest = hashlib.sha256(repr((seed, key, *purpose)).encode()).digest()
    return random.Random(digest)  # noqa: S311 - a repeatable simulation, no secret


def _audience_share(born: datetime, age: float) -> float:
    """Return the share of the final audience that has seen a post, from 0 towards 1."""
    start = born.timestamp() + _PHASE
    swing = math.cos(_DAY_FREQUENCY * start) - math.cos(_DAY_FREQUENCY * (start + age))
    warped = age + _SWING * swing
    fast, slow = 1 - math.exp(-warped / _FAST), 1 - math.exp(-warped / _SLOW)
    return _FAST_SHARE * fast + (1 - _FAST_SHARE) * slow


def sum_counters(counters: list[SimCounters]) -> SimCounters:
    """Return the sum of each counter."""
    return SimCounters(*(sum(column) for column in zip(*map(astuple, counters), strict=True)))
