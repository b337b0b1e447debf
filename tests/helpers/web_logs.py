"""Lines of web logs, as Apache, nginx and Caddy write them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

CAMPAIGN = "people-over-profit"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
DAY = date(2026, 11, 30)


def marked(
    network: str = "mastodon",
    content: str = "hart-data",
    partner: str = "",
    *,
    medium: str = "share",
    campaign: str = CAMPAIGN,
    path: str = "/",
) -> str:
    """Return the target of a request by a marked link."""
    term = f"&utm_term={partner}" if partner else ""
    return (
        f"{path}?utm_source={network}&utm_medium={medium}&utm_campaign={campaign}"
        f"&utm_content={content}{term}"
    )


def combined(
    target: str,
    *,
    agent: str = FIREFOX,
    status: int = 200,
    method: str = "GET",
    time: str = "30/Nov/2026:09:15:00 +0100",
    host: str = "192.0.2.1",
    referer: str = "-",
) -> str:
    """Return a line of the combined format."""
    return f'{host} - - [{time}] "{method} {target} HTTP/1.1" {status} 512 "{referer}" "{agent}"\n'


def caddy(
    target: str, *, agent: str | None = FIREFOX, status: int = 200, method: str = "GET"
) -> str:
    """Return a line of Caddy's access log."""
    request = {
        "remote_ip": "192.0.2.1",
        "proto": "HTTP/2.0",
        "method": method,
        "host": "example.org",
        "uri": target,
        "headers": {"Accept": ["*/*"]} | ({"User-Agent": [agent]} if agent else {}),
    }
    entry = {
        "level": "info",
        "ts": datetime(2026, 11, 30, 9, 15, tzinfo=UTC).timestamp() + 0.25,
        "logger": "http.log.access",
        "msg": "handled request",
        "request": request,
        "status": status,
    }
    return json.dumps(entry) + "\n"
