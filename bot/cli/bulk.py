"""``groundswell import`` and ``export``: many posts at once, from and for a spreadsheet."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli import output
from bot.cli.frame import As, ConfigPath, Json, commands, configured, day, person
from bot.cli.plan import has_queue, later_lines, plan_of, sound
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from bot.bulk.importing import Imported
    from bot.bulk.planned import Planned, Span
    from bot.checking import Checked
    from bot.config import Config
    from bot.horizon import Later
    from bot.model import Delivery

importing = commands()
exporting = commands()

WORDS = 48
"""Characters of a text that name it in the list."""

MOST = 10
"""Rows of which it is told one by one that they were there already."""

Campaign = Annotated[str | None, typer.Option("--campaign", metavar="ID", help="One campaign.")]
Day = day("A day, where the posts are due.")


def _columns(wanted: bool) -> None:
    if wanted:
        from bot.bulk.columns import MEANINGS

        for name, meaning in MEANINGS.items():
            output.line(f"{name:<15} {meaning}")
        raise typer.Exit


@importing.command("import")
def import_(
    sheet: Annotated[Path, typer.Argument(metavar="FILE", help="The spreadsheet, saved as CSV.")],
    *,
    campaign: Annotated[
        str | None,
        typer.Option("--campaign", metavar="ID", help="Of the rows that name none."),
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Check it, and write nothing.")] = False,
    columns: Annotated[  # noqa: ARG001 - seen to before
        bool,
        typer.Option("--columns", help="Explain the columns.", callback=_columns, is_eager=True),
    ] = False,
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Add the posts of a spreadsheet: all of them, or, if anything is wrong, none.

    They go into a YAML file of their own in the campaign folder, posts/imported-FILE.yaml, for a
    colleague to review. The same spreadsheet again adds only what is new in it. `--columns` lists
    the columns; text and a time are enough.
    """
    from bot.bulk.importing import import_file
    from bot.clock import SystemClock

    now = SystemClock().now()
    done = import_file(
        configured(config), sheet, now, author=person(who), campaign=campaign, dry=dry
    )
    for line in output.problem_lines(done.warnings):
        output.error_line(line)
    output.emit(done.as_json(), lambda: _imported_lines(done), as_json=as_json)


def _imported_lines(done: Imported) -> list[str]:
    columns = ("Post", "When", "Accounts", "Text")
    told = done.as_json()["added"]
    cells = [
        (one["id"], one["local"], ", ".join(one["accounts"]), _short(one["text"])) for one in told
    ]
    lines = [*output.table_lines(columns, cells), ""] if cells else []
    lines += [
        f"Row {row.number} is there already, as {post.id}." for row, post in done.already[:MOST]
    ]
    if len(done.already) > MOST:
        lines.append(f"So are {len(done.already) - MOST} more rows.")
    if done.over:
        rows = ", ".join(str(row.number) for row in done.over)
        lines.append(f"Left out, as their state says that they are over: row {rows}.")
    return [*lines, _sum(done)]


def _sum(done: Imported) -> str:
    if not done.added:
        return "Nothing is new: nothing was added."
    count = output.count(len(done.added), "post")
    if not done.written:
        return f"{count} would be added to {done.file}. Nothing was written."
    return f"{count} added to {done.file}. A running groundswell queues them in a few seconds."


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= WORDS else f"{words[: WORDS - 1]}…"


@exporting.command("export")
def export(
    *,
    form: Annotated[
        Literal["csv", "ics"],
        typer.Option("--format", help="csv for a spreadsheet, ics for a calendar."),
    ] = "csv",
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; else it is printed."),
    ] = None,
    campaign: Campaign = None,
    since: Annotated[datetime | None, Day] = None,
    until: Annotated[datetime | None, Day] = None,
    config: ConfigPath = None,
) -> None:
    """Write what is planned, from now to the horizon, as a spreadsheet or a calendar.

    With `--since`, also what became of what was. The CSV is one that `groundswell import` reads
    back. In it, a text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    from bot.bulk.planned import Span
    from bot.clock import SystemClock

    settings = configured(config)
    span = Span(SystemClock().now(), since and since.date(), until and until.date(), campaign)
    text, count, later = exported(settings, form, span)
    for line in later_lines(later, "exported"):
        output.error_line(line)
    if target is None:
        sys.stdout.write(text)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="")
    output.line(f"Wrote {output.count(count, 'post')} to {target}.")


def exported(settings: Config, form: str, span: Span) -> tuple[str, int, list[Later]]:
    """Return the text of an export, how many posts are in it, and what is due too late for it.

    Raises UserError.
    """
    from bot.bulk.calendar import as_ics
    from bot.bulk.exporting import as_csv
    from bot.horizon import beyond

    checked = sound(settings, None)
    campaigns = checked.campaigns
    if span.campaign and span.campaign not in {one.id for one in campaigns}:
        raise UserError([_unknown(span.campaign, [one.id for one in campaigns])])
    rows = [one for one in _planned(settings, checked) if span.holds(one)]
    later = beyond(campaigns, span.now, settings.horizon)
    asked = [one for one in later if span.asks(one.post.campaign, one.local.date())]
    if form == "ics":
        return as_ics(rows, campaigns, settings.accounts, span), len(rows), asked
    return as_csv(rows, campaigns, settings.campaigns), len(rows), asked


def _planned(settings: Config, checked: Checked) -> list[Planned]:
    """Put together what the files want and what the queue holds."""
    from bot.app import opened
    from bot.bulk.planned import planned

    plan = plan_of(settings, checked, None)
    deliveries: list[Delivery] = []
    if has_queue(settings):
        with opened(settings, os.environ) as app:
            deliveries = app.queue.all()
    return planned(plan.actions, deliveries, plan.held.keys if plan.held else ())


def _unknown(name: str, known: list[str]) -> Problem:
    from bot.campaigns.problems import did_you_mean

    hint = did_you_mean(name, known)
    return Problem("export", 0, 0, "R301", f"There is no campaign {name!r}.", hint)
