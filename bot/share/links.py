"""The links of a campaign's pages in one name, and the names of its pictures. Pure.

Supporters have posted links of earlier pages. As long as a campaign has a page, they lead to where
its links lead now, whatever the list of redirects says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from bot.link_marks import covers, mark_link, share_values
from bot.model.share import NETWORK_NAMES, PAGE_NETWORKS
from bot.share.filled import WordingLink

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from bot.link_marks import MarkedLink
    from bot.model import Campaign, Media
    from bot.model.share import SharePage, SharePartner, ShareWording
    from bot.share.listed import ListedLink


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
        found = self._mark(typed, network, wording.id)
        counter = ""
        if self.redirects:
            counter = f"{self.address}g/{_name(network, wording, language)}"
        return WordingLink(wording.id, network, language, typed, found.link, found.reason, counter)

    def lead_on(self, link: ListedLink) -> str:
        """Return the link to which a link of an earlier page leads now, with its marks."""
        typed = self.link
        if link.network in PAGE_NETWORKS and self.address:
            address = link.target.partition("?")[0]
            languages = (item.language for item in self.share.languages[1:])
            found = (tag for tag in languages if address.endswith(f"/{tag}/"))
            typed = self.page_address(next(found, self.own_language))
        return self._mark(typed, link.network, link.wording).link

    def _mark(self, typed: str, network: str, wording: str) -> MarkedLink:
        marks = self.campaign.link_marks
        partner = self.partner.id if self.partner else ""
        return mark_link(typed, marks, share_values(network, marks, wording, partner))


def _name(network: str, wording: ShareWording, language: str) -> str:
    """Return the name of a link for its counter. Links that lead elsewhere have other names.

    A wording that is not translated also stands on the pages in other languages. There, its links
    to the page itself lead to another page.
    """
    name = f"{wording.id}-{network}"
    is_other = network in PAGE_NETWORKS and language != wording.language
    return f"{language}/{name}" if is_other else name


# --- Links of earlier builds ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FormerLinks:
    """Links through counters that earlier builds of a folder had, and that the new one has not."""

    kept: Mapping[str, str]
    """The links to which they lead on, by path below the folder."""
    lost: tuple[str, ...]
    """The paths of those that lead nowhere any more."""


def keep_former(
    former: Iterable[ListedLink], current: Container[str], pages: Sequence[PageLinks]
) -> FormerLinks:
    """Return where the links of earlier builds lead now.

    ``current`` has the paths that the new build has anyway, and ``pages`` has all campaigns with a
    page in the folder's name, also those that are not built. A link of a campaign without a page
    keeps its target if one of these pages or links is on the same site. No other target is taken
    from the list, so that a forged list leads nobody to a site of somebody else.
    """
    by_campaign = {links.campaign.id: links for links in pages}
    own = {address for links in pages for address in (links.link, links.address) if address}
    sites = [urljoin(address, "/") for address in sorted(own)]
    kept, lost = {}, []
    for link in former:
        if link.path in current:
            continue
        links = by_campaign.get(link.campaign)
        if links and link.network in NETWORK_NAMES:
            kept[link.path] = links.lead_on(link)
        elif not links and covers(sites, link.target):
            kept[link.path] = link.target
        else:
            lost.append(link.path)
    return FormerLinks(kept, tuple(lost))


# --- Pictures ------------------------------------------------------------------------------------

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
}
"""The end of a file's name by the type of the picture."""


def file_name(media: Media) -> str:
    """Return a name of plain letters for a picture, which another picture does not have."""
    stem = re.sub("[^a-z0-9]+", "-", media.path.stem.lower()).strip("-")
    return f"{stem or 'picture'}-{media.sha256[:8]}.{EXTENSIONS[media.mime]}"
