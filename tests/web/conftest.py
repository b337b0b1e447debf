"""The control room for the tests of its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

# Modules of other folders load it as a plugin, and may come after these.
pytest.register_assert_rewrite("helpers.run")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.web import WebSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WebSite]:
    """Yield a running control room with two accounts and no posts."""
    from helpers.web import serve_site  # heavy, and most tests do without it

    with serve_site(tmp_path) as running:
        yield running
