"""Addresses in a config: a platform's API, and the database. No message repeats one."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

_CONNINFO = re.compile(r"\s*\w+\s*=")
"""How ``host=db password=…`` begins, which would be made a file of that name."""


def api_url(text: str) -> str:
    """Accept an HTTPS address, or an HTTP one on this machine."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise PydanticCustomError(
            "url", "is no address; write it like https://api.x.com"
        ) from error
    if parts.username or parts.query or parts.fragment or not host:
        raise PydanticCustomError("url", "must be scheme and host only, like https://api.x.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(host)):
        raise PydanticCustomError("url", "must be https:// (http:// only on this machine)")
    return text.rstrip("/")


def page_url(text: str) -> str:
    """Accept the address of a page that everyone can open."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise PydanticCustomError("page", "is no page; write its address, https:// and all")
    return text


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def database_url(text: str, folder: Path) -> str:
    """Give the SQLAlchemy URL for a file, seen from a folder, or for a URL.

    Raises PydanticCustomError, which is a ValueError, without the value.
    """
    scheme, separator, rest = text.partition("://")
    if not separator and not _CONNINFO.match(text):
        return _sqlite(text, folder)
    if scheme == "sqlite":
        return _sqlite(rest.removeprefix("/"), folder)
    if scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
        return f"postgresql+psycopg://{rest}"
    message = "must be a file, or a URL that starts with sqlite:/// or postgresql://"
    raise PydanticCustomError("database", message)


def _sqlite(name: str, folder: Path) -> str:
    if name in {"", ":memory:"}:
        message = "must be on disk: one in memory would forget what has been sent"
        raise PydanticCustomError("database", message)
    if set(name) & set("?#\n"):
        raise PydanticCustomError("database", "must be a plain file name, without ? or #")
    return f"sqlite:///{(folder / Path(name).expanduser()).resolve()}"
