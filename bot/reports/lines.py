"""Lines and sections of the first screen, and a post as a line.

A post on several accounts is one line with a line for each account below it, because rates and
medians belong to one account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model.post_words import platform_name
from bot.reports.medians import describe_multiple
from bot.reports.table import (
    NO_DATA,
    format_count,
    format_rate,
    one_line,
)
from bot.text import join_words

if TYPE_CHECKING:
    from bot.model import Publication
    from bot.reports.evidence import Evidence
    from bot.reports.moved import MovedOn, MovedPost
    from bot.reports.period import Gains

POST_LENGTH, DEMAND_LENGTH = 60, 60
"""Most characters of a post's text, and of a demand's words."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a section."""

    text: str
    url: str = ""
    """The address of the line's post, or ""."""
    command: str = ""
    """The words for a technician, with the command that settles the matter, or ""."""
    page: str = ""
    """The address of the page of the control room about the matter, or ""."""
    on: tuple[Line, ...] = ()
    """A line for each account, if the line is about a post on several."""


@dataclass(frozen=True, slots=True)
class Section:
    """Some lines under a title."""

    id: str
    title: str
    lines: tuple[Line, ...]
    ordered: bool = False
    """Whether the lines are numbered, the best first."""
    head: str = ""
    """A sentence above the lines."""
    note: str = ""
    """Sentences below the lines."""
    detail: str = ""
    """Sentences below the note, folded on the page."""


def describe_post(evidence: Evidence, post: MovedPost) -> Line:
    """Return a line on a post, with its words, gains, comparison, demand, name and address."""
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
    account = account_label(evidence, first) if several else ""
    about = [said, *_figures(alone), describe_outcome(evidence, post), ask, account, name]
    return Line(" · ".join(filter(None, about)), "" if first.gone else first.url)


def describe_outcome(evidence: Evidence, post: MovedPost) -> str:
    """Return on which of several accounts a post did better or worse than usual, in words.

    Or say that it seems to be below usual. Return "" if there is nothing to say.
    """
    if len(post.on) > 1:
        found = []
        for direction, words in (("more", "more than usual"), ("less", "fewer than usual")):
            on = [moved for moved in post.on if moved.multiple.direction == direction]
            if on:
                accounts = join_words([account_label(evidence, moved.first) for moved in on])
                found.append(f"{words} on {accounts}")
        if found:
            return ", ".join(found)
    if post.seems_below:
        everywhere = " on every network" if len(post.multiples) > 1 else ""
        return f"below your median{everywhere}, which may be chance"
    return ""


def _describe_on(evidence: Evidence, moved: MovedOn) -> Line:
    account = account_label(evidence, moved.first)
    url = "" if moved.first.gone else moved.first.url
    return Line(f"{account}: {' · '.join(_figures(moved))}", url)


def _figures(moved: MovedOn) -> list[str]:
    """Return a post's gains on an account, and how they compare with the account's other posts."""
    figures = [count_engagements(moved.gained)]
    if moved.gained.rate is not None:
        figures.append(f"rate {format_rate(moved.gained.rate)}")
    figures.append(describe_multiple(moved.multiple))
    if any(part.gone for part in moved.parts):
        figures.append("deleted since")
    return figures


def account_label(evidence: Evidence, of: Publication) -> str:
    """Return the network of a publication, with the account if the network has several."""
    network = platform_name(of.platform)
    if evidence.accounts_on[of.platform] == 1:
        return network
    return f"{evidence.names.account(of.account)} on {network}"


def count_engagements(gained: Gains) -> str:
    """Return how often people engaged, such as ``1 engagement`` or ``no data``."""
    engaged = describe_engagements(gained)
    if engaged == NO_DATA:
        return "no data"
    return f"{engaged} {'engagement' if gained.engagements == 1 else 'engagements'}"


def describe_engagements(gained: Gains) -> str:
    """Return how often people engaged, "at least" so often if some posts were not read."""
    if not gained.unread:
        return format_count(gained.engagements)
    return f"at least {format_count(gained.engagements)}" if gained.engagements else NO_DATA
