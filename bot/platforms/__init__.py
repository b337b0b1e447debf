"""The platforms: each is a module, and a line in ``PLATFORMS``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from bot.extras import EXTRAS, load

if TYPE_CHECKING:
    from bot.platforms.base import Platform

PLATFORMS = {
    "x": "bot.platforms.x",
    "mastodon": "bot.platforms.mastodon",
    "bluesky": "bot.platforms.bluesky",
}


_import_once = cache(import_module)
"""Much faster for the many questions about a module that is imported already."""


def load_platform(name: str) -> Platform:
    """Import a platform's module, which may be slow, and return it. Raise KeyError."""
    return cast("Platform", _import_once(PLATFORMS[name]))


def load_library(name: str) -> None:
    """Import a platform's library if it is an extra. Raise UserError if it is missing or broken."""
    if name in EXTRAS:
        load(name.capitalize(), name)


def is_loopback(api: str) -> bool:
    """Return whether an address is on this machine. An API there is a sandbox, without HTTPS."""
    host = urlsplit(api).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Loaded(Mapping[str, "Platform"]):
    """Every platform by its name. A module is imported when it is first looked up."""

    def __getitem__(self, name: str) -> Platform:
        return load_platform(name)

    def __iter__(self) -> Iterator[str]:
        return iter(PLATFORMS)

    def __len__(self) -> int:
        return len(PLATFORMS)


LOADED: Mapping[str, Platform] = _Loaded()
