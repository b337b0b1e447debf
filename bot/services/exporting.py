"""What is planned, as a spreadsheet or a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.authoring.exporting import as_ics, calendar_posts, planned_deliveries
from bot.authoring.exports.rows import HEADINGS, as_csv, sheet_rows
from bot.authoring.workbook import as_workbook
from bot.planning.unplanned import posts_beyond_horizon
from bot.services.plan import later_views

if TYPE_CHECKING:
    from typing import Literal

    from bot.authoring.checking import CheckResult
    from bot.authoring.exporting import ExportSpan
    from bot.runtime.app import App
    from bot.services.views_plan import LaterView


@dataclass(frozen=True, slots=True)
class ExportedPlan:
    """A file for a spreadsheet or a calendar."""

    content: str | bytes
    """The file; bytes for a workbook."""
    posts: int
    """The posts in it."""
    rows: int
    """The rows of a sheet, where a post has one for each text; a calendar has one entry a post."""
    later: tuple[LaterView, ...]
    """Posts that are not in it yet, as they are due beyond the horizon."""


def export_plan(
    app: App, checked: CheckResult, span: ExportSpan, form: Literal["csv", "xlsx", "ics"]
) -> ExportedPlan:
    """Return what is planned in a span, and what has become of it.

    Raise UserError for unknown accounts, and for two posts of one name.
    """
    planned = planned_deliveries(app.queue_sync.plan(checked).actions, app.queue.all())
    posts, campaigns = calendar_posts(planned, span), checked.campaigns
    later = later_views(
        item
        for item in posts_beyond_horizon(campaigns, span.now, app.config.horizon)
        if span.includes_day(item.post.campaign, item.local.date())
    )
    if form == "ics":
        text = as_ics(posts, campaigns, app.config.accounts, span)
        return ExportedPlan(text, len(posts), len(posts), later)
    within = [(item, state) for item, state in planned if span.includes(item)]
    rows = sheet_rows(within, campaigns, app.config.campaigns)
    content = as_workbook(rows, HEADINGS) if form == "xlsx" else as_csv(rows)
    return ExportedPlan(content, len(posts), len(rows), later)
