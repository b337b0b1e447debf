"""The page in a real browser. It runs, reaches for nothing, and lets no hostile text run."""

from __future__ import annotations

import re
from io import BytesIO
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
    sample_evidence,
    sample_page,
    snapshot,
)
from PIL import Image

from bot.model import State
from bot.reports import Names
from bot.reports.advice import Matter
from bot.reports.table import NO_DATA
from bot.services.reporting import DEFAULT_REPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"{{ 7*7 }}"


def column(page: Page, table: str, number: int) -> list[str]:
    cells = page.locator(f"#{table} tbody tr > :nth-child({number})")
    return [
        str(text)
        for text in cells.evaluate_all("all => all.map(e => e.dataset.v ?? e.textContent)")
    ]


def test_the_page_makes_no_request_and_breaks_no_rule(browser: Browser, tmp_path: Path) -> None:
    assert OpenedPage(browser, tmp_path, sample_page()).faults == []


def test_a_days_place_says_its_figures_wherever_the_pointer_rests_on_it(
    browser: Browser, tmp_path: Path
) -> None:
    page = OpenedPage(browser, tmp_path, sample_page()).page
    chart = page.locator("svg.chart").first
    for slot in chart.locator(".slot").all():
        box = slot.bounding_box()
        assert box
        assert box["width"] > 20
        assert box["height"] > 100
        said = slot.locator("title").text_content() or ""
        assert re.fullmatch(rf"\w{{3}} \d\d\*?: ({NO_DATA}|[\d,]+) impressions", said)


def test_a_charts_figures_unfold_beneath_it_by_keyboard(browser: Browser, tmp_path: Path) -> None:
    page = OpenedPage(browser, tmp_path, sample_page()).page
    figure = page.locator("#totals figure").first
    assert not figure.locator("table").is_visible()
    figure.locator("summary").focus()
    page.keyboard.press("Enter")
    rows = [row.split("\t") for row in figure.locator("tbody tr").all_inner_texts()]
    assert len(rows) == figure.locator(".slot").count() == 8
    assert rows[-1][0] == "Thu 14*"


def test_the_map_has_a_cell_for_each_hour_and_tells_what_its_colour_means(
    browser: Browser, tmp_path: Path
) -> None:
    page = OpenedPage(browser, tmp_path, sample_page(), timezone_id="Asia/Tokyo").page
    cells = page.locator("table.heat tbody td")
    assert cells.count() == 7 * 24
    monday = page.locator("table.heat tbody tr").first.locator("td").nth(9)
    assert monday.inner_text() == "1"
    assert monday.get_attribute("title") == "Monday 09:00: usual, or too little known"
    colors = {
        cell: cells.nth(cell).evaluate("e => getComputedStyle(e).backgroundColor")
        for cell in (0, 9)
    }
    assert colors[0] != colors[9]


def test_a_post_shows_a_few_lines_and_unfolds_by_keyboard_to_all_of_it(
    browser: Browser, tmp_path: Path
) -> None:
    page = OpenedPage(browser, tmp_path, sample_page()).page
    thread = page.locator(".best .card", has_text="What is Project Nimbus?")
    assert [part.is_visible() for part in thread.locator(".part").all()] == [True, *[False] * 3]
    thread.locator("summary").focus()
    page.keyboard.press("Space")
    assert [part.is_visible() for part in thread.locator(".part").all()] == [True] * 4
    assert "14,867" in thread.locator("dl").inner_text()
    others = page.locator(".best dl")
    assert [figures.is_visible() for figures in others.all()].count(True) == 1


def test_a_column_sorts_both_ways_with_no_data_last(browser: Browser, tmp_path: Path) -> None:
    of = evidence(
        *(publication(n) for n in (1, 2, 3, 4)),
        snapshots=[
            snapshot(n, ago(hours=1), likes=likes) for n, likes in ((1, 9), (2, 0), (3, 10))
        ],
    )
    opened = OpenedPage(browser, tmp_path, render_page(of))
    header = opened.page.locator("#post thead th", has_text=re.compile("^Engagements$"))
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
    assert opened.page.get_by_role("status").inner_text() == "Sorted by Engagements, ascending."


def test_hostile_text_shows_as_text_and_opens_no_dialog(browser: Browser, tmp_path: Path) -> None:
    of = evidence(
        publication(1, text=HOSTILE, url="javascript:alert(3)", account=HOSTILE),
        snapshots=[snapshot(1, ago(hours=2), impressions=5, likes=1)],
        deliveries=[delivery(7, State.NEEDS_HUMAN, reason=HOSTILE)],
        names=Names({CAMPAIGN: HOSTILE}, {(CAMPAIGN, "hart"): HOSTILE}),
    )
    opened = OpenedPage(browser, tmp_path, render_page(of))
    assert opened.page.locator("h1").inner_text() == HOSTILE
    assert opened.page.locator(".said").first.inner_text() == HOSTILE
    assert opened.page.locator("img, a[href^=javascript]").count() == 0
    assert opened.faults == []


def test_without_javascript_all_is_there_and_unfolds(browser: Browser, tmp_path: Path) -> None:
    page = OpenedPage(browser, tmp_path, sample_page(), java_script_enabled=False).page
    assert page.locator("#demand tbody tr").count() == 5
    assert [chart.is_visible() for chart in page.locator("svg.chart").all()] == [True] * 2
    page.locator("#when summary").click()
    assert page.locator("#when details tbody tr").first.is_visible()


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")


SCROLLING = """Array.from(document.querySelectorAll('.scroll'))
    .filter(e => e.scrollWidth > e.clientWidth + 1)
    .map(e => e.ariaLabel)"""


def test_every_table_fits_a_computer_screen(browser: Browser, tmp_path: Path) -> None:
    viewport = {"width": 1360, "height": 1000}
    page = OpenedPage(browser, tmp_path, sample_page(), viewport=viewport).page
    unfold(page)
    assert page.evaluate(SCROLLING) == []


def test_the_links_to_all_parts_stand_on_one_line_of_a_computer_screen(
    browser: Browser, tmp_path: Path
) -> None:
    html = render_page(sample_evidence(), names=DEFAULT_REPORTS)
    viewport = {"width": 1360, "height": 1000}
    links = OpenedPage(browser, tmp_path, html, viewport=viewport).page.locator(".jump a")
    assert links.count() >= len(DEFAULT_REPORTS) + 4
    assert len({box["y"] for link in links.all() if (box := link.bounding_box())}) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_table_that_goes_on_beyond_its_edge_has_a_shadow_there_until_its_end(
    browser: Browser, tmp_path: Path, scheme: str
) -> None:
    viewport = {"width": 390, "height": 844}
    opened = OpenedPage(browser, tmp_path, sample_page(), viewport=viewport, color_scheme=scheme)
    page = opened.page
    assert "Demands, all posts, table" in page.evaluate(SCROLLING)
    table = page.locator("#demand .scroll")
    assert is_shaded(table)
    table.evaluate("e => { e.scrollLeft = e.scrollWidth; }")
    assert not is_shaded(table)
    assert page.locator(".hint").is_visible()


def is_shaded(table: Locator) -> bool:
    """Return whether its right edge is another colour than what lies left of it, in blank space."""
    image = Image.open(BytesIO(table.screenshot())).convert("L")
    across = [image.getpixel((x, 12)) for x in (image.width - 40, image.width - 4)]
    return across[0] != across[1]


VIEWPORTS = {"computer": (1360, 1000, 1), "phone": (390, 844, 2)}


@pytest.mark.parametrize("kind", VIEWPORTS)
def test_the_first_screen_is_the_answer(browser: Browser, tmp_path: Path, kind: str) -> None:
    width, height, screens = VIEWPORTS[kind]
    held = "Post %s is held until somebody approves it: groundswell review"
    things = tuple(Matter(held % n) for n in "ab")
    html = render_page(sample_evidence(), attention=things, scheduled_ahead=3)
    viewport = {"width": width, "height": height}
    page = OpenedPage(browser, tmp_path, html, viewport=viewport).page
    wanted = [".panel.attention", ".panel.next", ".panel.demands"]
    for selector in [
        *wanted,
        f".best:first-of-type > li:nth-child({3 if kind == 'computer' else 2})",
    ]:
        box = page.locator(selector).bounding_box()
        assert box
        assert box["y"] + box["height"] <= screens * height, selector


@pytest.mark.parametrize("width", [320, 390, 768, 1360])
def test_no_width_makes_the_page_itself_scroll_sideways(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page(), viewport={"width": width, "height": 800})
    unfold(opened.page)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_stop_of_the_keyboard_skips_to_the_report(
    browser: Browser, tmp_path: Path
) -> None:
    opened = OpenedPage(browser, tmp_path, sample_page())
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("document.activeElement.id") == "main"


def test_the_keyboard_reaches_all_that_can_be_used_and_shows_where_it_is(
    browser: Browser, tmp_path: Path
) -> None:
    page = OpenedPage(browser, tmp_path, sample_page()).page
    wanted = page.evaluate(
        """Array.from(document.querySelectorAll('a[href], button, summary, [tabindex="0"]'))
            .filter(e => e.checkVisibility()).length"""
    )
    assert wanted > 50
    for _ in range(wanted):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", page.evaluate("document.activeElement.outerHTML")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement === document.body")
