"""``groundswell report`` shows engagement and spending, on a first screen and in tables."""

from __future__ import annotations

import os
import re
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.checking import without_gc
from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.services.reporting import (
    DETAILS,
    REPORT_NAMES,
    default_reports,
    read_report,
    render_report,
)

if TYPE_CHECKING:
    from bot.config import Config
    from bot.reports import Evidence
    from bot.reports.answer import Answer
    from bot.reports.period import DayRange
    from bot.services.reporting import ReportSource


_DAYS = re.compile(r"([1-9][0-9]{0,3})([dw])")


def report(
    more_files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="More files for --arrivals, so that a pattern such as access.log* can follow it.",
        ),
    ] = None,
    *,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help=f"Only the table of {', '.join(REPORT_NAMES)}; may be repeated (default: those "
            f"with several rows, except {', '.join(DETAILS[:-1])} and {DETAILS[-1]}; json: all; "
            "csv: post; share only with --arrivals). "
            "Week is how posts did by weekday and hour, which html draws as a map.",
        ),
    ] = None,
    form: Annotated[
        Literal["table", "csv", "json", "markdown", "html"],
        typer.Option("--format", metavar="FORMAT", help="table, csv, json, markdown or html."),
    ] = "table",
    to: options.Output = None,
    show: Annotated[
        bool, typer.Option("--open", help="Open the html page in the browser.")
    ] = False,
    campaign: options.Campaign = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS|DATE",
            help="The period: 30d or 2w for the past days or weeks, or a first day such as "
            "2026-11-01 (default: 7d, and tables of all posts).",
        ),
    ] = None,
    until: Annotated[datetime | None, options.day("The last day of the period.")] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Most rows of a table, or 0 for all (default: 20 in the terminal, 300 in html).",
        ),
    ] = None,
    arrivals: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A web log, a CSV of your analytics or the counters of share serve, in which "
            "--by share counts who arrived by marked links; may be repeated.",
        ),
    ] = None,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Report the posts that moved people, those that did not, open decisions, and costs.

    The first screen compares the engagement that posts gained in the past seven days, or in the
    period of --since, with the period before. The tables are about the posts that went out in the
    period of --since, or about all posts, and count their engagement up to now. Days are in the
    timezone of the audience. A missing figure is shown as no data, never as 0.

    The html format is one page with charts, which opens offline. It is written to
    reports/report.html.
    """
    if as_json and form not in {"table", "json"}:
        raise typer.BadParameter(f"use either --json or --format {form}", param_hint="--json")
    form = "json" if as_json else form
    files = _arrival_files(arrivals, more_files, by)
    wanted = _selected_reports(by, form, with_arrivals=bool(files))
    if show and form != "html":
        raise typer.BadParameter(
            "only a page can be opened: use --format html", param_hint="--open"
        )
    days = _parse_days(since, until)
    settings = load_config(config)
    first_screen = form == "html" or not (by or form == "csv")
    with without_gc():  # the collector would scan ten thousand posts again and again
        evidence, answer, now = _read(
            settings, campaign, days, files, detailed=form == "html", first_screen=first_screen
        )
        written = "terminal" if form == "table" else form
        text = show_report(evidence, written, wanted, now, rows, answer=answer, plain=bool(to))
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


def _arrival_files(
    arrivals: list[Path] | None, more: list[Path] | None, by: list[str] | None
) -> list[Path]:
    """Return the files of --arrivals. Raise BadParameter without a file that is needed."""
    if more and not arrivals:
        raise typer.BadParameter(
            f"name files after --arrivals, as in --arrivals {more[0]}", param_hint="FILE"
        )
    if "share" in (by or ()) and not arrivals:
        raise typer.BadParameter(
            "share counts who arrived from your share page, and needs --arrivals FILE, with the "
            "access log of your web server or a CSV of your analytics. docs/reports.md says, under "
            "“Did the share page help?”, how to get one.",
            param_hint="--by",
        )
    return [*(arrivals or ()), *(more or ())]


def _selected_reports(by: list[str] | None, form: str, *, with_arrivals: bool) -> tuple[str, ...]:
    unknown = [name for name in by or () if name not in REPORT_NAMES]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]} is not one of {', '.join(REPORT_NAMES)}", param_hint="--by"
        )
    if not with_arrivals:
        return tuple(by or default_reports(form))
    others = by or (() if form == "csv" else default_reports(form))
    return tuple(dict.fromkeys([*others, "share"]))


def _parse_days(since: str | None, until: datetime | None) -> DayRange:
    from bot.reports.period import DayRange

    last = until and until.date()
    if since and (match := _DAYS.fullmatch(since)):
        return DayRange(last=last, days=int(match[1]) * (7 if match[2] == "w" else 1))
    try:
        first = since and options.parse_day(since).date()
    except typer.BadParameter as error:
        words = f"{error.message} Or as a number of days, such as 7d."
        raise typer.BadParameter(words, param_hint="'--since'") from None
    if first and last and first > last:
        raise typer.BadParameter("the last day is before the first", param_hint="--until")
    return DayRange(first or None, last)


def _read(
    settings: Config,
    campaign: str | None,
    days: DayRange,
    files: list[Path],
    *,
    detailed: bool,
    first_screen: bool,
) -> ReportSource:
    from bot.reports.period import FutureDaysError

    with open_app(settings) as opened_app, output.progress_bar("Reading") as shown:
        try:
            return read_report(
                opened_app,
                campaign,
                days,
                detailed=detailed,
                first_screen=first_screen,
                files=files,
                progress=lambda done, size: shown and shown(done / max(1, size)),
            )
        except FutureDaysError as error:
            raise typer.BadParameter(str(error), param_hint="'--since'") from None


def show_report(
    evidence: Evidence,
    form: str,
    wanted: tuple[str, ...],
    now: datetime,
    rows: int | None = None,
    *,
    answer: Answer | None = None,
    plain: bool = False,
) -> str:
    """Return the reports in a format, in the terminal's width, and in its colours unless plain."""
    width = shutil.get_terminal_size((100, 24)).columns
    color = not plain and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return render_report(evidence, form, wanted, now, rows, answer=answer, width=width, color=color)
