"""The pages of a campaign as they are filled on a day, and the things that are not on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from bot.errors import Problem
    from bot.model import Media
    from bot.share.card import CardWords
    from bot.share.content import PageContent

OmittedKind: TypeAlias = Literal[
    "intro", "subject", "fact", "wording", "button", "network", "picture", "card", "card words"
]


@dataclass(frozen=True, slots=True)
class Omission:
    """Something of the campaign that is not on its page."""

    kind: OmittedKind
    name: str
    """The id of the fact or the wording, the network's id, the picture's file name, or the language
    of the card, the intro or the subject."""
    reason: str
    """The reason, in a sentence."""
    network: str = ""
    """The network on which the wording has no button, or ""."""


@dataclass(frozen=True, slots=True)
class WordingLink:
    """A link that a wording gets for one network."""

    wording: str
    """The wording's id."""
    network: str
    """The network's id, ``copy`` or ``device``."""
    language: str
    """The BCP 47 tag of the page's language."""
    typed: str
    """The link as the campaign names it."""
    link: str
    """The link with its marks, or as it was typed."""
    reason: str
    """The reason that it has no marks, in a sentence, or ""."""
    counter: str
    """The address on the page, which leads to the link through a counter; "" if the link itself
    stands there."""

    @property
    def shown(self) -> str:
        """The address as it stands on the page."""
        return self.counter or self.link


@dataclass(frozen=True, slots=True)
class FilledPage:
    """A page in one language."""

    folder: str
    """Its place below the campaign's folder, such as ``es/``, or "" for the campaign's language."""
    content: PageContent

    @property
    def until(self) -> date | None:
        """The last day on which all of it may be shown, or None if no fact has to be reviewed."""
        days = [self.content.intro_until, self.fixed_until]
        days += [fact.until for demand in self.content.demands for fact in demand.facts]
        days += [picture.until for picture in self.content.pictures]
        days += [self.content.card.until] if self.content.card else []
        days += [wording.until for demand in self.content.demands for wording in demand.wordings]
        return min(filter(None, days), default=None)

    @property
    def fixed_until(self) -> date | None:
        """The last day of the texts that a page cannot hide by itself, or None if none has one."""
        days = [self.content.until, *(demand.until for demand in self.content.demands)]
        return min(filter(None, days), default=None)


@dataclass(frozen=True, slots=True)
class FilledCampaign:
    """The pages of a campaign, and the files that they show."""

    id: str
    partner: str | None
    """The id of the partner in whose name they are, or None for the organisation."""
    pages: tuple[FilledPage, ...]
    """The page in the campaign's own language comes first."""
    pictures: Mapping[str, Media]
    """The pictures by their place below the campaign's folder."""
    drawn_cards: Mapping[str, CardWords]
    """The words of cards that have to be drawn, by the place of the card."""
    redirects: Mapping[str, str]
    """The links to which the counters lead, by path below the folder of all campaigns."""
    omissions: tuple[Omission, ...]
    links: tuple[WordingLink, ...] = ()
    """The links of the wordings on all pages."""
    refusals: tuple[Problem, ...] = ()
    """The reasons for which the pages must not be built."""

    @property
    def until(self) -> date | None:
        """The last day on which the pages may stand, or None if no fact has to be reviewed."""
        return min((page.until for page in self.pages if page.until), default=None)

    @property
    def fixed_until(self) -> date | None:
        """The last day of the texts that no page can hide by itself, or None if none has one."""
        return min((page.fixed_until for page in self.pages if page.fixed_until), default=None)
