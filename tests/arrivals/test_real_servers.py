"""The logs of real web servers come out to the unit, whoever asked for what."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from helpers.web_logs import CAMPAIGN, FIREFOX, marked
from helpers.web_servers import web_server

from bot.arrivals.reading import read_arrivals

if TYPE_CHECKING:
    from pathlib import Path

MASTODON = "Mastodon/4.5.2 (http.rb/5.3.1; +https://example.social/) Bot"
BLUESKY = "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)"
QUOTED = FIREFOX + ' "quoted" \\ and caf\xe9'


@dataclass(frozen=True)
class Sent:
    """A request, and the count that it belongs to."""

    count: str
    """``mastodon`` and so on for an arrival from there, another field, or "" for none."""
    target: str
    agent: str | None = FIREFOX
    method: str = "GET"
    headers: str = ""
    body: str = ""
    times: int = 1
    only: str = ""
    """The server that takes such a request at all, or "" for both."""

    def data(self, etag: str) -> bytes:
        head = f"{self.method} {self.target} HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n"
        agent = f"User-Agent: {self.agent}\r\n" if self.agent is not None else ""
        length = f"Content-Length: {len(self.body)}\r\n" if self.body else ""
        headers = self.headers.replace("ETAG", etag)
        return f"{head}{agent}{length}{headers}\r\n{self.body}".encode("latin-1")


SENT = [
    Sent("", "/", times=40),
    Sent("", "/style.css", headers=f"Referer: https://example.org{marked()}\r\n", times=3),
    Sent("mastodon", marked("mastodon"), times=7),
    Sent("x", marked("x"), times=2),
    Sent("mastodon", marked("Mastodon").replace("utm_", "%75tm_")),
    Sent("bluesky", marked("bluesky").replace("&", "&amp;")),
    Sent("bluesky", marked("bluesky").replace("?", "?page=2?") + "&fbclid=1"),
    Sent("bluesky", f"http://example.org{marked('bluesky')}"),
    Sent("mail", marked("+mail%20"), agent=QUOTED),
    Sent("mail", marked("mail"), headers="If-None-Match: ETAG\r\n", times=2),
    Sent("mail", marked("mail", path="/x/../")),
    Sent("", marked(), headers="Range: bytes=0-99\r\n"),
    Sent("", marked(path="/form"), method="POST", body="name=ann"),
    Sent("", marked(campaign="newsletter")),
    Sent("robots", marked(), agent=MASTODON, times=24),
    Sent("robots", marked("bluesky"), agent=BLUESKY),
    Sent("robots", marked("x"), agent="Twitterbot/1.0"),
    Sent("robots", marked("mail"), agent="curl/8.14.1"),
    Sent("robots", marked(), agent=None),
    Sent("robots", marked(), method="HEAD", times=2),
    Sent("robots", marked(path="/old"), agent=MASTODON),
    Sent("redirected", marked(path="/old"), times=2),
    Sent("redirected", marked(path="/moved")),
    Sent("refused", marked(path="/missing"), times=3),
    Sent("refused", marked(path="/broken")),
    Sent("x", marked("x") + "&a=\xff\xfe", only="nginx"),
    Sent("x", marked("x") + "&a=" + "%22" * 1000),
    Sent("refused", marked("x") + "&a=" + "b" * 20_000, only="nginx"),
]
OLD = f"GET {marked('x')}\r\n".encode()
"""HTTP/0.9, without headers, so that it is a robot's by its lack of a user agent."""
GARBAGE = b"\x16\x03\x01\x02\x00utm_campaign\r\n\r\n"


@pytest.fixture(params=["nginx", "caddy"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Counter[str]]:
    """The access log of a real server, and the counts of the requests that it was sent."""
    expected: Counter[str] = Counter()
    with web_server(request.param, tmp_path) as server:
        answer = server.send(Sent("", "/").data(""))
        etag = re.search(rb"(?i)etag: (\S+)", answer)
        assert etag
        for sent in SENT:
            if sent.only in {"", request.param}:
                expected[sent.count] += sent.times
                for _ in range(sent.times):
                    assert server.send(sent.data(etag[1].decode()))
        server.send(GARBAGE)
        if request.param == "nginx":
            server.send(OLD)
            expected["robots"] += 1
    return server.log, expected


def test_a_real_log_comes_out_to_the_unit(log: tuple[Path, Counter[str]]) -> None:
    path, expected = log
    reading = read_arrivals([path], [CAMPAIGN])
    found = Counter({name: getattr(reading, name) for name in ("robots", "redirected", "refused")})
    for arrival, number in reading.arrived.items():
        assert (arrival.medium, arrival.content, arrival.partner) == ("share", "hart-data", "")
        found[arrival.network] += number
    assert found == {name: number for name, number in expected.items() if name}
    assert reading.unreadable == 0
    assert not [word for word in ("127.0.0.1", "Firefox", "Mastodon/") if word in repr(reading)]
    assert reading.lines >= sum(expected.values())
    assert len(reading.clocks) == 1
    old = path.with_name("access.log.1.gz")
    old.write_bytes(gzip.compress(path.read_bytes()))
    again = read_arrivals([old, path], [CAMPAIGN])
    assert again.arrived == reading.arrived
