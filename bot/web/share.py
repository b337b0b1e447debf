"""The share pages, to look at and to download.

A page is shown as it will stand on the web. A sandbox gives it an origin of its own, so that it
cannot act as the control room, whatever is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from bot.model.web_addresses import SHARE
from bot.services import share_preview
from bot.services.share_page import describe_left_out
from bot.share.listed import policy_of
from bot.share.serving import FileAnswer

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.visit import Visit

_SANDBOX = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads"
"""It may run its script, and open the networks' forms, which need their own origins."""


def show(visit: Visit) -> Response:
    """Show the pages of a campaign, of the first one if the address names none."""
    wanted = visit.query.get("campaign", "")
    pages = share_preview.offer_pages(visit.app, wanted, visit.user.scope)
    if pages.shown is None and "campaign" in visit.query and not pages.mistakes:
        raise HTTPException(404)
    return visit.page(
        "share.html.j2",
        campaigns=pages.campaigns,
        offered=pages.shown,
        mistakes=pages.mistakes,
        preview=share_preview.preview_path,
        describe=describe_left_out,
    )


def show_page(visit: Visit) -> Response:
    """Show a share page in one language, as a document of its own."""
    campaign, partner = visit.query.get("campaign", ""), visit.query.get("partner", "")
    language = visit.query.get("language", "")
    text = share_preview.preview_page(visit.app, campaign, partner, language, visit.user.scope)
    if text is None:
        raise HTTPException(404)
    headers = {
        "content-security-policy": f"{policy_of(text.encode())}; {_SANDBOX}",
        # Browsers refuse a document that has both a sandbox and a group of its own.
        "cross-origin-opener-policy": "unsafe-none",
    }
    return HTMLResponse(text, headers=headers)


def download(visit: Visit) -> Response:
    """Send the folder of a campaign's pages as a ZIP file."""
    campaign, partner = visit.query.get("campaign", ""), visit.query.get("partner", "")
    if not visit.site.packing.acquire(blocking=False):
        words = "Other people are downloading pages. Try again in a minute."
        return visit.result("Not made yet", [words], links=[("Share page", SHARE)], status=503)
    try:
        packed = share_preview.pack_pages(visit.app, campaign, partner, visit.user.scope)
    finally:
        visit.site.packing.release()
    if packed is None:
        raise HTTPException(404)
    size = packed.tell()
    packed.seek(0)
    name = f"{campaign}-{partner}" if partner else campaign
    headers = {"content-disposition": f'attachment; filename="share-{name}.zip"'}
    return FileAnswer(packed, size, "application/zip", headers)
