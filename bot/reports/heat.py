"""When posts went out and how people took them: a map of weekday and hour, in the audience's zone.

Its colour is a post's engagement rate against what is usual for its account (the median of the
hour's posts), held back where little is known. It tells what was: posts are not dealt out to hours
by lot, and so no hour is called best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.reports.comparing import LEAST_IMPRESSIONS, LEAST_POSTS
from bot.reports.drawing import dressed, still
from bot.reports.figures import NO_DATA, count, factor, rate
from bot.reports.moments import DAYS
from bot.reports.numbers import ENGAGEMENTS, grouped

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from bot.model import Publication
    from bot.reports.evidence import Evidence
    from bot.reports.numbers import Sums

HEIGHT = 230
STATIC_WIDTH = 1180
"""Pixels. The drawing by JavaScript takes the width that it finds."""

TONES = ("well below usual", "below", "usual, or too little known", "above", "well above usual")
"""What the colours say, from the first to the last."""

NOTE = (
    "A number is how many posts went out in that hour, a thread as one. Its colour is their "
    "engagement rate against what is usual for their account, held back where little is known: a "
    f"single post has none, and the full one takes {LEAST_POSTS} posts, {LEAST_IMPRESSIONS:,} "
    "impressions, and half or twice the usual rate; with more of them, less of a difference. It "
    "tells what was, not which hour is best: what a post said matters too."
)

_SOME = 1 / 6
"""What a single post can come to at most, which is not enough for a colour."""
_FULL = 0.5
"""What the least number of posts can come to at most."""


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the week in which posts went out; ``posts`` counts a thread as one."""

    weekday: int
    hour: int
    posts: int
    impressions: int | None
    engagements: int | None
    rate: Decimal | None
    against_usual: Decimal | None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{DAYS[self.weekday]} {self.hour:02}:00"

    @property
    def tone(self) -> int:
        """Its place in ``TONES``."""
        strength = _strength(self)
        size = (abs(strength) > _SOME) + (abs(strength) >= _FULL)
        return 2 + (size if strength > 0 else -size)

    @property
    def texts(self) -> tuple[str, str, str, str, str]:
        """Its figures as written: posts, impressions, engagements, their rate, against usual."""
        return (
            count(self.posts),
            NO_DATA if self.impressions is None else count(self.impressions),
            NO_DATA if self.engagements is None else count(self.engagements),
            NO_DATA if self.rate is None else rate(self.rate),
            NO_DATA if self.against_usual is None else factor(self.against_usual),
        )


COLUMNS = ("Posts", "Impressions", "Engagements", "Engagement rate", "Against usual")
"""What ``Hour.texts`` holds."""


@dataclass(frozen=True, slots=True)
class Heat:
    """The map: its hours, what it shows in words, and its spec."""

    hours: tuple[Hour, ...]
    description: str
    spec: dict[str, Any]
    id: str = "hours"

    def svg(self) -> str:
        """Draw it."""
        return still(self.spec, self.id, STATIC_WIDTH, layers=2)


def heat(evidence: Evidence, now: datetime) -> Heat | None:
    """Give the map; None where nothing was published."""
    zone = evidence.zone

    def place(each: Publication) -> tuple[int, int]:
        local = each.published.astimezone(zone)
        return local.weekday(), local.hour

    hours = tuple(_hour(*key, sums) for key, sums in sorted(grouped(evidence, now, place).items()))
    if not hours:
        return None
    description = _describe(hours, evidence.timezone)
    return Heat(hours, description, dressed(_layers(hours), description, HEIGHT, "var(--t0)"))


def _hour(weekday: int, hour: int, sums: Sums) -> Hour:
    return Hour(
        weekday,
        hour,
        sums.wholes,
        sums.count("impressions"),
        sums.count(*ENGAGEMENTS),
        sums.per_impression(*ENGAGEMENTS),
        sums.against_usual,
    )


def _strength(hour: Hour) -> float:
    """Give how far above or below usual an hour is: 1 is twice, -1 half, and no more than that.

    It is pulled towards 0 by what is not known: by half with the least number of posts or of
    impressions that would be compared at all, whichever tells less.
    """
    if hour.against_usual is None or not hour.impressions:
        return 0.0
    far = math.log2(hour.against_usual) if hour.against_usual > 0 else -1.0
    posts = hour.posts / (hour.posts + LEAST_POSTS)
    seen = hour.impressions / (hour.impressions + LEAST_IMPRESSIONS)
    return min(posts, seen) * max(-1.0, min(far, 1.0))


def _describe(hours: tuple[Hour, ...], zone: str) -> str:
    posts = sum(each.posts for each in hours)
    most = max(each.posts for each in hours)
    busiest = ", ".join([each.name for each in hours if each.posts == most][:3])
    return (
        f"Heat map: posts by weekday and hour of publication, in {zone}. {count(posts)} in "
        f"{len(hours)} hours of the week; the most in one hour are {most} ({busiest}). "
        "Its figures are in the table below it."
    )


def _layers(hours: tuple[Hour, ...]) -> Any:
    import altair as alt

    rows = [
        {"day": DAYS[each.weekday], "hour": each.hour, "tone": each.tone, "name": each.name}
        | dict(zip(_fields(), each.texts, strict=True))
        for each in hours
    ]
    places = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("hour:O", title=None, scale=_scale(range(24)), axis=_axis()),
        y=alt.Y(
            "day:N",
            title=None,
            scale=_scale(DAYS),
            axis=alt.Axis(domain=False, labelExpr="slice(datum.value, 0, 3)"),
        ),
    )
    colors = [f"var(--t{each})" for each in range(1, len(TONES) + 1)]
    tips = [alt.Tooltip("name:N", title="Hour")]
    tips += [alt.Tooltip(f"{f}:N", title=n) for f, n in zip(_fields(), COLUMNS, strict=True)]
    tiles = places.mark_rect(cornerRadius=5, aria=False).encode(
        color=alt.Color(
            "tone:O",
            scale=alt.Scale(domain=list(range(len(TONES))), range=colors),
            legend=None,
        ),
        tooltip=tips,
    )
    numbers = places.mark_text(fontSize=12, fill="var(--ink)", aria=False, tooltip=None).encode(
        text="f0:N"
    )
    return alt.layer(tiles, numbers)


def _fields() -> list[str]:
    return [f"f{n}" for n in range(len(COLUMNS))]


def _scale(domain: Any) -> Any:
    import altair as alt

    return alt.Scale(domain=list(domain), paddingInner=0.08, paddingOuter=0.04)


def _axis() -> Any:
    import altair as alt

    return alt.Axis(labelAngle=0, labelExpr="datum.value < 10 ? '0' + datum.value : datum.value")
