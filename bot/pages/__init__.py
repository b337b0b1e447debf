"""The look that the report's page, the control room and the share pages have in common.

::

    type.css    colours and type, for light and dark
    base.css    boxes, tables and posts
    icons.svg   our own drawings of the networks, of the states of a post and of places to go

A page takes the style into itself or serves it. It has the icons inside itself once, and shows one
with ``<svg class="icon" aria-hidden="true"><use href="#icon-clock"/></svg>``. An icon never stands
without its word.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment

_HERE = Path(__file__).parent
_HIGHLIGHTED = re.compile(r"(https?://\S+|#\w+|@\w+(?:[.@-]\w+)*)")


@cache
def type_style() -> str:
    """Return the style of colours and type alone, for a page that has to be small."""
    return (_HERE / "type.css").read_text(encoding="utf-8")


@cache
def base_style() -> str:
    """Return the shared style. The style of a page follows it and may change it."""
    return type_style() + (_HERE / "base.css").read_text(encoding="utf-8")


@cache
def icons() -> str:
    """Return the element that defines all icons, for the beginning of a page's body."""
    return (_HERE / "icons.svg").read_text(encoding="utf-8")


def split_highlights(text: str) -> tuple[str, ...]:
    """Return the pieces of a text. Every second piece is a link, a hashtag or a mention."""
    return tuple(_HIGHLIGHTED.split(text))


def security_policy(style: str, *scripts: str, pictures: str) -> str:
    """Return the Content-Security-Policy that lets only these texts apply, by their hashes.

    ``pictures`` are the sources of pictures that it allows.
    """

    def source(text: str) -> str:
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    allowed = " ".join(map(source, scripts)) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {source(style)}; "
        f"img-src {pictures}; base-uri 'none'; form-action 'none'"
    )


def page_environment(
    folder: Path, finalize: Callable[[object], object] | None = None
) -> Environment:
    """Return the environment of the templates in a folder.

    Values are escaped, and a missing one is an error. ``finalize`` changes each value before it is
    shown. Templates have ``icons()``, and the filter ``highlights`` for ``split_highlights``.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    environment.globals["icons"] = lambda: Markup(icons())  # noqa: S704 - our own file
    environment.filters["highlights"] = split_highlights
    return environment
