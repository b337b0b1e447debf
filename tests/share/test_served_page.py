"""The example's share page in a browser, under the headers of ``share serve``."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from helpers.browser import watch
from helpers.cli import ROOT
from helpers.share_folders import serve_built

from bot.checking import Checker
from bot.share.build import build_folder
from bot.share.counters import Counters
from bot.share.filling import fill_campaign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.share_folders import ServedFolder
    from playwright.sync_api import Browser

NOW = datetime(2022, 7, 11, 12, tzinfo=UTC)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedFolder]:
    """Yield a server of the example's page, whose links lead through counters."""
    posts = tmp_path / "posts"
    shutil.copytree(ROOT / "posts" / "media", posts / "media")
    text = (ROOT / "posts" / "people-over-profit.yaml").read_text(encoding="utf-8")
    text = text.replace("\n  organisation:", "\n  redirects: true\n  organisation:", 1)
    (posts / "people-over-profit.yaml").write_text(text, encoding="utf-8")
    [campaign] = Checker(posts).check(NOW).campaigns
    build_folder(tmp_path / "public", [fill_campaign(campaign, NOW.date(), pretended=True)])
    counters = Counters(tmp_path / "opened.db", print)
    with serve_built(tmp_path / "public", counters) as running:
        yield running
    counters.close()


def test_page_works_under_the_headers_of_the_server(
    browser: Browser, served: ServedFolder, tmp_path: Path
) -> None:
    from playwright.sync_api import Error

    page = browser.new_page(locale="en-US")
    faults = watch(page, served.url, "data:")
    page.goto(f"{served.url}/")
    page.get_by_role("link", name="Amazon, put people over profit").first.click()
    page.wait_for_url(f"{served.url}/people-over-profit/**")
    page.locator("textarea").first.fill("In words of my own")
    link = page.locator("a[data-network=x]").first.get_attribute("href")
    assert "text=In%20words%20of%20my%20own" in str(link)
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        picture.evaluate("picture => picture.decode()")
    page.get_by_role("link", name="Español").click()
    page.wait_for_url("**/es/**")
    assert page.locator("html").get_attribute("lang") == "es"
    assert faults == []
    assert page.context.cookies() == []
    elsewhere = "https://mediajustice.org/**"
    with page.expect_request(elsewhere) as asked, suppress(Error):  # nothing answers there
        page.goto(f"{served.url}/people-over-profit/g/hart-cost-x")
    assert "?utm_source=x&utm_medium=share&" in asked.value.url
    assert "referer" not in asked.value.headers
    page.close()
    with closing(sqlite3.connect(tmp_path / "opened.db")) as connection, connection:
        counted = connection.execute("SELECT wording, network, count FROM opened").fetchall()
    assert counted == [("hart-cost", "x", 1)]
