"""The page as axe-core judges it, in light and dark, on a phone and a computer, and on paper."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from helpers.arrivals import posted, reading, share_evidence, shared
from helpers.axe import ask_axe, axe_faults, let_axe_in
from helpers.browser import OpenedPage
from helpers.reports import (
    ago,
    delivery,
    evidence,
    render_page,
    sample_evidence,
    sample_page,
)

from bot.model import State
from bot.reports.advice import Matter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page


@cache
def empty() -> str:
    return render_page(evidence())


@cache
def urgent() -> str:
    """Return the page of a campaign without publications, in which a post needs a person."""
    lost = "The connection broke after sending; the timeline shows no copy."
    return render_page(
        evidence(
            deliveries=[
                delivery(1, State.NEEDS_HUMAN, reason=lost),
                delivery(2, State.MISSED, due=ago(hours=30), reason="The machine was off."),
                delivery(3, State.REJECTED, reason="403: the platform refused the text."),
            ]
        )
    )


@cache
def waiting() -> str:
    """Return a page on which much needs a person."""
    held = "Post %s is held until somebody approves it: groundswell review"
    lines = tuple(Matter(held % n) for n in "abc")
    return render_page(sample_evidence(), attention=lines, scheduled_ahead=3)


@cache
def arrivals() -> str:
    """Return the page of arrivals by a share page, with a day without a file."""
    counts = {
        shared(1, "x", "hart-data"): 30,
        shared(3, "mail", "nimbus"): 60,
        shared(1, "x", "typed"): 2,
        posted(1, "x"): 15,
    }
    return render_page(share_evidence(reading(counts)), names=["share"])


PAGES: dict[str, Callable[[], str]] = {
    "played": sample_page,
    "empty": empty,
    "urgent": urgent,
    "waiting": waiting,
    "arrivals": arrivals,
}


def opened(browser: Browser, folder: Path, name: str, **context: object) -> Page:
    """Open a page with all that it can fold out, and let axe in, which its own policy forbids."""
    found = OpenedPage(browser, folder, PAGES[name](), bypass_csp=True, **context)
    found.page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    let_axe_in(found.page)
    return found.page


LEAST_PASSES = 16
"""How many rules axe has applied if it saw the page."""


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_axe_finds_no_fault(
    browser: Browser, tmp_path: Path, name: str, scheme: str, width: int
) -> None:
    viewport = {"width": width, "height": 900}
    page = opened(browser, tmp_path, name, color_scheme=scheme, viewport=viewport)
    assert axe_faults(page, LEAST_PASSES) == []


def test_axe_finds_no_fault_on_paper(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, "played")
    page.emulate_media(media="print")
    assert axe_faults(page, LEAST_PASSES) == []


def test_axe_would_find_a_fault(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, "played")
    page.evaluate("document.querySelector('.chart').removeAttribute('aria-label')")
    page.evaluate("document.querySelector('.sub').style.color = '#ccc'")
    found = {violation["id"]: violation["impact"] for violation in ask_axe(page)["violations"]}
    assert found == {"svg-img-alt": "serious", "color-contrast": "serious"}
