"""``groundswell report``: what moved people, and what it cost."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.authoring.checking import without_gc
from bot.cli import output
from bot.cli.main import (
    CampaignOption,
    ConfigPath,
    Json,
    command_group,
    day_option,
    load_config,
    open_app,
)
from bot.errors import UserError
from bot.reports.catalogue import REPORTS
from bot.yamlsource.problems import unknown_name

if TYPE_CHECKING:
    from bot.config import Config
    from bot.reports import Evidence
    from bot.services.evidence import DayRange

app = command_group()

FORMATS = {
    "table": "terminal",
    **{name: name for name in ("csv", "json", "markdown", "html")},
}
REPORT_NAMES = tuple(REPORTS)
ROW_LIMITS = {"terminal": 20, "html": 300}
"""Most rows of a table in formats for people, who look for the largest; programs get all."""

DETAILS = frozenset({"phase", "platform", "hour", "week"})
"""Reports that a table in the terminal or in Markdown leaves out unless they are asked for."""

DEFAULT_REPORTS = tuple(name for name in REPORT_NAMES if name not in DETAILS)


@app.command()
def report(
    *,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="WHAT",
            help=f"{', '.join(REPORT_NAMES)}; may be repeated (default: all that fit; csv: post).",
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="table, csv, json, markdown or html."),
    ] = "table",
    to: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write it to this file, which only you may read if it is new.",
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    campaign: CampaignOption = None,
    since: Annotated[datetime | None, day_option("Only posts published from this day on.")] = None,
    until: Annotated[datetime | None, day_option("Only posts published up to this day.")] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Most rows of a table; 0 for all (default: 20 in the terminal, 300 in html).",
        ),
    ] = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Report impressions, engagement, growth since yesterday and spending.

    The html format is one page with charts that opens offline; it is written to
    reports/report.html. What was not read is shown as no data, never as 0. Days are those of the
    audience's timezone; posts are shown with all that they have reached up to now.
    """
    from bot.services.evidence import DayRange

    if as_json and form not in {"table", "json"}:
        raise typer.BadParameter(f"use either --json or --format {form}", param_hint="--json")
    form = "json" if as_json else form
    wanted = _selected_reports(by, form)
    if show and form != "html":
        raise typer.BadParameter(
            "only a page can be opened: use --format html", param_hint="--open"
        )
    if since and until and since > until:
        raise typer.BadParameter("it ends before it begins", param_hint="--until")
    settings = load_config(config)
    with without_gc():  # which would scan ten thousand posts again and again
        days = DayRange(since and since.date(), until and until.date())
        evidence, now = read_evidence(settings, campaign, days, detailed=form == "html")
        text = render_report(evidence, FORMATS[form], wanted, now, rows)
    if form == "html":
        page = to or settings.reports / "report.html"
        output.write_file(page, text)
        output.error_line(f"The page is {page.resolve()}")
        if show:
            typer.launch(page.resolve().as_uri())
    elif to:
        output.write_file(to, text)
        output.error_line(f"Written to {to}")
    else:
        sys.stdout.write(text)


def _selected_reports(by: list[str] | None, form: str) -> tuple[str, ...]:
    if form not in FORMATS:
        raise typer.BadParameter(f"use one of {', '.join(FORMATS)}", param_hint="--format")
    unknown = [name for name in by or () if name not in REPORT_NAMES]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]} is not one of {', '.join(REPORT_NAMES)}", param_hint="--by"
        )
    if form == "csv":
        return tuple(by or ("post",))
    return tuple(by or (REPORT_NAMES if form in {"json", "html"} else DEFAULT_REPORTS))


def read_evidence(
    settings: Config, campaign: str | None, days: DayRange, *, detailed: bool
) -> tuple[Evidence, datetime]:
    """Return the evidence for a report, and now; files with mistakes still contribute names."""
    from bot.authoring.checking import check
    from bot.services.evidence import gather_evidence

    with open_app(settings) as opened_app:
        now = opened_app.clock.now()
        campaigns = check(settings, now).campaigns
        known = {item.id for item in campaigns}
        if campaign is not None and campaign not in known:
            known |= {delivery.campaign for delivery in opened_app.queue.all()}
            if campaign not in known:  # its report would say that nothing was published
                raise UserError([unknown_name("report", "R901", "campaign", campaign, known)])
        evidence = gather_evidence(
            opened_app, campaigns, now=now, campaign=campaign, days=days, detailed=detailed
        )
        return evidence, now


def render_report(
    evidence: Evidence,
    form: str,
    wanted: tuple[str, ...],
    now: datetime,
    rows: int | None = None,
) -> str:
    """Return the reports in a format, with at most so many rows a table; 0 is all of them."""
    from bot.reports import render, tables

    limit = ROW_LIMITS.get(form) if rows is None else rows or None
    evidence = replace(evidence, row_limit=limit)
    width = shutil.get_terminal_size((100, 24)).columns
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return render(form, evidence, tables(evidence, now, wanted), now, width=width, color=color)
