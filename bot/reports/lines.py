"""Lines and sections of the first screen, and a post as such a line. Pure.

A post is one line, whatever the number of its accounts. Beneath it stands a line for each account,
as rates and medians are those of one account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.reports.medians import describe_multiple
from bot.reports.table import (
    NO_DATA,
    format_count,
    format_rate,
    join_words,
    one_line,
    platform_name,
)

if TYPE_CHECKING:
    from bot.model import Publication
    from bot.reports.evidence import Evidence
    from bot.reports.moved import MovedOn, MovedPost
    from bot.reports.period import Gains

POST_LENGTH, DEMAND_LENGTH = 60, 60
"""At most so many characters of a post's text, and of what a demand asks for."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a section."""

    text: str
    url: str = ""
    """The address of the post that it is about, or ""."""
    command: str = ""
    """The command that settles it, or ""."""
    on: tuple[Line, ...] = ()
    """Of a post on several accounts, a line for each."""


@dataclass(frozen=True, slots=True)
class Section:
    """Some lines under a title."""

    id: str
    title: str
    lines: tuple[Line, ...]
    ordered: bool = False
    """Whether the first is the best."""
    head: str = ""
    """How they are ordered, which stands before them."""
    note: str = ""
    """What stands below them."""
    detail: str = ""
    """What stands below that, and is folded on the page."""


def describe_post(evidence: Evidence, post: MovedPost) -> Line:
    """Describe a post: its words, what it gained, how that compares, its name, and where it is."""
    first = post.first
    demand = evidence.names.demand(first.campaign, first.demand) if first.demand else ""
    ask = f"for “{one_line(demand, DEMAND_LENGTH)}”" if demand else "without a demand"
    said, name = f"“{one_line(first.text, POST_LENGTH)}”", evidence.post_name(post.key)
    if len(post.on) > 1:
        on = tuple(_describe_on(evidence, moved) for moved in post.on)
        together = count_engagements(post.gained)
        about = [said, together, describe_outcome(evidence, post), ask, name]
        return Line(" · ".join(filter(None, about)), on=on)
    [alone] = post.on
    several = len({of.account for of in evidence.publications}) > 1
    about = [said, *_figures(alone), *filter(None, [describe_outcome(evidence, post)]), ask]
    about += [account_label(evidence, first)] * several + [name]
    return Line(" · ".join(about), "" if first.gone else first.url)


def describe_outcome(evidence: Evidence, post: MovedPost) -> str:
    """Say where a post moved more or fewer people than usual, or seems to be below it; or ""."""
    if len(post.on) > 1:
        found = []
        for direction, words in (("more", "more than usual"), ("less", "fewer than usual")):
            on = [moved for moved in post.on if moved.multiple.direction == direction]
            where = join_words([account_label(evidence, moved.first) for moved in on])
            found += [f"{words} on {where}"] * bool(on)
        if found:
            return ", ".join(found)
    if post.seems_below:
        everywhere = " on every network" if len(post.multiples) > 1 else ""
        return f"below your median{everywhere}, which may be chance"
    return ""


def _describe_on(evidence: Evidence, moved: MovedOn) -> Line:
    where = account_label(evidence, moved.first)
    url = "" if moved.first.gone else moved.first.url
    return Line(f"{where}: {' · '.join(_figures(moved))}", url)


def _figures(moved: MovedOn) -> list[str]:
    """Return what a post gained on an account, and how that compares there."""
    return [
        count_engagements(moved.gained),
        *[f"rate {format_rate(rate)}" for rate in [moved.gained.rate] if rate is not None],
        describe_multiple(moved.multiple),
        *["deleted since"] * any(part.gone for part in moved.parts),
    ]


def account_label(evidence: Evidence, of: Publication) -> str:
    """Return where something was published: the network, with the account if it has several."""
    network = platform_name(of.platform)
    if evidence.accounts_on[of.platform] == 1:
        return network
    return f"{evidence.names.account(of.account)} on {network}"


def count_engagements(gained: Gains) -> str:
    """Write how often people engaged, with its noun: ``1 engagement``, or ``no data``."""
    engaged = describe_engagements(gained)
    if engaged == NO_DATA:
        return "no data"
    return f"{engaged} engagement{'s' * (gained.engagements != 1)}"


def describe_engagements(gained: Gains) -> str:
    """Write how often people engaged: where posts were not read, at least so often, or no data."""
    if not gained.unread:
        return format_count(gained.engagements)
    return f"at least {format_count(gained.engagements)}" if gained.engagements else NO_DATA
