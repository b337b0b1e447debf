r"""One line of a web log as a request, in the formats that web servers write. Pure.

``combined`` is the format of Apache and nginx, with or without the name of the site before it, and
with or without more fields behind it or between the size and the address that led there::

    192.0.2.1 - - [30/Nov/2026:09:15:00 +0100] "GET / HTTP/1.1" 200 512 "-" "Mozilla/5.0 …"

Apache (https://httpd.apache.org/docs/2.4/mod/mod_log_config.html) escapes quotes in a field as
``\"``, and nginx (https://nginx.org/en/docs/http/ngx_http_log_module.html) as ``\x22``. The common
format has neither the last two fields nor their quotes.

``caddy`` is the access log of Caddy, a JSON object a line
(https://caddyserver.com/docs/caddyfile/directives/log), with its time in seconds since 1970.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


class Request(NamedTuple):
    """What a line says of one request, as far as it is needed to count it."""

    day: date
    """The day by the line's own offset."""
    time: str
    """The time as the line has it."""
    method: str
    """As it was sent: methods are told apart by case."""
    target: str
    """The address that was asked for, as it was sent."""
    status: int
    agent: str | None
    """The user agent, "" or "-" if none was sent, or None if the log does not keep it."""


class LogFormat(Protocol):
    """A format of web logs."""

    def parse(self, line: bytes) -> Request | None:
        """Return the request of a line, or None if it is not a line of this format."""

    def days(self, block: bytes, lines: int) -> Iterable[tuple[date, str]]:
        """Return the days of so many lines, each with its offset from UTC, as ``+0100``."""


# --- combined -------------------------------------------------------------------------------------

_TIME = rb"\[((\d\d/[A-Z][a-z]{2}/\d{4}):\d\d:\d\d:\d\d ([+-]\d{4}))\]"
_FIELD = rb'"((?:[^"\\]|\\.)*+)"'
_BEFORE = rb'[^"\n]{0,300}?'
"""What stands before the time: an address, names, perhaps the site, or the tag of a system log.

A header of the request may stand there, too, such as ``X-Forwarded-For``, so that a visitor may
write a time into it. A quote there is escaped. The time of a line is therefore the one that stands
right before the first quote.
"""
_COMBINED = re.compile(
    _BEFORE + _TIME + rb' %b (\d{3})(?: [^\s"]\S*+)++(?: %b %b)?' % (_FIELD, _FIELD, _FIELD),
    re.DOTALL,
)
_LINE_TIME = re.compile(rb"^" + _BEFORE + _TIME + rb' "', re.MULTILINE)
_ESCAPED = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class CombinedFormat:
    """The format of Apache and nginx, combined or common."""

    def parse(self, line: bytes) -> Request | None:
        """Return the request of a line, or None if it is not a line of this format."""
        found = _COMBINED.match(line)
        if not found or (found[7] is None and b'"' in line[found.end() :]):
            return None
        time, day, _, request, status, _, agent = found.groups()
        read = _parse_day(day)
        if read is None:
            return None
        method, _, target = _unescape(request).partition(" ")
        if (cut := target.rfind(" HTTP/")) >= 0:  # HTTP/0.9 names no version
            target = target[:cut]
        said = None if agent is None else _unescape(agent)
        return Request(read, time.decode(), method, target, int(status), said)

    def days(self, block: bytes, lines: int) -> Iterable[tuple[date, str]]:
        """Return the days of so many lines, each with its offset from UTC.

        Nearly all blocks are of one day, and a search for that day takes a tenth of the time that
        it takes to read each line. People join logs in any order, so that the first and the last
        line do not tell.
        """
        found: Iterable[tuple[bytes, bytes]]
        first = _LINE_TIME.match(block)
        last = _LINE_TIME.match(block, block.rfind(b"\n", 0, -1) + 1)
        same = first and last and first.groups()[1:] == last.groups()[1:]
        if first and same and block.count(b"[" + first[2] + b":") == lines:
            found = [(first[2], first[3])]
        else:
            found = {(day, offset) for _, day, offset in _LINE_TIME.findall(block)}
        read = ((_parse_day(day), offset.decode()) for day, offset in found)
        return {(day, offset) for day, offset in read if day}


def _unescape(field: bytes) -> str:
    if b"\\" in field:
        field = _ESCAPED.sub(
            lambda one: bytes.fromhex(one[1].decode()) if one[1] else one[2], field
        )
    return field.decode("utf-8", "replace")


@lru_cache(maxsize=1024)
def _parse_day(day: bytes) -> date | None:
    """Return the date of ``30/Nov/2026``, whose month is English in every log."""
    number, month, year = day.decode("ascii").split("/")
    try:
        return date(int(year), _MONTHS.index(month) + 1, int(number))
    except ValueError:
        return None


# --- Caddy ----------------------------------------------------------------------------------------

_SECONDS = re.compile(rb'"ts":\s*(\d{1,11})(?:\.\d+)?[,}]')
"""The time of a line. More digits are of no year that Python knows."""
_UTC = "+0000"


class CaddyFormat:
    """The access log of Caddy, whose days are those of UTC."""

    def parse(self, line: bytes) -> Request | None:
        """Return the request of a line, or None if it is not a line of this format."""
        try:
            entry = json.loads(line)
            request, headers = entry["request"], entry["request"].get("headers") or {}
            agents = headers.get("User-Agent") or [""]
            day, time = _day_of_seconds(entry["ts"]), str(entry["ts"])
            target, method = str(request["uri"]), str(request["method"])
            return Request(day, time, method, target, int(entry["status"]), str(agents[0]))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return None

    def days(self, block: bytes, lines: int) -> Iterable[tuple[date, str]]:
        """Return the days of so many lines, which Caddy counts in UTC."""
        del lines
        seconds = {int(found) // 86_400 for found in _SECONDS.findall(block)}
        return {(_day_of_seconds(day * 86_400), _UTC) for day in seconds}


def _day_of_seconds(seconds: object) -> date:
    """Return the day in UTC. Raise ValueError if it is not a number of seconds since 1970."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError("not a number")  # noqa: TRY004 - one error for all that is not a time
    try:
        return datetime.fromtimestamp(seconds, UTC).date()
    except (OverflowError, OSError):
        raise ValueError("no such day") from None


FORMATS: tuple[LogFormat, ...] = (CombinedFormat(), CaddyFormat())
"""The formats of web logs."""
