"""What a share page consists of: texts and addresses that the page only has to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


class Word(NamedTuple):
    """One of the page's own texts, such as "Copy text"."""

    text: str
    language: str
    """The BCP 47 tag of its language, which is English if the page's language has no words."""


@dataclass(frozen=True, slots=True)
class Button:
    """A link with which a supporter posts a wording on one network."""

    network: str
    """The network's id, such as ``x`` or ``mail``."""
    name: str
    """The network's name, or "" for ``mail``, whose name depends on the language."""
    address: str
    """The address with the suggested text, for a browser without JavaScript. It is "" if that text
    is too long for the network."""
    template: str
    """The address with ``{text}`` for the text, which is percent-encoded as by JavaScript's
    ``encodeURIComponent``. In a mail, a line end is ``%0D%0A``. All else is encoded already."""
    counting: str
    """How the network counts a text.

    ``x`` is X's weighted length, with 23 for a link. ``mastodon`` is code points, with 23 for a
    link and without the server of a mention. ``graphemes`` is what a reader sees as characters,
    ``characters`` is code units of UTF-16, and ``bytes`` is the length of the text within the
    address. "" is for a network that sets no limit, or takes no text."""
    length: int
    """The length of the suggested text in these units, with ``extra``."""
    limit: int | None
    """The greatest length with ``extra``, or None if none is known."""
    extra: int = 0
    """The units that the link and all else in the post add to any text."""
    takes_text: bool = True
    """Whether the network takes a text. Facebook and LinkedIn take an address alone."""


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

    id: str
    claim: str
    figure: str | None
    counts: str
    """What the figure counts, in a few words, or ""."""
    source: str
    """The address of the source."""
    as_of: str
    """The day, month or year that it describes, such as ``2026-03-18``, ``2026-03`` or ``2026``."""
    language: str
    """The language of claim, figure and ``counts``."""
    until: date | None = None
    """The last day on which it may be shown, because it, or another fact whose figure is in its
    claim, is due for review then."""


@dataclass(frozen=True, slots=True)
class DemandContent:
    """A demand with its facts and wordings, in the order in which the page shows them."""

    id: str
    ask: str
    target: str
    """The person or body that can meet it."""
    language: str
    """The language of ask and target."""
    facts: tuple[FactContent, ...]
    wordings: tuple[WordingContent, ...]
    until: date | None = None
    """The last day on which ask and target may be shown, because they have a figure."""


@dataclass(frozen=True, slots=True)
class PictureContent:
    """A picture to download."""

    file: str
    """Its address, relative to the page."""
    alt: str
    width: int
    height: int
    size: int
    """The number of its bytes."""
    mime: str
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
