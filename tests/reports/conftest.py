"""A browser for the tests of the report page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")  # while it runs, no other event loop can in this thread
def browser() -> Iterator[Browser]:
    from helpers.browser import chromium  # heavy, and most tests do without it

    with chromium() as started:
        yield started
