"""The share pages of the campaigns that a demo plays, as they are on the demo's day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.services.share_page import build_share_pages

if TYPE_CHECKING:
    from bot.services.demo import Demo


def build_demo_pages(playing: Demo, folder: Path) -> Path | None:
    """Build the share pages below a demo's folder, and return the first of them.

    Return None if no campaign has one. Raise UserError if the pages cannot be written.
    """
    if not any(campaign.share for campaign in playing.app.files.read().campaigns):
        return None
    config, now = playing.app.config, playing.now()
    built = build_share_pages(config, folder / "share", now, pretended=True)
    return Path(built.campaigns[0].pages[0].file)
