"""The button of a network for a wording, and whether the text fits there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.share.content import Button
from bot.share.links import PageLinks
from bot.share.networks import NETWORKS, plain_lines
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Campaign
    from bot.model.share import SharePage, ShareWording
    from bot.share.networks import Network


def make_button(network: Network, text: str, link: str, subject: str) -> Button:
    """Return the button; without an address, if the text does not fit there with its link."""
    text = plain_lines(text)
    template = network.template(link, subject)
    extra = network.link_length(link, subject)
    length = network.length(text) + extra
    fits = network.limit is None or length <= network.limit
    address = network.fill(template, text) if fits else ""
    return Button(network, address, template, length, extra)


def too_long_reason(button: Button) -> str:
    """Return the reason that a text does not fit, in a sentence, or "" if it does."""
    limit = button.network.limit
    if limit is None or button.length <= limit:
        return ""
    unit = "bytes" if button.network.counting == "bytes" else "characters"
    return f"With its link it has {button.length:,} of {limit:,} {unit} there."


def find_too_long(campaign: Campaign) -> Iterator[Problem]:
    """Yield the wordings that have a button on no network with a limit.

    A wording that is too long for some networks only has buttons on the others.
    """
    if (page := campaign.share) is None:
        return
    for wording in page.wordings:
        if over := _too_long(campaign, page, wording):
            message = "With its link, the wording is too long for every network that has a limit: "
            message += f"{join_first(over, 9)}."
            hint = "Shorten it: 250 characters fit everywhere."
            yield Problem(*wording.mark, "H303", message, hint)


def _too_long(campaign: Campaign, page: SharePage, wording: ShareWording) -> list[str]:
    """Return the length on each network, or nothing if the wording fits one of them."""
    links = PageLinks(campaign, page, page.partners.get(wording.partner or ""))
    language = next(item for item in page.languages if item.language == wording.language)
    subject = language.subject or language.title
    over = []
    for network in NETWORKS.values():
        if not network.takes_text or network.limit is None:
            continue
        shown = links.make(network.id, wording, wording.language).shown
        button = make_button(network, wording.text, shown, subject)
        if button.address:
            return []
        name = network.name or "mail"
        unit = " bytes" if network.counting == "bytes" else ""
        over.append(f"{name} {button.length:,} of {network.limit:,}{unit}")
    return over
