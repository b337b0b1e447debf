"""A database, files and a clock that fail while people have pages open."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from helpers.cli import write_file
from helpers.web import serve_site

from bot.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.web import WebSite

PAGES = ("/", "/calendar", "/inbox", "/pauses", "/floors", "/sign-in")


@pytest.fixture
def no_bugs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Assert at the end that no traceback was logged."""
    caplog.set_level(logging.WARNING)
    yield
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_replaced_database_is_one_clear_page(site: WebSite, no_bugs: None) -> None:
    client = site.signed_in(Role.RUN)
    path = site.app.database.path
    assert path
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.replace(path)
    for page in PAGES[:-1]:
        answer = client.get(page)
        assert answer.status_code == 503, page
        assert "replaced" in answer.text
        assert "Traceback" not in answer.text


def test_pause_works_although_the_database_was_replaced(site: WebSite, no_bugs: None) -> None:
    """The session cannot be found any more, so the page says how to stop everything."""
    client = site.signed_in(Role.RUN)
    path = site.app.database.path
    assert path
    path.unlink()
    answer = client.post("/pauses/pause", data={"what": "all", "why": "x"})
    assert answer.status_code == 503
    assert "PAUSE" in answer.text


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebSite]:
    """Yield a control room that waits for a locked database for a second only."""
    monkeypatch.setattr("bot.database.opening.BUSY_SECONDS", 1)
    with serve_site(tmp_path) as site:
        yield site


def test_locked_database_still_shows_pages_and_says_so_of_changes(
    impatient: WebSite, no_bugs: None
) -> None:
    site, client = impatient, impatient.signed_in(Role.RUN)
    other = sqlite3.connect(str(site.app.database.path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        for page in PAGES:
            assert client.get(page).status_code == 200, page
        answer = client.post("/pauses/pause", data={"what": "account mj", "why": "x"}, timeout=120)
        assert answer.status_code == 503
        assert "locked" in answer.text
        stopped = client.post("/pauses/pause", data={"what": "all", "why": "x"}, timeout=120)
        assert stopped.status_code == 503
        assert "stops everything on this machine" in stopped.text
    finally:
        other.execute("ROLLBACK")
        other.close()
    [pause] = site.app.queue.pauses()
    assert pause.scope == "all"


def test_broken_files_keep_every_page_readable(site: WebSite, no_bugs: None) -> None:
    site.add()
    write_file(site.app.config.campaigns / "broken.yaml", "campaign: [\n")
    client = site.signed_in(Role.RUN)
    for page in (*PAGES, "/posts/1"):
        assert client.get(page, follow_redirects=True).status_code == 200, page


@pytest.mark.parametrize("hours", [-48, -1, 1, 20])
def test_clock_that_jumps_breaks_no_page(site: WebSite, no_bugs: None, hours: int) -> None:
    site.add()
    client = site.signed_in(Role.RUN)
    site.clock.step(hours=hours)
    for page in PAGES:
        assert client.get(page).status_code in {200, 303}, page
    anew = site.signed_in(Role.RUN)
    for page in (*PAGES, "/posts/1"):
        assert anew.get(page, follow_redirects=page == "/posts/1").status_code == 200, page
