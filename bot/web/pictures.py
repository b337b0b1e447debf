"""The pictures and films of posts, and their addresses on this site."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.model.web_addresses import with_query
from bot.services.sent_media import MAX_SHOWN_BYTES, read_sent_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.services.views_post_version import AttachedView, CropView
    from bot.web.visit import Visit

_POLICY = "sandbox; default-src 'none'"
"""A file is only shown. It can load and run nothing, even if somebody opens it by itself."""


class Picture(NamedTuple):
    """A picture or film, as the macro ``picture`` shows it."""

    address: str
    """Its address on this site; "" if it is too large to be shown."""
    is_film: bool
    crop: CropView | None
    """The wide crop around its focal point; None if it has none."""


def pictures_of(attached: Iterable[AttachedView]) -> Mapping[str, Picture]:
    """Return the pictures and films by the names of their files, as in ``MediaView``."""
    return {item.path: Picture(_address(item), item.is_film, item.crop) for item in attached}


def _address(item: AttachedView) -> str:
    too_large = item.bytes > MAX_SHOWN_BYTES
    return "" if too_large else with_query(f"/media/{item.digest}", of=item.delivery)


def show(visit: Visit) -> Response:
    """Send a picture or film of a post that this person may see."""
    number, scope = visit.query.get("of", ""), visit.user.scope
    found = read_sent_file(visit.app, visit.path["digest"], number, scope)
    if found is None:
        raise HTTPException(404)
    headers = {"content-security-policy": _POLICY}
    return Response(found.data, media_type=found.mime, headers=headers)
