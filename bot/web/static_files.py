"""The style, the script and the icons of the pages, which anybody may read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.pages import base_style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


async def answer_static(request: Request) -> Response:
    """Answer with a file. Raise HTTPException if there is none of this name."""
    found = _static_files().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    kind, content = found
    headers = {"cache-control": "public, max-age=300"}
    return Response(content, media_type=kind, headers=headers)


@cache
def _static_files() -> Mapping[str, tuple[str, bytes]]:
    """Return the type and bytes of each static file, by its name. The shared style comes first."""
    found = {
        entry.name: (_TYPES[entry.suffix], entry.read_bytes())
        for entry in (Path(__file__).parent / "static").iterdir()
        if entry.suffix in _TYPES
    }
    kind, own = found["style.css"]
    return {**found, "style.css": (kind, base_style().encode() + own)}
