"""Read the evidence of a report, and its first screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bot.reports.period import ALL_DAYS
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from datetime import datetime

    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.period import DayRange
    from bot.runtime.app import App


class ReportSource(NamedTuple):
    """The content of a report."""

    evidence: Evidence
    answer: Answer | None
    """Its first screen, if it has one."""
    now: datetime
    """When it was read."""


def read_report(
    app: App,
    campaign: str | None = None,
    days: DayRange = ALL_DAYS,
    *,
    detailed: bool = False,
    first_screen: bool = True,
) -> ReportSource:
    """Return the content of a report on a campaign, or on all.

    Files with mistakes still contribute names. Raise UserError for an unknown campaign, and
    FutureDaysError for days that are yet to come.
    """
    from bot.checking import check

    now = app.clock.now()
    campaigns = check(app.config, now).campaigns
    known = {item.id for item in campaigns}
    if campaign is not None and campaign not in known:
        known |= {delivery.campaign for delivery in app.queue.all()}
        require_name("report", "campaign", campaign, known)
    evidence, answer = app.evidence.report(
        campaigns,
        now=now,
        campaign=campaign,
        days=days,
        detailed=detailed,
        first_screen=first_screen,
    )
    return ReportSource(evidence, answer, now)
