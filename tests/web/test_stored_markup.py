"""Every page, with markup and hidden characters in every field that somebody can fill in."""

from __future__ import annotations

import logging
import re
from collections import deque
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from helpers.cli import write_file
from helpers.store import text_content
from helpers.web import site_of

from bot.model import PauseCause, PauseRequest, Role, State
from bot.services import people
from bot.text import find_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from helpers.delivery import AppHarness
    from helpers.web import WebSite

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"&lt;"
HOSTILE = f"{MARKUP}{{{{7*7}}}}\u202egnp.exe\u2066"
"""Markup, a template's own marks, quotes, an entity, and characters that turn the text around."""

MAX_PAGES = 150

PLACES = ("/posts/", "/inbox/", "/people/", "/log", "/approvals", "/calendar")
"""Addresses begin like this if their pages show what somebody has written."""

CAMPAIGN = """\
campaign: ours
title: {text}
timezone: UTC
accounts: [mj]
require_approval: 1
facts:
  hart: {{claim: {text}, figure: "6", source: "https://a.example/?q=<b>&x='", as_of: 2026-01-02}}
statements:
  said: {{speaker: {text}, role: {text}, source: "https://a.example/", as_of: 2026-01-02,
          paraphrase: {text}}}
demands:
  stop: {{ask: {text}, target: {text}, facts: [hart]}}
posts:
  - id: waits
    demand: stop
    when: 2026-03-03 12:00
    author: {text}
    text: {text}
    facts: [hart]
    statements: [said]
  - id: again
    when: {{every: day, at: "12:30"}}
    text: {text}
"""


class Page(HTMLParser):
    """The elements, links and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.images: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script":
            self.scripts.append(given.get("src", "inline"))
        if tag == "img":
            self.images.append(given.get("src", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.handlers += [name for name in given if name.startswith("on") or name == "style"]
        self.addresses += [given[name] for name in ("href", "src", "action") if name in given]


@pytest.fixture
def hostile(loop: AppHarness) -> Iterator[WebSite]:
    """Yield a control room in which every text is hostile."""
    quoted = '"' + MARKUP.replace("\\", "\\\\").replace('"', '\\"') + '"'
    write_file(loop.campaigns / "ours.yaml", CAMPAIGN.format(text=quoted))
    assert loop.app.queue_sync.refresh() == []
    write_file(loop.campaigns / "broken.yaml", f"campaign: [\n# {MARKUP}\n")
    loop.add("lost", grace=timedelta(minutes=4), content=text_content(MARKUP))
    out = loop.add("out", content=text_content(f"Words of mine: {MARKUP}"))
    loop.lose_a_send(rounds=60)
    assert loop.state(out) is State.PUBLISHED
    loop.app.queue.pause(
        PauseRequest("account", "mj", HOSTILE, PauseCause.PERSON), HOSTILE, loop.clock.now()
    )
    with site_of(loop.app) as site:
        people.add_user(loop.app, MARKUP, Role.RUN, HOSTILE)
        yield site


def crawl(client: httpx.Client, start: str = "/") -> dict[str, httpx.Response]:
    """Return the pages that links lead to, by path."""
    found: dict[str, httpx.Response] = {}
    waiting = deque([start])
    while waiting and len(found) < MAX_PAGES:
        path = waiting.popleft()
        if path in found:
            continue
        found[path] = client.get(path, follow_redirects=True)
        if "text/html" not in found[path].headers.get("content-type", ""):
            continue
        for link in Page(found[path].text).links:
            parts = urlsplit(link)
            if not parts.netloc and parts.path.startswith("/"):
                waiting.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return found


def main_of(page: str) -> str:
    """Return a page without its frame, which names the pause on every page."""
    return page.partition("<main")[2]


def test_no_page_lets_a_stored_text_act(hostile: WebSite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    pages = crawl(hostile.signed_in(Role.ADMIN))
    assert len(pages) > 5
    shown = [path for path in pages if MARKUP in unescape(main_of(pages[path].text))]
    for place in PLACES:
        assert any(path.startswith(place) for path in shown), place
    for path, answer in pages.items():
        assert answer.status_code == 200, path
        if "text/html" not in answer.headers["content-type"]:
            continue
        if path.startswith(
            ("/reports/page", "/share/page")
        ):  # a document of its own, with a policy of its own
            continue
        page = Page(answer.text)
        assert set(page.scripts) <= {"/static/live.js"}, path
        assert page.handlers == [], path
        assert "x" not in page.images, path
        assert not re.search(r"&lt;49", answer.text), path
        schemes = {urlsplit(address).scheme for address in page.addresses}
        assert schemes <= {"", "http", "https"}, path
        assert [hit[0] for hit in find_hidden(answer.text)] == [], path
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_every_page_of_the_navigation_exists(site: WebSite) -> None:
    client = site.signed_in(Role.ADMIN)
    nav = [link for link in Page(client.get("/").text).links if link.startswith("/")]
    assert len(nav) > 5
    assert {link: client.get(link).status_code for link in nav} == dict.fromkeys(nav, 200)
