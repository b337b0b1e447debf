"""Read the evidence of a report and its first screen, and write them in a format."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from bot.checking import without_gc
from bot.errors import Problem, UserError
from bot.model import EVERYTHING, Scope
from bot.model.share import NETWORK_NAMES
from bot.reports import render, tables
from bot.reports.arrivals import marks_by_name
from bot.reports.catalogue import REPORTS
from bot.reports.period import ALL_DAYS, FutureDaysError
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path

    from bot.arrivals.reading import Progress
    from bot.model import Campaign
    from bot.model.arrivals import ArrivalReading
    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.period import DayRange
    from bot.runtime.app import App

REPORT_NAMES = tuple(REPORTS)

ROW_LIMITS = {"terminal": 20, "html": 300}
"""Most rows of a table in formats for people; formats for programs have all rows."""

DETAILS = ("phase", "platform", "hour", "week")
"""Reports that are shown only by name."""

FROM_FILES = ("share",)
"""Reports on files that only a person at the command line can name."""

STORED_REPORTS = tuple(name for name in REPORT_NAMES if name not in FROM_FILES)
"""Reports that need nothing but the campaigns and the database."""

DEFAULT_REPORTS = tuple(name for name in STORED_REPORTS if name not in DETAILS)


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
    scope: Scope = EVERYTHING,
    files: Sequence[Path] = (),
    progress: Progress = lambda _done, _all: None,
) -> ReportSource:
    """Return the content of a report on a campaign, or on all, as far as a person sees them.

    Files with mistakes still contribute names. ``files`` hold the arrivals for the report on
    share pages, and ``progress`` is called while they are read. Raise UserError for an unknown
    campaign and for such a file, and FutureDaysError for days that are yet to come.
    """
    now = app.clock.now()
    campaigns = app.files.read().campaigns
    known = {item.id for item in campaigns if scope.sees_campaign(item.id)}
    if campaign is not None and campaign not in known:
        known |= {of.campaign for of in app.queue.all() if scope.sees(of.campaign, of.account)}
        require_name("report", "campaign", campaign, known)
    evidence, answer = app.evidence.report(
        campaigns,
        now=now,
        campaign=campaign,
        days=days,
        detailed=detailed,
        first_screen=first_screen,
        scope=scope,
    )
    if files:
        arrivals = _read_arrivals(app, evidence.campaigns, files, progress)
        evidence = replace(evidence, arrivals=arrivals)
    return ReportSource(evidence, answer, now)


def _read_arrivals(
    app: App, campaigns: Sequence[Campaign], files: Sequence[Path], progress: Progress
) -> ArrivalReading:
    """Return the arrivals by links of these campaigns. Raise UserError for the files."""
    from bot.arrivals.reading import read_arrivals  # few reports count arrivals

    accounts = app.config.accounts
    known = {*NETWORK_NAMES, "share", "post", *accounts, *(of.platform for of in accounts.values())}
    for campaign in campaigns:
        known |= {*campaign.partners}
        if page := campaign.share:
            known |= {wording.id for wording in page.wordings} | page.partners.keys()
        for post in campaign.posts:
            known |= {post.id, *(f"{post.id}.{wording.name}" for wording in post.wordings)}
    return read_arrivals(files, marks_by_name(campaigns), known=known, progress=progress)


def known_campaigns(app: App, scope: Scope = EVERYTHING) -> list[tuple[str, str]]:
    """Return the ids and titles of the campaigns in the files, as far as a person sees them."""
    campaigns = app.files.read().campaigns
    return [(item.id, item.title) for item in campaigns if scope.sees_campaign(item.id)]


def report_day(app: App, campaign: str | None, scope: Scope) -> date:
    """Return the present day in the timezone that a report on a campaign, or on all, speaks in."""
    campaigns = app.files.read().campaigns
    seen = [of for of in campaigns if scope.sees_campaign(of.id) and campaign in {None, of.id}]
    return app.clock.now().astimezone(app.evidence.zone(seen)).date()


def default_reports(form: str) -> tuple[str, ...]:
    """Return the reports of a format if nobody asks for one by name or names a file."""
    return {"csv": ("post",), "json": STORED_REPORTS}.get(form, DEFAULT_REPORTS)


def write_report(
    app: App,
    form: str,
    *,
    scope: Scope,
    campaign: str | None = None,
    account: str | None = None,
    days: DayRange = ALL_DAYS,
    by: str | None = None,
) -> str:
    """Return a report for a person in a format, as ``groundswell report`` writes it.

    It has the reports that the command shows, or only the one named by ``by``. With ``account``,
    it is about the posts of that account only. Raise UserError for a name or days that it cannot
    be about.
    """
    if account is not None:
        seen = [name for name in app.config.accounts if scope.sees_account(name)]
        require_name("report", "account", account, seen)
        scope = Scope(frozenset({account}), scope.campaigns)
    wanted = (by,) if by else default_reports(form)
    first_screen = form == "html" or not (by or form == "csv")
    try:
        with without_gc():  # it takes nearly twice as long otherwise
            evidence, answer, now = read_report(
                app,
                campaign,
                days,
                detailed=form == "html",
                first_screen=first_screen,
                scope=scope,
            )
            return render_report(evidence, form, wanted, now, answer=answer)
    except FutureDaysError as error:
        hint = "Choose days up to today."
        raise UserError(
            [Problem("report", 0, 0, "W201", f"{str(error).capitalize()}.", hint)]
        ) from error


def render_report(
    evidence: Evidence,
    form: str,
    wanted: Sequence[str],
    now: datetime,
    rows: int | None = None,
    *,
    answer: Answer | None = None,
    width: int = 100,
    color: bool = False,
) -> str:
    """Return the reports in a format; ``rows`` limits each table, and 0 means no limit."""
    limit = ROW_LIMITS.get(form) if rows is None else rows or None
    evidence = replace(evidence, row_limit=limit)
    shown = tables(evidence, now, wanted)
    if {*wanted} - {*FROM_FILES} == {*DEFAULT_REPORTS}:  # nobody asked for a report by name
        shown = [table for table in shown if table.says_something]
    return render(form, evidence, shown, now, answer=answer, width=width, color=color)
