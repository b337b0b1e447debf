"""The share pages for people without a terminal: what would be built now, a look, and a ZIP file.

A person sees the pages of the campaigns that they see posts of.
"""

from __future__ import annotations

import base64
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, TYPE_CHECKING

from bot.clock import DemoClock
from bot.errors import Problem, UserError
from bot.model.web_addresses import SHARE, with_query
from bot.schedules.local_time import format_local, zone
from bot.services.share_page import view_left_out
from bot.services.views_share import (
    OfferedCampaign,
    OfferedCampaigns,
    OfferedPage,
    OfferedPages,
)
from bot.share.build import PUBLIC_MODE, build_folder, read_picture
from bot.share.filling import fill_campaign
from bot.share.links import EXTENSIONS
from bot.share.listed import LIST
from bot.share.page import render_page
from bot.share.words import language_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.checking import CheckResult
    from bot.model import Campaign, Media
    from bot.model.people import Scope
    from bot.model.share import SharePage
    from bot.runtime.app import App
    from bot.share.content import PictureContent
    from bot.share.filled import FilledCampaign

MAX_SHOWN_BYTES = 4_000_000
"""Most bytes of the pictures in a page to look at. Further pictures are only described there."""

MAX_ZIP_BYTES = 100_000_000
"""Most bytes of the files of a ZIP. More are for the command line."""

_CHUNK_BYTES = 65_536
_NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The date of all files, because the same pages are to give the same bytes."""


def offer_pages(app: App, name: str, scope: Scope) -> OfferedCampaigns:
    """Return the pages of a campaign as they would be built now, of the first one without a name.

    With mistakes in the campaign files there are no pages to name, because nothing is built.
    """
    checked = app.files.read()
    seen, mistakes = _seen(checked, scope), bool(checked.errors)
    wanted = (_offer_campaign(app, of, mistakes=mistakes) for of in seen if name in {"", of.id})
    return OfferedCampaigns(
        campaigns=tuple((of.id, of.title) for of in seen),
        shown=next(wanted, None),
        mistakes=mistakes,
    )


def _offer_campaign(app: App, campaign: Campaign, *, mistakes: bool) -> OfferedCampaign | None:
    share, embargo = campaign.share, campaign.embargo
    if share is None:
        return None
    partners = () if mistakes else ("", *share.partners)
    if embargo and embargo <= app.clock.now():
        embargo = None
    return OfferedCampaign(
        id=campaign.id,
        title=campaign.title,
        embargo=format_local(embargo, campaign.timezone) if embargo else "",
        needs_approval=campaign.require_approval > 0,
        names=tuple(_offer(app, campaign, share, partner) for partner in partners),
    )


def preview_page(app: App, name: str, partner: str, language: str, scope: Scope) -> str | None:
    """Return a page as one document that holds its pictures, or None if there is no such page.

    Its links to other languages lead to the control room.
    """
    filled = _fill_named(app, name, partner, scope)
    pages = filled.pages if filled else ()
    content = next((page.content for page in pages if page.content.language == language), None)
    if content is None:
        return None
    pictures = _embedded(content.pictures)
    links = tuple(
        replace(link, address=preview_path(name, partner, link.language))
        for link in content.languages
    )
    return render_page(replace(content, pictures=tuple(pictures), languages=links))


def pack_pages(app: App, name: str, partner: str, scope: Scope) -> IO[bytes] | None:
    """Return a ZIP file of the folder that ``share build`` would write; None if there is no page.

    It is open at its end, and the caller closes it. The same pages give the same bytes. Raise
    UserError.
    """
    filled = _fill_named(app, name, partner, scope)
    if filled is None:
        return None
    if sum(media.size for media in filled.pictures.values()) > MAX_ZIP_BYTES:
        message = "The pictures of this page are too large to be downloaded from here."
        raise UserError([Problem(name, 0, 0, "H106", message, "Use groundswell share build.")])
    with TemporaryDirectory(prefix="groundswell-share-") as folder:
        built = build_folder(Path(folder), [filled])
        with ExitStack() as stack:
            packed = stack.enter_context(TemporaryFile())
            with zipfile.ZipFile(packed, "w") as archive:
                for path in (*built.sizes, LIST):
                    _pack(archive, Path(folder) / path, path)
            stack.pop_all()  # the caller closes it
    return packed


def preview_path(campaign: str, partner: str, language: str) -> str:
    """Return the path of a page to look at."""
    return with_query(f"{SHARE}/page", campaign=campaign, partner=partner, language=language)


# --- Campaigns ------------------------------------------------------------------------------------


def _seen(checked: CheckResult, scope: Scope) -> Sequence[Campaign]:
    return [of for of in checked.campaigns if of.share and scope.sees_campaign(of.id)]


def _fill_named(app: App, name: str, partner: str, scope: Scope) -> FilledCampaign | None:
    checked = app.files.read()
    campaign = next((of for of in _seen(checked, scope) if of.id == name), None)
    if campaign is None or campaign.share is None or checked.errors:
        return None
    if partner and partner not in campaign.share.partners:
        return None
    return _fill(app, campaign, partner)


def _fill(app: App, campaign: Campaign, partner: str) -> FilledCampaign:
    day = app.clock.now().astimezone(zone(campaign.timezone)).date()
    pretended = isinstance(app.clock, DemoClock)
    return fill_campaign(campaign, day, partner or None, pretended=pretended)


def _offer(app: App, campaign: Campaign, share: SharePage, partner: str) -> OfferedPages:
    name = share.partners[partner].name if partner else share.organisation
    filled = _fill(app, campaign, partner)
    words = {of.language: of.words for of in share.languages}
    contents = [page.content for page in filled.pages]
    return OfferedPages(
        partner=partner,
        name=name,
        pages=tuple(
            OfferedPage(of.language, language_name(of.language, words[of.language]), of.address)
            for of in contents
        ),
        pictures=len(filled.pictures),
        left_out=view_left_out(filled),
        until=filled.until,
        counted=bool(filled.redirects),
        refusals=tuple(f"{of.message} {of.hint}" for of in filled.refusals),
    )


# --- Files ----------------------------------------------------------------------------------------


def _embedded(pictures: Sequence[PictureContent]) -> Iterator[PictureContent]:
    """Yield the pictures with their bytes in their addresses, as many as have room."""
    room = MAX_SHOWN_BYTES
    for picture in pictures:
        media = picture.media
        data = _picture_bytes(media) if media.size <= room else b""
        room -= len(data)
        encoded = base64.b64encode(data).decode("ascii")
        yield replace(picture, file=f"data:{media.mime};base64,{encoded}" if data else "data:,")


def _picture_bytes(media: Media) -> bytes:
    """Return the bytes of a picture; none if the file has changed since it was checked."""
    try:
        return read_picture(media)
    except (OSError, UserError):
        return b""


def _pack(archive: zipfile.ZipFile, source: Path, path: str) -> None:
    info = zipfile.ZipInfo(path, _NO_DATE)
    info.external_attr = PUBLIC_MODE << 16
    packs_well = source.suffix[1:] not in EXTENSIONS.values()
    info.compress_type = zipfile.ZIP_DEFLATED if packs_well else zipfile.ZIP_STORED
    with source.open("rb") as file, archive.open(info, "w") as target:
        while chunk := file.read(_CHUNK_BYTES):
            target.write(chunk)
