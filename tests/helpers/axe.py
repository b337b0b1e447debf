"""axe-core, which looks for faults in pages that people with a disability would meet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from helpers.extras import WANTED, skip_without

if TYPE_CHECKING:
    from playwright.sync_api import Page

_AXE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def let_axe_in(page: Page) -> None:
    """Load axe into a page, whose own policy is bypassed; without axe, skip or fail."""
    if not (WANTED and _AXE.exists()):
        skip_without("axe-core", "npm ci --prefix tests --ignore-scripts")
    page.evaluate(_AXE.read_text(encoding="utf-8"))


def ask_axe(page: Page) -> dict[str, list[dict[str, Any]]]:
    """Return all that axe says of a page into which it was let."""
    found: dict[str, list[dict[str, Any]]] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return found


def axe_faults(page: Page, least_passes: int = 13) -> list[str]:
    """Return the faults of a page as it is now; axe was let in, and has looked at enough."""
    found = ask_axe(page)
    assert len(found["passes"]) >= least_passes, "axe looked at next to nothing"
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def axe_faults_in_light_and_dark(page: Page) -> list[str]:
    """Let axe into a page, and return its faults in both schemes of colours."""
    let_axe_in(page)
    faults = []
    for scheme in _SCHEMES:
        page.emulate_media(color_scheme=scheme)
        faults += [f"{scheme}: {fault}" for fault in axe_faults(page)]
    return faults
