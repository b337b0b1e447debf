"""A built folder in a real browser: it asks for nothing elsewhere, and keeps nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from helpers.axe import axe_faults_in_light_and_dark
from helpers.browser import watch
from helpers.campaigns import save_picture
from helpers.sharing import SHARE, share_campaign

from bot.share.build import build_folder
from bot.share.filling import fill_campaign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LANGUAGES = "".join(f"    {tag}: {{title: Title in {tag}}}\n" for tag in ("ar", "he", "de", "ja"))
PICTURE = "  pictures: [{file: bird.png, alt: A bird}]\n  wordings:\n"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("public")
    save_picture(source / "bird.png")
    share = SHARE.replace("  wordings:\n", PICTURE, 1) + LANGUAGES
    build_folder(out, [fill_campaign(share_campaign(source, share), date(2026, 11, 30))])
    return out


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=False)
    yield context.new_page()
    context.close()


def test_no_page_asks_for_anything_beyond_the_folder_or_keeps_anything(
    page: Page, out: Path
) -> None:
    faults = watch(page, out.as_uri(), "data:")
    pages = sorted(out.rglob("*.html"))
    assert len(pages) == 7
    for path in pages:
        page.goto(path.as_uri())
        page.evaluate("scrollTo(0, document.body.scrollHeight)")  # lets lazy pictures load
        page.wait_for_load_state("networkidle")
        assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == [
            *("", 0, 0)
        ]
        assert page.evaluate("[...document.images].filter(one => !one.naturalWidth).length") == 0
    assert faults == []


def test_people_find_every_page_from_the_overview(page: Page, out: Path) -> None:
    page.goto((out / "index.html").as_uri())
    page.get_by_role("link", name="Español").click()
    assert page.url == (out / "people/es/index.html").as_uri()
    page.get_by_role("link", name="Deutsch").click()
    assert page.url == (out / "people/de/index.html").as_uri()
    page.get_by_role("link", name="English").click()
    assert page.url == (out / "people/index.html").as_uri()


def test_axe_finds_no_fault_in_the_overview(browser: Browser, out: Path) -> None:
    page = browser.new_context(bypass_csp=True).new_page()
    page.goto((out / "index.html").as_uri())
    assert axe_faults_in_light_and_dark(page) == []
    page.context.close()
