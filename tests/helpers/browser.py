"""Debian's Chromium for the tests of pages, and a page's errors and requests."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.extras import WANTED, skip_without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@contextmanager
def chromium(*flags: str, programs: Path | None = None) -> Iterator[Browser]:
    """Yield a browser with these flags besides; without Chromium, skip or fail.

    It finds the machine's other programs, such as that for mail, in the folder ``programs`` first.
    """
    if not (WANTED and CHROMIUM.exists()):
        skip_without("a browser", "apt-get install -y chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = f"{programs}{os.pathsep}" if programs else ""
        environment: dict[str, str | float | bool] = {**os.environ}
        environment["PATH"] = path + os.environ["PATH"]
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, *flags], env=environment
        )
        yield started
        started.close()


class OpenedPage:
    """A page opened from a file, with its errors, dialogs and requests."""

    def __init__(self, browser: Browser, folder: Path, html: str, **context: object) -> None:
        path = folder / "report.html"
        path.write_text(html, encoding="utf-8")
        self.page: Page = browser.new_context(**context).new_page()  # type: ignore[arg-type]
        self.faults = watch(self.page, "file:", "data:")
        self.page.goto(path.as_uri())


def watch(page: Page, *ours: str) -> list[str]:
    """Return the list to which a page's errors, dialogs and requests will be added.

    Requests of addresses that begin with one of ``ours`` are left out.
    """
    faults: list[str] = []

    def note_request(url: str) -> None:
        if not url.startswith(ours):
            faults.append(f"request: {url}")

    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: note_request(request.url))
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " e => console.error('policy: ' + e.violatedDirective))"
    )
    return faults
