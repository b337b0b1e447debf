"""Find wordings that are too long for every network. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.link_marks import mark_link, share_values
from bot.share.networks import NETWORKS
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Campaign
    from bot.model.share import SharePage, ShareWording


def find_too_long(campaign: Campaign) -> Iterator[Problem]:
    """Yield the wordings that have a button on no network with a limit.

    A wording that is too long for some networks only has buttons on the others.
    """
    page = campaign.share
    for wording in page.wordings if page else ():
        assert page
        if over := _too_long(campaign, page, wording):
            message = "With its link, the wording is too long for every network that has a limit: "
            message += f"{join_first(over, 9)}."
            hint = "Shorten it: 250 characters fit everywhere."
            yield Problem(*wording.mark, "H303", message, hint)


def _too_long(campaign: Campaign, page: SharePage, wording: ShareWording) -> list[str]:
    """Return the length on each network, or nothing if the wording fits one of them."""
    marks, partner = campaign.link_marks, page.partners.get(wording.partner or "")
    link, address = page.link, page.address
    if partner:
        link, address = partner.link or link, partner.address
    language = next(item for item in page.languages if item.language == wording.language)
    subject = language.subject or language.title
    over = []
    for network in NETWORKS.values():
        if not network.takes_text or network.limit is None:
            continue
        values = share_values(network.id, marks, wording.id, wording.partner or "")
        shown = mark_link(link, marks, values).link
        if page.redirects and address:
            shown = f"{address}g/{wording.id}-{network.id}"
        length = network.length(wording.text) + network.link_length(shown, subject)
        if length <= network.limit:
            return []
        name = network.name or "mail"
        unit = " bytes" if network.counting == "bytes" else ""
        over.append(f"{name} {length:,} of {network.limit:,}{unit}")
    return over
