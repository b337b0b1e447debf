"""The platforms, in one dict that can be read: a platform is one module and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from bot.platforms.base import Kind

PLATFORMS = {
    "x": "bot.platforms.x",
}


def kind(name: str) -> Kind:
    """Give a platform's module; imported only now, as some are slow to import. Raises KeyError."""
    return cast("Kind", import_module(PLATFORMS[name]))
