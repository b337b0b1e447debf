"""The lines that ``groundswell share links`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.services.views_share import MarkedLinkView

NETWORK = "NETWORK"
"""Stands in a link for each of the networks that are named before it."""


def link_lines(links: Sequence[MarkedLinkView]) -> Iterator[str]:
    """Yield the lines on links: where each stands, its marked form, or why it has no marks."""
    campaign = place = ""
    for (of_campaign, of_place, link, reason), networks in _grouped(links).items():
        if of_campaign != campaign:
            campaign, place = of_campaign, ""
            yield campaign
        if of_place != place:
            place = of_place
            yield f"  {place}"
        yield f"    {', '.join(networks)}: {link}"
        if reason:
            yield f"      Left as it is. {reason}"
    yield from _summary(links)


def _grouped(
    links: Sequence[MarkedLinkView],
) -> dict[tuple[str, str, str, str], dict[str, None]]:
    """Return the networks of links that differ in the network alone, by these links."""
    found: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for link in links:
        shown = link.link
        if not link.reason:
            shown = shown.replace(f"utm_source={link.network}&", f"utm_source={NETWORK}&", 1)
        networks = found.setdefault((link.campaign, _place(link), shown, link.reason), {})
        networks[link.network] = None
    return found


def _place(link: MarkedLinkView) -> str:
    where = f"{link.file}:{link.line}"
    if link.kind == "share":
        page = f"the share page of {link.partner}" if link.partner else "the share page"
        return f"{page}, {link.name} ({where})"
    wording = f", wording {link.wording}" if link.wording else ""
    return f"{link.name}{wording} ({where})"


def _summary(links: Sequence[MarkedLinkView]) -> Iterator[str]:
    if not links:
        yield "No link stands in a post or on a share page."
        return
    left = sum(bool(link.reason) for link in links)
    marked = len(links) - left
    if marked:
        yield f"{NETWORK} is the network that stands before the link."
    verb = "is" if left == 1 else "are"
    yield f"{output.pluralize(len(links), 'link')}; {marked} marked, {left} {verb} left."
