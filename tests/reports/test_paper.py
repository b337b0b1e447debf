"""The page on paper, as Chromium prints it to a PDF, and as poppler reads that."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from helpers.browser import OpenedPage
from helpers.extras import WANTED, skip_without
from helpers.reports import (
    NOW,
    ago,
    evidence,
    publication,
    sample_answer,
    sample_evidence,
    sample_page,
    snapshot,
)

from bot.reports import render, tables
from bot.reports.page_tables import PAPER_ROWS
from bot.services.reporting import DEFAULT_REPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page


PAPER = {"width": 1046, "height": 718}
"""CSS pixels of an A4 page on its side, less its margins."""


def printed(browser: Browser, folder: Path, html: str) -> list[str]:
    """Return the text of each page of the PDF, as a person would read it."""
    if not (WANTED and shutil.which("pdftotext")):
        skip_without("poppler", "apt-get install -y poppler-utils")
    opened = OpenedPage(browser, folder, html)
    path = folder / "report.pdf"
    opened.page.pdf(path=path, prefer_css_page_size=True)
    assert opened.faults == []
    text = subprocess.run(
        [shutil.which("pdftotext") or "", "-layout", path, "-"],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return text.stdout.split("\f")[:-1]


def on_paper(browser: Browser, folder: Path) -> Page:
    opened = OpenedPage(browser, folder, sample_page(), viewport=PAPER)
    opened.page.emulate_media(media="print")
    return opened.page


def test_a_played_campaign_is_a_few_pages_with_all_that_the_page_tells(
    browser: Browser, tmp_path: Path
) -> None:
    of = sample_evidence()
    shown = [table for table in tables(of, NOW, DEFAULT_REPORTS) if table.says_something]
    text = render("html", of, shown, NOW, answer=sample_answer(of))
    pages = printed(browser, tmp_path, text)
    assert len(pages) <= 6
    for words in ("What moved people", "Needs a person", "What next", "Drop Project Nimbus"):
        assert words in pages[0]
    whole = "\n".join(pages)
    for words in ("Impressions gained", "When posts went out", "Mon", "$0.21", "No data"):
        assert words in whole
    assert all(page.strip() for page in pages)


def test_a_link_on_paper_shows_where_it_leads(browser: Browser, tmp_path: Path) -> None:
    whole = "\n".join(printed(browser, tmp_path, sample_page()))
    assert "https://x.example/i/status/15400020" in whole


def test_a_long_table_shows_its_first_rows_its_header_on_every_page_and_its_total_once(
    browser: Browser, tmp_path: Path
) -> None:
    many = range(1, 61)
    text = f"A row that takes {'a few more words, ' * 9}so that a table does not fit a page."
    of = evidence(
        *(publication(n, text=text, demand=text) for n in many),
        snapshots=[snapshot(n, ago(hours=1), impressions=n, likes=1) for n in many],
    )
    html = render("html", of, tables(of, NOW, ["post"]), NOW, answer=sample_answer(of))
    table = "\f".join(printed(browser, tmp_path, html)).split("As they looked")[0]
    rows = [page for page in table.split("\f") if re.search(r"A row .*2022-07-11", page)]
    assert len(rows) > 1
    assert [row.count("First out") for row in rows] == [1] * len(rows)
    assert len(re.findall("A row .*2022-07-11", "".join(rows))) == PAPER_ROWS
    assert len(re.findall(r"^ *Total  ", "\n".join(rows), re.MULTILINE)) == 1
    assert (
        f"These are the first {PAPER_ROWS} of 60 rows. The page on a screen has the others" in table
    )


def test_nothing_on_paper_can_be_pressed_or_is_cut_off(browser: Browser, tmp_path: Path) -> None:
    page = on_paper(browser, tmp_path)
    for selector in (".jump", ".hint", "details", ".skip"):
        assert not page.locator(selector).first.is_visible()
    cut = "Array.from(document.querySelectorAll('.scroll, .chart'))"
    cut += ".filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)"
    assert page.evaluate(cut + ".map(e => `${e.parentElement.id} ${e.scrollWidth}`)") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]


def test_paper_is_light_whatever_the_screen_is(browser: Browser, tmp_path: Path) -> None:
    page = on_paper(browser, tmp_path)
    page.emulate_media(media="print", color_scheme="dark")
    colors = "getComputedStyle(document.documentElement)"
    found = page.evaluate(
        f"['--paper', '--ink', '--c1', '--t5'].map(e => {colors}.getPropertyValue(e).trim())"
    )
    assert found == ["#fff", "#000", "#1f6fa8", "#7db4de"]


def test_what_is_folded_on_a_screen_stands_on_paper(browser: Browser, tmp_path: Path) -> None:
    many = range(1, 13)
    of = evidence(
        *(publication(n, text=f"The post with number {n}") for n in many),
        snapshots=[snapshot(n, ago(hours=1), impressions=n, likes=1) for n in many],
    )
    html = render("html", of, tables(of, NOW, ["post"]), NOW, answer=sample_answer(of))
    page = OpenedPage(browser, tmp_path, html).page
    assert not page.locator("#post table").is_visible()
    page.locator("#post summary").click()
    assert page.locator("#post table").is_visible()
    whole = "\n".join(printed(browser, tmp_path, html))
    assert "The post with number 12" in whole.split("Posts\n")[1]
    assert "Show 12 rows" not in whole
    assert "Deleted posts" in whole  # what the columns mean
