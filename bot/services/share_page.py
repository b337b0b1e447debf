"""Build the share pages of the campaigns as they stand today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.schedules.local_time import format_local, zone
from bot.services.plan import check_or_raise
from bot.services.views_share import BuiltCampaign, BuiltFolderView, BuiltPage, LeftOut
from bot.share.build import build_folder, built_campaigns, read_former_links
from bot.share.filling import fill_campaign
from bot.share.links import PageLinks, keep_former
from bot.share.listed import INDEX
from bot.share.networks import NETWORKS
from bot.yamlsource.problems import did_you_mean, require_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.config import Config
    from bot.model import Campaign
    from bot.share.filled import FilledCampaign

_SOURCE = "share build"
_NAMES = {
    "intro": "the intro in {}",
    "subject": "the subject in {}",
    "fact": "the fact {}",
    "wording": "the wording {}",
    "picture": "the picture {}",
    "card": "the card in {}",
    "card words": "words on the card in {}",
}


def build_share_pages(
    config: Config,
    out: Path,
    now: datetime,
    *,
    campaign: str | None = None,
    partner: str | None = None,
    pretended: bool = False,
    progress: Callable[[float], None] | None = None,
) -> BuiltFolderView:
    """Build the pages of one campaign or of all, in the name of a partner if one is given.

    If ``now`` is ``pretended``, as in a demo, the pages say so. Raise UserError with every mistake
    in the files, if no page may be built, or if the folder is not for these or cannot be written.
    """
    _require_apart(config, out)
    checked = check_or_raise(config, now)
    chosen = _choose(checked.campaigns, campaign)
    shared = _with_page(chosen, partner)
    _require_alone(out, campaign)
    filled = [
        fill_campaign(
            item, now.astimezone(zone(item.timezone)).date(), partner, pretended=pretended
        )
        for item in shared
    ]
    former = keep_former(
        read_former_links(out),
        {path for pages in filled for path in pages.redirects},
        [*_page_links(checked.campaigns, partner)],
    )
    result = build_folder(out, filled, progress, former.kept)
    built = tuple(
        _view(item, pages, out, result.sizes, now)
        for item, pages in zip(shared, filled, strict=True)
    )
    return BuiltFolderView(
        folder=str(out),
        partner=partner,
        campaigns=built,
        until=min((item.until for item in built if item.until), default=None),
        files=len(result.sizes),
        size=sum(result.sizes.values()),
        removed=result.removed,
        kept=result.kept,
        former_links=len(former.kept),
        lost_links=former.lost,
        without=tuple(item.id for item in chosen if item not in shared),
        warnings=checked.problems,
    )


def _require_apart(config: Config, out: Path) -> None:
    """Raise UserError if the pages would stand beside the config, or among the campaign files."""
    folder, campaigns = out.resolve(), config.campaigns.resolve()
    if folder.is_relative_to(campaigns) or campaigns.is_relative_to(folder):
        message = f"The pages would stand among the campaign files of {config.campaigns}."
    elif config.path.parent.resolve().is_relative_to(folder):
        message = f"The pages would stand beside {config.path}."
    else:
        return
    hint = "Name a folder for the pages alone, such as public, which a web server may show whole."
    raise UserError([Problem(str(out), 0, 0, "H108", message, hint)])


def _require_alone(out: Path, campaign: str | None) -> None:
    """Raise UserError if a build of one campaign would remove the pages of others."""
    if campaign and (others := sorted(built_campaigns(out) - {campaign})):
        message = f"--campaign {campaign} would remove other pages here: {', '.join(others)}."
        hint = f"Build without --campaign, or name a folder for {campaign} alone."
        raise UserError([Problem(str(out), 0, 0, "H110", message, hint)])


def _page_links(campaigns: Sequence[Campaign], partner: str | None) -> Iterator[PageLinks]:
    """Yield the links of all campaigns with a page, in the partner's name if one is given."""
    for item in campaigns:
        if item.share and (partner is None or partner in item.share.partners):
            yield PageLinks(item, item.share, item.share.partners[partner] if partner else None)


def view_left_out(filled: FilledCampaign) -> tuple[LeftOut, ...]:
    """Return the parts of a campaign that are not on its pages."""
    return tuple(
        LeftOut(item.kind, item.name, item.network, item.reason) for item in filled.omissions
    )


def describe_left_out(parts: Iterable[LeftOut]) -> Iterator[str]:
    """Yield a line for each reason, with the parts that are not on the pages because of it."""
    by_reason: dict[str, list[str]] = {}
    for part in parts:
        by_reason.setdefault(part.reason, []).append(_name(part))
    for reason, names in by_reason.items():
        yield f"{', '.join(names)}. {reason}"


def _name(left_out: LeftOut) -> str:
    if left_out.kind == "network":
        return f"the buttons for {NETWORKS[left_out.name].name}"
    if left_out.kind == "button":
        network = NETWORKS[left_out.network].name or "mail"
        return f"the button for {network} beside the wording {left_out.name}"
    return _NAMES[left_out.kind].format(left_out.name)


def _choose(campaigns: Sequence[Campaign], name: str | None) -> list[Campaign]:
    if name:
        require_name(_SOURCE, "campaign", name, {item.id for item in campaigns})
    return [item for item in campaigns if name in (None, item.id)]


def _with_page(campaigns: Sequence[Campaign], partner: str | None) -> list[Campaign]:
    """Return the campaigns with a page, in the partner's name if one is given. Raise UserError."""
    shared = [item for item in campaigns if item.share]
    if not shared:
        which = f"The campaign {campaigns[0].id}" if len(campaigns) == 1 else "No campaign"
        message = f"{which} has {'no' if len(campaigns) == 1 else 'a'} share page."
        hint = "Add share: to a campaign's file, with organisation:, and link: or page:."
        raise UserError([Problem(_SOURCE, 0, 0, "H105", message, hint)])
    if partner is None:
        return shared
    named = [item for item in shared if item.share and partner in item.share.partners]
    if not named:
        known = {name for item in shared if item.share for name in item.share.partners}
        message = f"No share page has a partner named {partner}."
        hint = did_you_mean(partner, known, "Add it to partners: of share: in the campaign.")
        raise UserError([Problem(_SOURCE, 0, 0, "H105", message, hint)])
    return named


def _view(
    campaign: Campaign,
    filled: FilledCampaign,
    out: Path,
    sizes: Mapping[str, int],
    now: datetime,
) -> BuiltCampaign:
    pages = []
    for page in filled.pages:
        path = f"{campaign.id}/{page.folder}{INDEX}"
        content = page.content
        pages.append(
            BuiltPage(content.language, str(out / path), content.address or None, sizes[path])
        )
    embargo = campaign.embargo if campaign.embargo and campaign.embargo > now else None
    return BuiltCampaign(
        campaign=campaign.id,
        pages=tuple(pages),
        pictures=len(filled.pictures),
        counted_links=len(filled.redirects),
        left_out=view_left_out(filled),
        until=filled.until,
        fixed_until=filled.fixed_until,
        embargo=embargo,
        embargo_local=format_local(embargo, campaign.timezone) if embargo else None,
        needs_approval=campaign.require_approval > 0,
    )
