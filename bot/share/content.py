"""What a share page consists of: texts and addresses that the page only has to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from bot.model import Demand, Fact, Media
    from bot.share.networks import Network


class Word(NamedTuple):
    """One of the page's own texts, such as "Copy text"."""

    text: str
    language: str
    """The BCP 47 tag of its language, which is English if the page's language has no words."""


@dataclass(frozen=True, slots=True)
class Button:
    """A link with which a supporter posts a wording on one network."""

    network: Network
    address: str
    """The address with the suggested text, for a browser without JavaScript. It is "" if that text
    is too long for the network."""
    template: str
    """The address with ``{text}`` for the text, which is percent-encoded as by JavaScript's
    ``encodeURIComponent``. In a mail, a line end is ``%0D%0A``. All else is encoded already."""
    length: int
    """The length of the suggested text as the network counts it, with ``extra``."""
    extra: int
    """What the link and all else in the post add to the length of any text."""


@dataclass(frozen=True, slots=True)
class WordingContent:
    """A text to start from, with its buttons."""

    id: str
    text: str
    """The suggested text, without its link."""
    language: str
    link_to_copy: str
    """The link that is copied with the text, marked as copied."""
    device_link: str
    """The link for the device's own share sheet, marked accordingly."""
    link: str
    """The page to which all its links lead, without marks."""
    buttons: tuple[Button, ...]
    until: date | None = None
    """The last day on which it may be shown, because a fact is due for review then."""


@dataclass(frozen=True, slots=True)
class FactContent:
    """A fact beside the demand that it supports."""

    fact: Fact
    """The fact in the language in which it is shown."""
    language: str
    until: date | None = None
    """The last day on which it may be shown, because it, or another fact whose figure is in its
    claim, is due for review then."""


@dataclass(frozen=True, slots=True)
class DemandContent:
    """A demand with its facts and wordings, in the order in which the page shows them."""

    demand: Demand
    """The demand in the language in which it is shown."""
    language: str
    facts: tuple[FactContent, ...]
    wordings: tuple[WordingContent, ...]
    until: date | None = None
    """The last day on which ask and target may be shown, because they have a figure."""


@dataclass(frozen=True, slots=True)
class PictureContent:
    """A picture to download."""

    file: str
    """Its address, relative to the page."""
    media: Media
    language: str
    """The language of the alt text."""
    until: date | None = None
    """The last day on which it may be shown, because it shows a figure."""


@dataclass(frozen=True, slots=True)
class CardContent:
    """The picture that networks show with a link to the page."""

    address: str
    """Its full address, which begins with ``https://``."""
    alt: str
    width: int
    height: int
    until: date | None = None
    """The last day on which it may be shown, because it shows a figure."""


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A link to the same page in a language."""

    language: str
    """The BCP 47 tag."""
    name: str
    """The language's name for itself."""
    address: str
    """The address, relative to this page."""


@dataclass(frozen=True, slots=True)
class PageContent:
    """A share page in one language."""

    campaign: str
    """The campaign's id."""
    language: str
    """The BCP 47 tag of the page's language."""
    direction: str
    """``ltr`` or ``rtl``."""
    words: Mapping[str, Word]
    """The page's own words by key, as ``bot.share.words.words_for`` returns them."""
    title: str
    """The campaign's title."""
    organisation: str
    demands: tuple[DemandContent, ...]
    partner: str = ""
    """The name of the partner whose page it is, or ""."""
    intro: str = ""
    """A sentence or two on the campaign, or ""."""
    intro_until: date | None = None
    """The last day on which the intro may be shown, because it has a figure."""
    until: date | None = None
    """The last day on which the title and the subject of mails may be shown, likewise."""
    pictures: tuple[PictureContent, ...] = ()
    languages: tuple[LanguageLink, ...] = ()
    """All languages that the page exists in, this one included; fewer than two are not shown."""
    address: str = ""
    """The full address at which this page will stand, or "" if that is not known."""
    card: CardContent | None = None
    """None if it has none, or if the address is not known."""
    example_link: str = ""
    """A link as people arrive by it, to show its marks; "" if links have no marks."""
    counted_link: str = ""
    """A link through the counters of ``groundswell share serve``; "" if links lead to the site."""
    pretended_day: date | None = None
    """The day that a demo takes for today, which the page says; None for the visitor's own day."""
