"""The lines that ``groundswell share build`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli import output
from bot.services.share_page import describe_left_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.services.views_share import BuiltCampaign, BuiltFolderView

HEAVY_PAGE = 100_000
"""A page with more bytes than this loads slowly on a weak line."""


def built_lines(built: BuiltFolderView) -> Iterator[str]:
    """Yield the lines on a built folder: its pages, the parts left out, and its last day."""
    for item in built.campaigns:
        yield from _campaign_lines(item)
    for path in built.removed:
        yield f"Removed, as it is not needed any more: {path}"
    for path in built.kept:
        yield f"Not needed any more, but changed since it was built, so that it stays: {path}"
    yield from _former_lines(built)
    for name in built.without:
        whose = f" in the name of {built.partner}" if built.partner else ""
        yield f"The campaign {name} has no share page{whose}."
    pages = output.pluralize(sum(len(item.pages) for item in built.campaigns), "page")
    yield f"{pages} in {built.folder}, {_kilobytes(built.size)} with pictures."
    if built.until:
        yield f"They may stand until {built.until}. Build them again by then."


def _campaign_lines(item: BuiltCampaign) -> Iterator[str]:
    yield item.campaign
    for page in item.pages:
        heavy = "; that is a lot for a phone" if page.size > HEAVY_PAGE else ""
        yield f"  {page.language}  {page.file} ({_kilobytes(page.size)}{heavy})"
        if page.address:
            yield f"      for {page.address}"
    for line in describe_left_out(item.left_out):
        yield f"  Left out: {line}"
    if item.pictures and any(left_out.kind == "fact" for left_out in item.left_out):
        yield "  Look whether another picture on it shows a fact that was left out."
    if item.counted_links:
        yield from _counter_lines(item)
    if item.until:
        yield f"  A fact on it is due for review after {item.until}."
    if item.fixed_until:
        yield (
            f"  Its title, a demand or the subject of mails has a figure that is due after "
            f"{item.fixed_until}. The page cannot hide it by itself, so build it again by then."
        )
    if item.embargo:
        yield f"  Embargo: do not publish it before {item.embargo_local}."
    if item.needs_approval:
        yield "  No approval of posts covers it. Have somebody read it before you publish it."


def _former_lines(built: BuiltFolderView) -> Iterator[str]:
    """Yield the lines on links of earlier builds."""
    if built.former_links:
        links = output.pluralize(built.former_links, "link")
        yield (
            f"{links} of earlier builds, which supporters may have posted, still lead on. "
            "groundswell share serve has to answer for them."
        )
    if built.lost_links:
        links = output.pluralize(len(built.lost_links), "link")
        names = ", ".join(dict.fromkeys(path.partition("/")[0] for path in built.lost_links))
        yield (
            f"{links} of earlier builds lead nowhere now, as no campaign file has a page or a site "
            f"for them: {names}. To save them, put the campaign's file and the old folder back."
        )


def _counter_lines(item: BuiltCampaign) -> Iterator[str]:
    address = item.pages[0].address or ""
    links = output.pluralize(item.counted_links, "link")
    yield f"  {links} lead through {address}g/, where groundswell share serve has to answer."
    if not address.endswith(f"/{item.campaign}/"):
        yield f"  It answers at /{item.campaign}/g/, to which a proxy has to lead."


def _kilobytes(size: int) -> str:
    return f"{max(1, round(size / 1000)):,} kB"
