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

from bot import files
from bot.cli import output
from bot.cli.frame import ConfigPath, Json, commands, configured, day
from bot.errors import Problem, UserError
from bot.memory import without_collector

if TYPE_CHECKING:
    from bot.app import App
    from bot.config import Config
    from bot.evidence import Days
    from bot.reports import Evidence

app = commands()

FORMATS = {
    "table": "terminal",
    **{name: name for name in ("csv", "json", "markdown", "html")},
}
BY = (
    *("campaign", "demand", "wording", "event", "phase", "account", "platform"),
    *("post", "hour", "week", "spend", "attention"),
)
ROWS = {"terminal": 20, "html": 300}
"""Most rows of a table for people to read, who want the most seen; programs get all."""

SHOWN = ("campaign", "demand", "wording", "event", "account", "post", "spend", "attention")


@app.command()
def report(
    *,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="WHAT",
            help=f"{', '.join(BY)}; may be repeated. All that fit, if not given; csv: post.",
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
            help="Write it to this file; a new one is yours alone to read.",
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    campaign: Annotated[
        str | None,
        typer.Option("--campaign", metavar="ID", help="One campaign only."),
    ] = None,
    since: Annotated[datetime | None, day("The first day on which it went out.")] = None,
    until: Annotated[datetime | None, day("The last day on which it went out.")] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Most rows of a table; 0 for all. 20 in the terminal, 300 on the page, else all.",
        ),
    ] = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Report impressions, engagement, growth since yesterday and spending.

    The html format is one page with charts that opens offline; it goes to reports/report.html. What
    was not read is shown as no data, never as 0. Days are the audience's; what went out on them is
    shown with all that came of it up to now.
    """
    if as_json and form not in {"table", "json"}:
        raise typer.BadParameter(f"it is --json or --format {form}", param_hint="--json")
    form = "json" if as_json else form
    wanted = _wanted(by, form)
    if show and form != "html":
        raise typer.BadParameter("only a page can be opened: --format html", param_hint="--open")
    days = _days(since, until)
    settings = configured(config)
    with without_collector():  # which would walk ten thousand posts again and again
        evidence, now = gathered(settings, campaign, days, fine=form == "html")
        text = rendered(evidence, FORMATS[form], wanted, now, rows)
    if form == "html":
        _page(to or settings.reports / "report.html", text, show=show)
    elif to:
        write(to, text)
        output.error_line(f"Written to {to}")
    else:
        sys.stdout.write(text)


def _page(path: Path, text: str, *, show: bool) -> None:
    write(path, text)
    output.error_line(f"The page is {path.resolve()}")
    if show:
        typer.launch(path.resolve().as_uri())


def _wanted(by: list[str] | None, form: str) -> tuple[str, ...]:
    if form not in FORMATS:
        raise typer.BadParameter(f"it is one of {', '.join(FORMATS)}", param_hint="--format")
    unknown = [name for name in by or () if name not in BY]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(BY)}", param_hint="--by")
    if form == "csv":
        return tuple(by or ("post",))
    return tuple(by or (BY if form in {"json", "html"} else SHOWN))


def _days(since: datetime | None, until: datetime | None) -> Days:
    from bot.evidence import Days

    if since and until and since > until:
        raise typer.BadParameter("it ends before it begins", param_hint="--until")
    return Days(since and since.date(), until and until.date())


def gathered(
    settings: Config, campaign: str | None, days: Days, *, fine: bool
) -> tuple[Evidence, datetime]:
    """Give the evidence for a report, and now. Files with mistakes still lend their names."""
    from bot.app import opened
    from bot.checking import check
    from bot.evidence import gather

    with opened(settings, os.environ) as opened_app:
        now = opened_app.clock.now()
        campaigns = check(settings, now).campaigns
        if campaign is not None:
            _refuse_unknown(campaign, opened_app, {one.id for one in campaigns})
        found = gather(opened_app, campaigns, now=now, campaign=campaign, days=days, fine=fine)
        return found, now


def _refuse_unknown(name: str, opened_app: App, written: set[str]) -> None:
    """Refuse a name that no campaign has: its report would say that nothing was published."""
    from bot.campaigns.problems import did_you_mean

    known = written | {one.campaign for one in opened_app.queue.all()}
    if name not in known:
        message = f"There is no campaign {name}."
        raise UserError([Problem("report", 0, 0, "R901", message, did_you_mean(name, known))])


def rendered(
    evidence: Evidence,
    form: str,
    wanted: tuple[str, ...],
    now: datetime,
    rows: int | None = None,
) -> str:
    """Write the reports in a format, with at most so many rows a table; 0 is all of them."""
    from bot.reports import render, tables

    most = ROWS.get(form) if rows is None else rows or None
    evidence = replace(evidence, most=most)
    width = shutil.get_terminal_size((100, 24)).columns
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return render(form, evidence, tables(evidence, now, wanted), now, width=width, color=color)


def write(path: Path, text: str) -> None:
    """Write a file, with the folder that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, text)
