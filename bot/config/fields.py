"""The types of single values in ``config.yaml``, with their schemas for editors.

No message repeats a value, because a value in the wrong place may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable  # noqa: TC003 - pydantic reads the annotations
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from bot.model import Slot
from bot.platforms import PLATFORMS
from bot.schedules.account_times import parse_quiet, parse_slots
from bot.schedules.local_time import ScheduleError, parse_duration, parse_zone

_MONEY = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,2})?")
_CONNINFO = re.compile(r"\s*\w+\s*=")
"""The beginning of ``host=db password=…``, which would otherwise name a file."""
_SERVER_SCHEMES = {"postgres", "postgresql", "postgresql+psycopg"}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_WEB_ORIGIN = re.compile(
    rf"https://(?P<host>{_LABEL}(?:\.{_LABEL}){{0,126}})(?::(?P<port>[0-9]{{1,5}}))?"
)
"""A name or an IPv4 address as host. A name in another script is written as its ``xn--`` name,
because browsers send that."""
_HTTPS_PORT, _LAST_PORT = 443, 65_535


# --- Addresses ------------------------------------------------------------------------------------


def _check_page_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise ValueError("is not a page; write its address, including https://")
    return text


def _check_web_origin(text: str) -> str:
    """Return the origin as browsers send it: in lower case, without the usual port."""
    parts = _WEB_ORIGIN.fullmatch(text.lower())
    port = int(parts["port"] or _HTTPS_PORT) if parts else 0
    if not parts or not 0 < port <= _LAST_PORT:
        raise ValueError(
            "is not an origin; write https:// and the host, perhaps with a port, and nothing else, "
            "like https://control.example.org"
        )
    return f"https://{parts['host']}" + ("" if port == _HTTPS_PORT else f":{port}")


def is_on_server(database: str) -> bool:
    """Return whether a database is written as the URL of a PostgreSQL server."""
    scheme, separator, _ = database.partition("://")
    return bool(separator) and scheme in _SERVER_SCHEMES


def database_url(text: str, folder: Path) -> str:
    """Return the SQLAlchemy URL of a file, relative to a folder, or of a URL.

    Raise ValueError, without the value.
    """
    scheme, separator, rest = text.partition("://")
    if not separator and not _CONNINFO.match(text):
        return _sqlite_url(text, folder)
    if scheme == "sqlite":
        return _sqlite_url(rest.removeprefix("/"), folder)
    if is_on_server(text):
        return f"postgresql+psycopg://{rest}"
    message = "must be a file, or a URL that starts with sqlite:/// or postgresql://"
    raise ValueError(message)


def _sqlite_url(name: str, folder: Path) -> str:
    if name in {"", ":memory:"}:
        message = "must be a file, because one in memory would forget the posts that were sent"
        raise ValueError(message)
    if set(name) & set("?#\n"):
        raise ValueError("must be a plain file name, without ? or #")
    return f"sqlite:///{(folder / Path(name).expanduser()).resolve()}"


# --- Times, names and numbers ---------------------------------------------------------------------


def to_timedelta(text: Any) -> Any:
    """Read ``30s``, ``15m``, ``1h30m``, ``2d`` or ``1w``; raises ValueError."""
    if not isinstance(text, str):
        return text
    try:
        return parse_duration(text.replace(" ", ""), "wdhms")
    except ScheduleError:
        words = "is not a duration; write it like 30s, 15m, 2h or 7d"
        raise ValueError(words) from None


def _between(least: str, most: str) -> AfterValidator:
    bounds = to_timedelta(least), to_timedelta(most)

    def check(value: timedelta) -> timedelta:
        if not bounds[0] <= value <= bounds[1]:
            raise ValueError(f"must be from {least} to {most}")
        return value

    return AfterValidator(check)


_DURATION_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^(\d+[wdhms] ?)+$"})
_Duration = Annotated[timedelta, BeforeValidator(to_timedelta), _DURATION_SCHEMA]
Grace = Annotated[_Duration, _between("0s", "7d")]
Gap = Annotated[_Duration, _between("0s", "1d")]
PartGap = Annotated[_Duration, _between("0s", "10m")]
Horizon = Annotated[_Duration, _between("1d", "366d")]


def _check_database(text: str) -> str:
    database_url(text, Path())
    return text


def _check_platform(text: str) -> str:
    if text not in PLATFORMS:
        raise ValueError(f"is not a platform; write {', '.join(PLATFORMS)}")
    return text


def _parse_dollars(text: Any) -> Decimal:
    if isinstance(text, str) and _MONEY.fullmatch(text):
        return Decimal(text)
    raise ValueError("is not an amount in US dollars; write it like 25 or 12.50")


def _parsed_by(parse: Callable[[str], Any], what: str) -> PlainValidator:
    """Read a text with a function whose own messages may repeat the value."""

    def read(value: Any) -> Any:
        try:
            return parse(value if isinstance(value, str) else "")
        except ValueError as error:
            raise ValueError(what) from error

    return PlainValidator(read)


def _check_timezone(text: str) -> str:
    try:
        return parse_zone(text).key
    except ScheduleError as error:
        raise ValueError(f"is not a timezone. {error.hint}") from error


def _parse_single_slot(text: str) -> Slot:
    (slot,) = parse_slots(text)  # ValueError for several in a week
    return slot


TimezoneName = Annotated[
    str,
    AfterValidator(_check_timezone),
    WithJsonSchema({"type": "string", "examples": ["America/New_York"]}),
]
SlotLine = Annotated[
    tuple[Slot, ...],
    _parsed_by(
        parse_slots,
        'is not a slot; write it like "mon-fri 09:00", "mon,thu 9:00", "weekend 11:00" '
        'or "day 18:30"',
    ),
    WithJsonSchema({"type": "string", "examples": ["mon-fri 09:00", "sat 11:00"]}),
]
WeekSlot = Annotated[
    Slot,
    _parsed_by(_parse_single_slot, 'is not a weekday and time; write it like "mon 09:00"'),
    WithJsonSchema({"type": "string", "examples": ["mon 09:00"]}),
]
QuietHours = Annotated[
    tuple[time, time],
    _parsed_by(parse_quiet, "is not a span of hours; write it like 22:00-07:00"),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}-\d{1,2}:\d{2}$"}),
]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Handle = Annotated[
    str,
    Field(pattern=r"^@?[A-Za-z0-9_]+(([.@]|-+)[A-Za-z0-9_]+)*$", max_length=255),
    AfterValidator(lambda text: text.removeprefix("@")),
]
PageUrl = Annotated[str, AfterValidator(_check_page_url)]
WebOrigin = Annotated[
    str,
    Field(max_length=300),
    AfterValidator(_check_web_origin),
    WithJsonSchema({"type": "string", "examples": ["https://control.example.org"]}),
]
PlatformName = Annotated[
    str,
    AfterValidator(_check_platform),
    WithJsonSchema({"type": "string", "enum": list(PLATFORMS)}),
]
Database = Annotated[str, AfterValidator(_check_database)]
Approvals = Annotated[
    int,
    _parsed_by(["0", "1", "2"].index, "must be 0, 1 or 2"),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 2}),
]
Budget = Annotated[
    Decimal,
    PlainValidator(_parse_dollars),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 999_999.99}),
]
