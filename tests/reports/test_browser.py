"""The page in a real browser: it runs, reaches for nothing, and lets no hostile text run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.browser import OpenedPage
from helpers.reports import (
    CAMPAIGN,
    ago,
    delivery,
    evidence,
    publication,
    render_page,
    sample_page,
    snapshot,
)

from bot.model import State
from bot.reports import Names

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def column(page: Page, table: str, number: int) -> list[str]:
    cells = page.locator(f"#{table} tbody tr > :nth-child({number})")
    return [
        str(text)
        for text in cells.evaluate_all("all => all.map(e => e.dataset.v ?? e.textContent)")
    ]


def shown(page: Page) -> list[str]:
    titles = page.locator(".view h3")
    return [element.inner_text() for element in titles.all() if element.is_visible()]


def test_the_page_draws_its_charts_without_network_errors_or_violations(
    browser: Browser, tmp_path: Path
) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page())
    opened.wait_until_drawn()
    assert opened.faults == []


def test_choosing_another_way_to_sum_draws_its_charts_and_hides_the_others(
    browser: Browser, tmp_path: Path
) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page())
    opened.wait_until_drawn()
    assert shown(opened.page) == ["Impressions by demand", "Engagements by demand"]
    opened.page.get_by_role("radio", name="Demand").focus()
    opened.page.keyboard.press("ArrowRight")
    opened.wait_until_drawn()
    assert shown(opened.page) == ["Impressions by event", "Engagements by event"]
    widths = opened.page.locator(".view.event .live svg").evaluate_all(
        "all => all.map(e => e.clientWidth / e.closest('.plot').clientWidth)"
    )
    assert len(widths) == 2
    assert all(0.9 < width <= 1 for width in widths)
    assert opened.faults == []


def test_hovering_a_chart_tells_the_time_and_every_line(browser: Browser, tmp_path: Path) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page(), timezone_id="Asia/Tokyo")
    opened.wait_until_drawn()
    plot = opened.page.locator(".plot").first
    plot.hover()
    tip = opened.page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    text = tip.inner_text()
    assert "Drop Project Nimbus" in text
    assert "Take HART off AWS" in text
    assert "2022-07-1" in text
    assert opened.faults == []


def test_hovering_the_map_tells_the_hour_and_how_many_posts_it_rests_on(
    browser: Browser, tmp_path: Path
) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page(), timezone_id="Asia/Tokyo")
    opened.wait_until_drawn()
    opened.page.locator(".wide .mark-rect path").first.hover()
    tip = opened.page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    keys, values = (tip.locator(f"td.{name}").all_inner_texts() for name in ("key", "value"))
    assert keys[:2] == ["Hour", "Posts"]
    assert values[:2] == ["Monday 09:00", "1"]
    assert opened.faults == []


def test_a_column_sorts_both_ways_with_no_data_last(browser: Browser, tmp_path: Path) -> None:
    of = evidence(
        *(publication(n) for n in (1, 2, 3, 4)),
        snapshots=[
            snapshot(n, ago(hours=1), likes=likes) for n, likes in ((1, 9), (2, 0), (3, 10))
        ],
    )
    opened = OpenedPage(browser, tmp_path, render_page(of))
    header = opened.page.locator("#post thead th", has_text="Likes")
    place = header.evaluate("e => e.cellIndex") + 1
    button = header.locator("button")
    button.click()
    assert column(opened.page, "post", place) == ["10", "9", "0", ""]
    assert header.get_attribute("aria-sort") == "descending"
    button.focus()
    opened.page.keyboard.press("Enter")
    assert column(opened.page, "post", place) == ["0", "9", "10", ""]
    assert header.get_attribute("aria-sort") == "ascending"
    assert opened.page.locator("#post [aria-sort]").count() == 1
    assert opened.page.get_by_role("status").inner_text() == "Sorted by Likes, ascending."


def test_hostile_text_shows_as_text_and_opens_no_dialog(browser: Browser, tmp_path: Path) -> None:
    of = evidence(
        publication(1, text=HOSTILE, url="javascript:alert(3)", account=HOSTILE),
        snapshots=[snapshot(1, ago(hours=2), impressions=5, likes=1)],
        deliveries=[delivery(7, State.NEEDS_HUMAN, reason=HOSTILE)],
        names=Names({CAMPAIGN: HOSTILE}, {(CAMPAIGN, "hart"): HOSTILE}),
    )
    opened = OpenedPage(browser, tmp_path, render_page(of))
    opened.wait_until_drawn()
    opened.page.locator(".view .plot").first.hover()
    opened.page.locator("#vg-tooltip-element.visible").wait_for()
    assert opened.page.locator("h1").inner_text() == HOSTILE
    assert opened.page.locator(".said").first.inner_text() == HOSTILE
    assert opened.page.locator("img").count() == 0
    assert opened.faults == []


def test_without_javascript_the_charts_are_drawn_and_the_figures_are_there(
    browser: Browser, tmp_path: Path
) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page(), java_script_enabled=False)
    assert opened.page.locator("#demand tbody tr").count() == 5
    assert shown(opened.page) == ["Impressions by demand", "Engagements by demand"]
    opened.page.locator("label[for=by-event]").click()
    assert shown(opened.page) == ["Impressions by event", "Engagements by event"]
    plots = opened.page.locator(".view.event .plot > svg, .wide .plot > svg")
    assert [element.is_visible() for element in plots.all()] == [True] * 3


@pytest.mark.parametrize("width", [320, 390, 768, 1360])
def test_no_width_makes_the_page_itself_scroll_sideways(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page(), viewport={"width": width, "height": 800})
    opened.wait_until_drawn()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_stop_of_the_keyboard_skips_to_the_report(
    browser: Browser, tmp_path: Path
) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page())
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("document.activeElement.id") == "main"
