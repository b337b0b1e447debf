"""The links of a campaign's pages in one name, and their ways through the counters. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.link_marks import mark_link, share_values
from bot.model.share import PAGE_NETWORKS
from bot.share.filled import WordingLink

if TYPE_CHECKING:
    from bot.model import Campaign
    from bot.model.share import SharePage, SharePartner, ShareWording


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Makes the links of the pages, in the organisation's name or in that of a partner."""

    campaign: Campaign
    share: SharePage
    """The campaign's share page."""
    partner: SharePartner | None

    @property
    def address(self) -> str:
        """The address of the page in the campaign's language, or "" if it is not known."""
        return (self.partner.address if self.partner else self.share.address) or ""

    @property
    def link(self) -> str:
        """The page that the wordings link to."""
        return (self.partner.link if self.partner else None) or self.share.link

    @property
    def redirects(self) -> bool:
        """Whether the links of the pages lead through counters, which stand at the address."""
        return (self.partner or self.share).redirects

    @property
    def own_language(self) -> str:
        """The campaign's language."""
        return self.share.languages[0].language

    def folder(self, language: str) -> str:
        """Return the folder of the page in a language, below that of the campaign."""
        return "" if language == self.own_language else f"{language}/"

    def page_address(self, language: str) -> str:
        """Return the address of the page in a language, or "" if it is not known."""
        return f"{self.address}{self.folder(language)}" if self.address else ""

    def make(self, network: str, wording: ShareWording, language: str) -> WordingLink:
        """Return a wording's link for a network, as it is on the page in a language.

        A network that takes no text gets the address of that page.
        """
        typed = self.page_address(language) if network in PAGE_NETWORKS else self.link
        marks = self.campaign.link_marks
        partner = self.partner.id if self.partner else ""
        found = mark_link(typed, marks, share_values(network, marks, wording.id, partner))
        counter = ""
        if self.redirects:
            counter = f"{self.address}g/{_name(network, wording, language)}"
        return WordingLink(wording.id, network, language, typed, found.link, found.reason, counter)


def _name(network: str, wording: ShareWording, language: str) -> str:
    """Return the name of a link for its counter. Links that lead elsewhere have other names.

    A wording that is not translated also stands on the pages in other languages. There, its links
    to the page itself lead to another page.
    """
    name = f"{wording.id}-{network}"
    is_other = network in PAGE_NETWORKS and language != wording.language
    return f"{language}/{name}" if is_other else name
