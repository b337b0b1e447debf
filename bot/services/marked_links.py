"""The links of posts and share pages, with the marks that they get or the reason for none."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

from bot.link_marks import reason_to_leave
from bot.model import PostLink
from bot.platforms import LOADED
from bot.schedules.local_time import zone
from bot.services.plan import check_or_raise
from bot.services.views_share import MarkedLinkView
from bot.share.filling import fill_campaign
from bot.text import entity_finder
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bot.config import Config
    from bot.model import Account, Campaign, Wording


def read_marked_links(config: Config, now: datetime, campaign: str | None) -> list[MarkedLinkView]:
    """Return the links of one campaign or of all, in the order of the files.

    The share page is that of the day. Raise UserError with every mistake in the files, or for an
    unknown campaign.
    """
    checked = check_or_raise(config, now).campaigns
    if campaign:
        require_name("share links", "campaign", campaign, {item.id for item in checked})
    chosen = [item for item in checked if campaign in (None, item.id)]
    found = (
        view
        for item in chosen
        for view in (*_in_posts(item, config.accounts), *_on_share_page(item, now))
    )
    return list(dict.fromkeys(found))  # a post on several events has the same links for each


def _in_posts(campaign: Campaign, accounts: Mapping[str, Account]) -> Iterator[MarkedLinkView]:
    for post in campaign.posts:
        names: dict[str, list[str]] = defaultdict(list)
        for name in post.accounts:
            names[accounts[name].platform].append(name)
        for wording, platform in product(post.wordings, names):
            for link in _links(campaign, wording, platform):
                yield MarkedLinkView(
                    campaign=campaign.id,
                    kind="post",
                    name=post.id,
                    wording=wording.name,
                    network=platform,
                    accounts=tuple(names[platform]),
                    typed=link.typed,
                    link=link.link,
                    reason=link.reason,
                    file=post.mark.file,
                    line=post.mark.line,
                )


def _links(campaign: Campaign, wording: Wording, platform: str) -> Iterator[PostLink]:
    """Yield the links of a wording; without marks, they are looked for in its texts."""
    if campaign.link_marks:
        yield from wording.links
        return
    find = entity_finder(LOADED, platform)
    for part in wording.content.parts:
        for kind, entity in find(part.text):
            if kind == "link":
                typed = part.text[entity.start : entity.end]
                yield PostLink(typed, typed, reason_to_leave(typed, None))


def _on_share_page(campaign: Campaign, now: datetime) -> Iterator[MarkedLinkView]:
    if (share := campaign.share) is None:
        return
    day = now.astimezone(zone(campaign.timezone)).date()
    marks = {wording.id: wording.mark for wording in share.wordings}
    for partner in (None, *share.partners):
        for link in fill_campaign(campaign, day, partner).links:
            yield MarkedLinkView(
                campaign=campaign.id,
                kind="share",
                name=link.wording,
                network=link.network,
                partner=partner or "",
                language=link.language,
                typed=link.typed,
                link=link.link,
                counter=link.counter,
                reason=link.reason,
                file=marks[link.wording].file,
                line=marks[link.wording].line,
            )
