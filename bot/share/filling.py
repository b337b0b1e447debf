"""Fill the pages of a campaign with its demands, facts and wordings as they stand on a day. Pure.

A fact that is past its review is not on the page, and neither is a text that relies on it. Nobody
chooses among the wordings. All of them stand there, in the order of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from bot.share.buttons import make_button, too_long_reason
from bot.share.card import HEIGHT, WIDTH, CardWords, choose_words, possible_lines
from bot.share.content import (
    Button,
    CardContent,
    DemandContent,
    FactContent,
    LanguageLink,
    PageContent,
    PictureContent,
    WordingContent,
)
from bot.share.filled import FilledCampaign, FilledPage, Omission, WordingLink
from bot.share.links import EXTENSIONS, PageLinks, file_name
from bot.share.networks import NETWORKS, plain_lines
from bot.share.standing import Judge
from bot.share.words import direction, language_name, words_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from bot.model import Campaign, Demand, Fact, Media
    from bot.model.share import ShareLanguage, ShareWording

PICTURES = "pictures/"
"""The folder of the pictures, beside the page in the campaign's own language."""

_NO_ADDRESS = "Without page: the address of the share page is not known."


def fill_campaign(
    campaign: Campaign, day: date, partner: str | None = None, *, pretended: bool = False
) -> FilledCampaign:
    """Return the pages of a campaign that has ``share:``, in the name of a partner if one is given.

    ``day`` is the day in the campaign's timezone. If it is ``pretended``, as in a demo, the pages
    take it for today and say so.
    """
    share = campaign.share
    assert share, "a campaign with a share page"
    named = share.partners[partner] if partner else None
    links, judge = PageLinks(campaign, share, named), Judge(campaign, share, day)
    filling = _Filling(links, judge, day if pretended else None)
    pages = tuple(map(filling.fill_page, share.languages))
    return FilledCampaign(
        id=campaign.id,
        partner=partner,
        pages=pages,
        pictures=filling.pictures,
        drawn_cards=filling.drawn_cards,
        redirects={
            f"{campaign.id}/{link.counter.removeprefix(filling.links.address)}": link.link
            for link in filling.wording_links
            if link.counter
        },
        omissions=tuple(filling.omissions),
        links=tuple(filling.wording_links),
        refusals=tuple(judge.refusals(share)),
    )


class _Place(NamedTuple):
    """A page's language, and its place among the campaign's pages."""

    language: ShareLanguage
    folder: str
    """Below the campaign's folder."""
    above: str
    """The way from the page to the campaign's folder."""
    address: str
    """The page's full address, or "" if it is not known."""


@dataclass(slots=True)
class _Filling:
    """Fills the pages of a campaign, and collects the files that they need."""

    links: PageLinks
    """Makes their links, and knows the campaign and the partner."""
    judge: Judge
    """Says which texts may stand there."""
    pretended_day: date | None
    pictures: dict[str, Media] = field(default_factory=dict)
    drawn_cards: dict[str, CardWords] = field(default_factory=dict)
    wording_links: dict[WordingLink, None] = field(default_factory=dict)
    omissions: dict[Omission, None] = field(default_factory=dict)
    """In the order in which they were found, each once although several pages lack it."""

    def fill_page(self, language: ShareLanguage) -> FilledPage:
        """Return the page in one language."""
        folder = self.links.folder(language.language)
        address = self.links.page_address(language.language)
        place = _Place(language, folder, "../" if folder else "", address)
        demands = tuple(self._demands(place))
        example, counted = self._example_links(demands)
        partner = self.links.partner.name if self.links.partner else ""
        intro, intro_until = self._introduction("intro", place)
        content = PageContent(
            campaign=self.links.campaign.id,
            language=language.language,
            direction=direction(language.language),
            words=words_for(language.language, language.words),
            title=language.title,
            organisation=self.links.share.organisation,
            demands=demands,
            partner=partner,
            intro=intro,
            intro_until=intro_until,
            until=self._fixed_until(place),
            pictures=tuple(self._pictures(place)),
            languages=tuple(self._language_links(place)),
            address=address,
            card=self._card(place, demands),
            example_link=example,
            counted_link=counted,
            pretended_day=self.pretended_day,
        )
        return FilledPage(folder, content)

    def _example_links(self, demands: Sequence[DemandContent]) -> tuple[str, str]:
        """Return a link with marks, and one through a counter, each "" if links are not so."""
        first = next((wording for demand in demands for wording in demand.wordings), None)
        for link in self.wording_links:
            if first and (link.wording, link.network) == (first.id, "copy"):
                return "" if link.reason else link.link, link.counter
        return "", ""

    def _introduction(
        self, name: Literal["intro", "subject"], place: _Place
    ) -> tuple[str, date | None]:
        """Return the intro or the subject, "" if it must not stand there, and its last day."""
        text = place.language.intro if name == "intro" else place.language.subject
        reason, until = self.judge.judge_text(text)
        if reason:
            self._omit(Omission(name, place.language.language, reason))
        return "" if reason else text, until

    def _fixed_until(self, place: _Place) -> date | None:
        """Return the last day of the title and of the subject of mails."""
        title = self.judge.judge_text(place.language.title).until
        days = title, self._introduction("subject", place)[1]
        return min(filter(None, days), default=None)

    def _language_links(self, place: _Place) -> Iterator[LanguageLink]:
        for other in self.links.share.languages:
            folder = self.links.folder(other.language)
            name = language_name(other.language, other.words)
            yield LanguageLink(other.language, name, f"{place.above}{folder}index.html")

    # --- Demands, facts and wordings --------------------------------------------------------------

    def _demands(self, place: _Place) -> Iterator[DemandContent]:
        for demand in self.links.campaign.demands.values():
            shown = place.language.demands.get(demand.id, demand)
            yield DemandContent(
                shown,
                language=self._language_of(demand.id, place.language.demands, place),
                facts=tuple(self._facts(demand, place)),
                wordings=tuple(
                    self._wording(wording, place) for wording in self._wordings(demand, place)
                ),
                until=self.judge.judge_text(f"{shown.ask} {shown.target}").until,
            )

    def _language_of(
        self, name: str, translated: Mapping[str, Demand | Fact], place: _Place
    ) -> str:
        return place.language.language if name in translated else self.links.own_language

    def _facts(self, demand: Demand, place: _Place) -> Iterator[FactContent]:
        for name in demand.facts:
            reason, until = self.judge.judge_fact(name)
            if reason:
                self._omit(Omission("fact", name, reason))
                continue
            own = place.language.facts
            fact = own.get(name, self.links.campaign.facts[name])
            yield FactContent(fact, self._language_of(name, own, place), until)

    def _wordings(self, demand: Demand, place: _Place) -> Sequence[ShareWording]:
        """Return a demand's wordings in the page's language, or else in the campaign's own.

        Those of the partner come first.
        """
        partner = self.links.partner.id if self.links.partner else None
        allowed = [
            wording
            for wording in self.links.share.wordings
            if wording.demand == demand.id
            and wording.partner in (None, partner)
            and self._may_show(wording)
        ]
        allowed.sort(key=lambda wording: wording.partner is None)  # keeps the order otherwise
        for language in (place.language.language, self.links.own_language):
            if found := [wording for wording in allowed if wording.language == language]:
                return found
        return ()

    def _may_show(self, wording: ShareWording) -> bool:
        reason = self.judge.judge_wording(wording).reason
        if reason:
            self._omit(Omission("wording", wording.id, reason))
        return not reason

    def _omit(self, omission: Omission) -> None:
        self.omissions.setdefault(omission)

    def _wording(self, wording: ShareWording, place: _Place) -> WordingContent:
        return WordingContent(
            id=wording.id,
            text=plain_lines(wording.text),
            language=wording.language,
            link_to_copy=self._link("copy", wording, place),
            device_link=self._link("device", wording, place),
            link=self.links.link,
            buttons=tuple(self._buttons(wording, place)),
            until=self.judge.judge_wording(wording).until,
        )

    # --- Links and buttons ------------------------------------------------------------------------

    def _link(self, network: str, wording: ShareWording, place: _Place) -> str:
        """Return the address for a network as it stands on the page."""
        link = self.links.make(network, wording, place.language.language)
        self.wording_links.setdefault(link)
        return link.shown

    def _buttons(self, wording: ShareWording, place: _Place) -> Iterator[Button]:
        subject = self._introduction("subject", place)[0] or place.language.title
        for network in NETWORKS.values():
            if not network.takes_text and not place.address:
                self._omit(Omission("network", network.id, _NO_ADDRESS))
                continue
            link = self._link(network.id, wording, place)
            button = make_button(network, wording.text, link, subject)
            if reason := too_long_reason(button):
                self._omit(Omission("button", wording.id, reason, network.id))
            yield button

    # --- Pictures and the card --------------------------------------------------------------------

    def _pictures(self, place: _Place) -> Iterator[PictureContent]:
        own = place.language.pictures
        language = place.language.language if own else self.links.own_language
        for media in own or self.links.share.languages[0].pictures:
            reason, until = self.judge.judge_text(media.alt)
            if reason:
                self._omit(Omission("picture", media.path.name, reason))
                continue
            file = f"{PICTURES}{file_name(media)}"
            self.pictures[file] = media
            yield PictureContent(f"{place.above}{file}", media, language, until)

    def _card(self, place: _Place, demands: Sequence[DemandContent]) -> CardContent | None:
        if not self.links.address:
            self._omit(Omission("card", place.language.language, _NO_ADDRESS))
            return None
        if card := self.links.share.card:
            reason, until = self.judge.judge_text(card.alt)
            if not reason:
                file = f"card.{EXTENSIONS[card.mime]}"
                self.pictures[file] = card
                return CardContent(
                    self.links.address + file, card.alt, card.width, card.height, until
                )
            self._omit(Omission("picture", card.path.name, reason))
        words = self._choose_card_words(place.language, demands)
        if words is None:
            return None
        file = f"card-{place.language.language}.png" if place.folder else "card.png"
        self.drawn_cards[file] = words
        return CardContent(self.links.address + file, words.alt, WIDTH, HEIGHT)

    def _choose_card_words(
        self, language: ShareLanguage, demands: Sequence[DemandContent]
    ) -> CardWords | None:
        """Return the words of a card in its own language only, or None if it would lack a title."""
        speakers = [self.links.share.organisation]
        if self.links.partner:
            speakers.insert(0, self.links.partner.name)
        tag = language.language
        lines = possible_lines(demands, tag)
        words, left_out = choose_words(" · ".join(speakers), language.title, lines)
        for text in left_out:
            reason = (
                f"Its font lacks a letter, or its space, for “{text}”. Name a picture by card:."
            )
            self._omit(Omission("card words", tag, reason))
        if not words.title:
            self._omit(Omission("card", tag, "There is none without its title."))
        return words if words.title else None
