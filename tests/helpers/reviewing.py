"""Posts that wait for approval, as ``groundswell review`` lists them and asks about each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.cli.review import review_each
from helpers.cli import captured

if TYPE_CHECKING:
    from helpers.run import SandboxProject


def listed(ours: SandboxProject, *args: str) -> list[dict[str, Any]]:
    """Return the posts that wait or are refused."""
    ran = ours.run_cli("review", "--json", *args)
    assert ran.code == 0, ran.err
    rows: list[dict[str, Any]] = json.loads(ran.out)
    return rows


def through(ours: SandboxProject, who: str, *given: str) -> str:
    """Review the waiting posts with these answers; return the output."""
    left = list(given)
    with ours.app() as app, captured() as (out, _):
        review_each(app, None, who, lambda: left.pop(0))
    return out.text
