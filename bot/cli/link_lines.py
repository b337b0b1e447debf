"""The lines that ``groundswell share links`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bot.cli import output
from bot.link_marks import covers
from bot.share.networks import NETWORKS
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.services.views_share import MarkedLinkView

NETWORK = "NETWORK"
"""Stands in a link for each of the networks that are named before it."""


class _Shown(NamedTuple):
    """A link as it is shown, for one or more networks."""

    campaign: str
    place: str
    link: str
    counter: str
    reason: str


def link_lines(links: Sequence[MarkedLinkView]) -> Iterator[str]:
    """Yield the lines on links: where each stands, its marked form, or why it has no marks."""
    campaign = place = ""
    for shown, networks in _grouped(links).items():
        if shown.campaign != campaign:
            campaign, place = shown.campaign, ""
            yield campaign
        if shown.place != place:
            place = shown.place
            yield f"  {place}"
        yield f"    {', '.join(networks)}: {shown.link}"
        if shown.counter:
            yield f"      On the page it is {shown.counter}, which counts and leads there."
        if shown.reason:
            yield f"      Left as it is. {shown.reason}"
    yield from _summary(links)


def _grouped(links: Sequence[MarkedLinkView]) -> dict[_Shown, dict[str, None]]:
    """Return the networks of links that differ in the network alone, by these links."""
    found: dict[_Shown, dict[str, None]] = {}
    for link in links:
        address, counter = link.link, link.counter
        if not link.reason:
            address = address.replace(f"utm_source={link.network}&", f"utm_source={NETWORK}&", 1)
        if counter:
            counter = f"{counter.removesuffix(link.network)}{NETWORK}"
        shown = _Shown(link.campaign, _place(link), address, counter, link.reason)
        found.setdefault(shown, {})[link.network] = None
    return found


def _place(link: MarkedLinkView) -> str:
    where = f"{link.file}:{link.line}"
    if link.kind == "share":
        whose = f" of {link.partner}" if link.partner else ""
        return f"the share page{whose} in {link.language}, {link.name} ({where})"
    wording = f", wording {link.wording}" if link.wording else ""
    return f"{link.name}{wording} ({where})"


def _summary(links: Sequence[MarkedLinkView]) -> Iterator[str]:
    if not links:
        yield "No link stands in a post or on a share page."
        return
    left = sum(bool(link.reason) for link in links)
    marked = len(links) - left
    if marked or any(link.counter for link in links):
        yield f"{NETWORK} is the network that stands before the link."
    if marked and (pages := _unmarked_pages(links)):
        yield (
            f"Facebook and LinkedIn share the page itself. Add {join_first(pages)} to "
            "pages: under links:, and these links get marks as well."
        )
    verb = "is" if left == 1 else "are"
    yield f"{output.pluralize(len(links), 'link')}; {marked} marked, {left} {verb} left."


def _unmarked_pages(links: Sequence[MarkedLinkView]) -> list[str]:
    """Return the addresses of share pages that have no marks for networks that take no text."""
    pages: list[str] = []
    for link in links:
        network = NETWORKS.get(link.network) if link.kind == "share" and link.reason else None
        if network and not network.takes_text and not covers(pages, link.typed):
            pages.append(link.typed)
    return pages
