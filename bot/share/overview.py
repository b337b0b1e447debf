"""The page that lists the share pages in a folder. It has no words but those of the campaigns.

It has no script to hide an intro after its last day, and shows none that has such a day.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.pages import page_environment, security_policy, type_style
from bot.share.page import PICTURE_SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from bot.share.filled import FilledCampaign

_HERE = Path(__file__).parent


def render_overview(campaigns: Sequence[FilledCampaign]) -> str:
    """Return the page as text, to be written as UTF-8. There is at least one campaign."""
    first = campaigns[0].pages[0].content
    speakers = [
        campaign.pages[0].content.partner or campaign.pages[0].content.organisation
        for campaign in campaigns
    ]
    style = type_style() + (_HERE / "overview.css").read_text(encoding="utf-8")
    return _template().render(
        policy=security_policy(style, pictures=PICTURE_SOURCES),
        style=style,
        language=first.language,
        direction=first.direction,
        title=" · ".join(dict.fromkeys(speakers)),
        campaigns=campaigns,
    )


@cache
def _template() -> Template:
    return page_environment(_HERE).get_template("overview.html.j2")
