"""Views of built share pages, and of links with their marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bot.errors import Problem
from bot.share.filled import OmittedKind


@dataclass(frozen=True, slots=True)
class BuiltPage:
    """A share page in one language."""

    language: str
    """The BCP 47 tag of its language."""
    file: str
    """Its path."""
    address: str | None
    """The address at which it will stand, or null if the campaign does not name it."""
    size: int
    """Its bytes, without pictures."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of the campaign that is not on its pages."""

    kind: OmittedKind
    """A button is that of one network for a wording, and a network stands for all of its buttons. A
    card is the picture that networks show with a link to the page."""
    name: str
    """The id of the fact or the wording, the network's id, the picture's file name, or the language
    of the card, the intro or the subject."""
    network: str
    """The network of a button, or ""."""
    reason: str
    """The reason, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltCampaign:
    """The share pages of a campaign."""

    campaign: str
    """The campaign's id."""
    pages: tuple[BuiltPage, ...]
    """The page in the campaign's own language comes first."""
    pictures: int
    """How many pictures the pages show."""
    counted_links: int
    """How many links lead through the counters of ``share serve``."""
    left_out: tuple[LeftOut, ...]
    """The parts of the campaign that are not on its pages."""
    until: date | None
    """The last day on which the pages may stand, because a fact on them is due for review then;
    null if no fact has such a day."""
    fixed_until: date | None
    """The last day for a title, a demand or the subject of mails with a figure, which no page hides
    by itself; null if no such text has a day."""
    embargo: datetime | None
    """Nothing of the campaign is to be published before this instant; null if that is over."""
    embargo_local: str | None
    """That instant in the campaign's timezone."""
    needs_approval: bool
    """Whether the campaign's posts need an approval, which does not cover its pages."""


@dataclass(frozen=True, slots=True)
class OfferedPage:
    """A share page in one language, which can be looked at."""

    language: str
    """The BCP 47 tag of its language."""
    name: str
    """The language's name for itself."""
    address: str
    """The address at which it will stand, or "" if the campaign does not name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPages:
    """The share pages of a campaign in one name, as they would be built now."""

    partner: str
    """The id of the partner in whose name they are, or "" for the organisation."""
    name: str
    """The name of that partner, or of the organisation."""
    pages: tuple[OfferedPage, ...]
    """The page in the campaign's own language comes first."""
    pictures: int
    """How many pictures the pages show."""
    left_out: tuple[LeftOut, ...]
    """The parts of the campaign that are not on its pages."""
    until: date | None
    """The last day on which the pages may stand, because a fact on them is due for review then."""
    counted: bool
    """Whether their links lead through counters."""
    refusals: tuple[str, ...]
    """The reasons for which they must not be built, in sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCampaign:
    """A campaign with share pages."""

    id: str
    title: str
    embargo: str
    """Nothing of the campaign is to be published before this instant, which is in the campaign's
    timezone; "" if that is over."""
    needs_approval: bool
    """Whether the campaign's posts need an approval, which does not cover its pages."""
    names: tuple[OfferedPages, ...]
    """The pages in the organisation's name, and then in the name of each partner. There are none
    while the campaign files have mistakes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCampaigns:
    """The campaigns with share pages, and one of them in full."""

    campaigns: tuple[tuple[str, str], ...]
    """The ids and titles of all that a person sees."""
    shown: OfferedCampaign | None
    """The one that was asked for, or the first; None if there is none."""
    mistakes: bool
    """Whether the campaign files have mistakes, so that no page can be built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltFolderView:
    """A folder with the share pages of campaigns."""

    folder: str
    """Its path."""
    partner: str | None
    """The partner in whose name the pages are, or null."""
    campaigns: tuple[BuiltCampaign, ...]
    """The campaigns that have a page."""
    until: date | None
    """The last day on which all of the pages may stand, or null."""
    files: int
    """How many files the folder has now, without its list of files."""
    size: int
    """The bytes of these files."""
    removed: tuple[str, ...]
    """Files of an earlier build that are gone now."""
    kept: tuple[str, ...]
    """Files of an earlier build that nobody needs. They were changed since, and stay."""
    former_links: int
    """How many links of earlier builds, which supporters may have posted, still lead on."""
    lost_links: tuple[str, ...]
    """The paths of links of earlier builds that lead nowhere now: no campaign file has a share page
    of their campaign, or one that leads to the same site."""
    without: tuple[str, ...]
    """Campaigns that have no page, or none in the partner's name."""
    warnings: tuple[Problem, ...]
    """The warnings about the campaign files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedLinkView:
    """A link in a post or on a share page, as it is typed and as it goes out."""

    campaign: str
    """The campaign's id."""
    kind: Literal["post", "share"]
    """Whether it stands in a post of ours, or on the share page."""
    name: str
    """The id of the post, or of the wording on the share page."""
    wording: str = ""
    """The wording of the post, or "" if it has only one."""
    network: str
    """The platform of the accounts, or the id of the network on the share page."""
    accounts: tuple[str, ...] = ()
    """The accounts that publish the post; empty for the share page."""
    partner: str = ""
    """The partner in whose name the share page is, or ""."""
    language: str = ""
    """The language of the share page; "" for a post."""
    typed: str
    """The link as it is typed, or as a template fetched it."""
    link: str
    """The link as it goes out, with its marks or as it was typed."""
    counter: str = ""
    """The address that stands on a share page with redirects, and leads to the link; or ""."""
    reason: str
    """The reason that it has no marks, in a sentence, or "" if it is marked."""
    file: str
    """The file with the post or the wording."""
    line: int
    """The line there."""
