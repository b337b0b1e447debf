"""The calendar in a real browser: on a phone, by keyboard, with and without scripts."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.browser import watch
from helpers.clock import NOW
from helpers.keyboard import DESK, PHONE
from helpers.store import text_content
from helpers.web import serve_site

from bot.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.web import WebSite
    from playwright.sync_api import Browser, Page

LONG = "Averyveryveryverylongwordwithoutanyspacesinit " * 6


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """Yield a control room with a long day, several states and a day on which clocks change."""
    with serve_site(tmp_path_factory.mktemp("calendar")) as running:
        for number in range(9):
            running.add(
                f"p{number}",
                due=NOW + timedelta(days=1, minutes=number),
                content=text_content(f"Number {number}. {LONG}"),
                approvals=number % 2,
            )
        running.add("late", due=NOW + timedelta(days=20))
        yield running


@contextmanager
def opened(browser: Browser, site: WebSite, path: str, **context: Any) -> Iterator[Page]:
    """Yield a page that a person has opened, who may only look; nothing in it may go wrong."""
    client = site.signed_in(Role.SEE)
    cookies = [
        {"name": name, "value": value, "url": site.url} for name, value in client.cookies.items()
    ]
    made = browser.new_context(**{"viewport": DESK, **context})
    made.add_cookies(cookies)  # type: ignore[arg-type]  # these are all that it needs
    page = made.new_page()
    faults = watch(page, site.url)
    page.goto(site.url + path)
    try:
        yield page
    finally:
        made.close()
    assert faults == []


def focus_on(page: Page, words: str, backward: bool = False) -> None:
    """Press Tab until the element with these words has the focus."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if backward else "Tab")
        if words in page.evaluate("document.activeElement.textContent.trim()"):
            return
    raise AssertionError(f"Tab never comes to {words}")


def test_a_phone_shows_the_same_table_as_a_list_of_days(browser: Browser, site: WebSite) -> None:
    with opened(browser, site, "/calendar", viewport=PHONE) as page:
        days = page.get_by_role("cell").filter(has=page.get_by_role("listitem"))
        assert days.count() == 2
        assert page.get_by_role("cell").count() == 4  # and today, and the day of the clocks
        assert page.get_by_role("table").count() == 1
        boxes = [day.bounding_box() for day in days.all()]
        assert all(box and box["width"] > 300 for box in boxes)
    with opened(browser, site, "/calendar?on=2027-06-01", viewport=PHONE) as page:
        assert page.get_by_role("table").count() == 0
        assert page.get_by_text("No post is due in this month.").is_visible()
    with opened(browser, site, "/calendar") as page:
        assert page.get_by_role("columnheader").count() == 7
        assert page.get_by_role("cell").count() == 42


def test_the_keyboard_alone_reaches_the_next_month_and_a_post(
    browser: Browser, site: WebSite
) -> None:
    with opened(browser, site, "/calendar") as page:
        focus_on(page, "Number 0")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        focus_on(page, "Later", backward=True)
        page.keyboard.press("Enter")
        page.wait_for_url("**/calendar?on=2026-04-01")
        assert page.locator("h1").inner_text() == "April 2026"


def test_the_reader_s_own_time_is_offered_by_the_script(browser: Browser, site: WebSite) -> None:
    with opened(browser, site, "/calendar", timezone_id="Asia/Tokyo") as page:
        page.get_by_label("Times").select_option(label="My time (Asia/Tokyo)")
        page.locator("form.zone").get_by_role("button").click()
        page.wait_for_url("**zone=Asia*Tokyo")
        assert "21:00 JST" in page.locator(".tile").first.inner_text()


def test_everything_works_without_scripts(browser: Browser, site: WebSite) -> None:
    with opened(browser, site, "/calendar", java_script_enabled=False) as page:
        page.get_by_label("Times").select_option("UTC")
        page.locator("form.zone").get_by_role("button").click()
        page.wait_for_url("**zone=UTC")
        page.locator("summary").click()
        page.get_by_label("State").select_option("published")
        page.locator("details").get_by_role("button", name="Show").first.click()
        page.wait_for_url("**state=published")
        assert "zone=UTC" in page.url
        page.locator("summary").click()
        page.get_by_label("Another time zone").fill("Europe/Berlin")
        page.locator("details").get_by_role("button", name="Show").last.click()
        page.wait_for_url("**zone=Europe*Berlin")
        assert "state=published" in page.url
