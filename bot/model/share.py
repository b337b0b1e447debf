"""The share page of a campaign, and the marks by which its links tell where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.content import NOWHERE, Mark, Media

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model.facts import Demand, Fact, Suppression

NETWORK_NAMES = {
    "x": "X",
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "threads": "Threads",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
    "facebook": "Facebook",
    "linkedin": "LinkedIn",
    "mail": "Mail",
    "device": "The device's share sheet",
    "copy": "Copied text",
}
"""The networks of a share page as people call them, by the ids that its links have as
``utm_source``, in the order of the page."""

PAGE_NETWORKS = ("facebook", "linkedin")
"""The networks that take no text, but only the address of the share page itself."""

UNSEEN_NETWORKS = ("device", "copy")
"""The sources from which a text goes to a network that nobody knows."""


@dataclass(frozen=True, slots=True)
class LinkMarks:
    """The settings under ``links:``, by which links to the organisation's own pages are marked."""

    pages: tuple[str, ...]
    """The addresses whose links are marked. Each stands for itself and for all pages below it."""
    leave: tuple[str, ...]
    """Addresses among these, and the pages below them, whose links are left as they are."""
    campaign: str
    """The value of ``utm_campaign``."""
    content: str
    """What ``utm_content`` names in our own posts: ``post``, ``account`` or ``wording``."""
    mark: Mark = field(default=NOWHERE, compare=False)
    suppressions: tuple[Suppression, ...] = ()


@dataclass(frozen=True, slots=True)
class ShareWording:
    """A text that a supporter may start from. It says what its demand asks."""

    id: str
    """Its name, which no other wording of the campaign's share page has, in any language."""
    demand: str
    text: str
    """The text with names filled in, without the link that follows it."""
    literal_text: str
    """The text with marks for values that a template fetched; see ``bot.campaigns.templates``."""
    language: str
    """The BCP 47 tag of its language."""
    facts: tuple[str, ...] = ()
    """The ids of the facts that it names or fetches. It is not shown if one is due for review."""
    statements: tuple[str, ...] = ()
    """The ids of the statements that it names or fetches."""
    partner: str | None = None
    """The partner on whose page alone it stands, or None if it is the campaign's."""
    mark: Mark = field(default=NOWHERE, compare=False)
    suppressions: tuple[Suppression, ...] = ()


@dataclass(frozen=True, slots=True)
class SharePartner:
    """A partner that has the share page in its own name."""

    id: str
    """One of the campaign's ``partners``."""
    name: str
    """The organisation's name, as its page shows it."""
    address: str | None = None
    """The address of its page, or None if that is not known."""
    link: str | None = None
    """The page that its wordings link to, or None for the campaign's."""
    redirects: bool = False
    """Whether the links of its page lead through counters, which then stand at its address."""


@dataclass(frozen=True, slots=True)
class ShareLanguage:
    """The share page in one language. The campaign's own language comes first."""

    language: str
    """Its BCP 47 tag."""
    title: str
    """The campaign's title."""
    intro: str
    """A sentence or two on the campaign, or ""."""
    demands: Mapping[str, Demand]
    """The demands by id, those that are translated. The others are shown as they are."""
    facts: Mapping[str, Fact]
    """The facts by id, those that are translated. The others are shown as they are."""
    words: Mapping[str, str]
    """The page's own words in this language, as far as the campaign gives them; see
    ``bot.share.words``."""
    pictures: tuple[Media, ...] = ()
    """The pictures with their alt texts in this language."""
    subject: str = ""
    """The subject of a mail, or "" for the title."""
    mark: Mark = field(default=NOWHERE, compare=False)
    marks: Mapping[str, Mark] = field(default_factory=dict, compare=False)
    """The places of ``title``, ``intro`` and ``subject``, if they stand in its section."""


@dataclass(frozen=True, slots=True)
class SharePage:
    """The settings under ``share:``. A page exists for each language."""

    organisation: str
    """The name of the organisation that speaks, as the page shows it."""
    address: str | None
    """The address at which the page will stand, ending in a slash, or None if that is not known."""
    link: str
    """The page that wordings link to. It is ``address`` unless the campaign names another."""
    languages: tuple[ShareLanguage, ...]
    """At least the campaign's own."""
    wordings: tuple[ShareWording, ...]
    """Those of all demands, languages and partners, in the order of the file."""
    partners: Mapping[str, SharePartner]
    card: Media | None = None
    """A picture for the page's card instead of the drawn one."""
    redirects: bool = False
    """Whether its links lead through the counters of ``groundswell share serve``. Those of a
    partner's page do so only if the partner asks for it."""
    mark: Mark = field(default=NOWHERE, compare=False)
    suppressions: tuple[Suppression, ...] = ()

    @property
    def media(self) -> tuple[Media, ...]:
        """The pictures of all languages, and the card's if it has one."""
        pictures = [media for language in self.languages for media in language.pictures]
        return (*pictures, *([self.card] if self.card else []))
