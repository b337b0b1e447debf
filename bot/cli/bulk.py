"""``groundswell import`` and ``export``: many posts at once, from and for a spreadsheet."""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli import output
from bot.cli.frame import As, ConfigPath, Json, commands, configured, day, person
from bot.cli.hints import with_config
from bot.cli.plan import later_lines, plan_of, sound
from bot.cli.report import write
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.bulk.comparing import Known
    from bot.bulk.imported import Imported
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
Sheet = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="The spreadsheet, saved as CSV; --columns needs none."),
]
Day = day("A day, where the posts are due.")


def _columns(wanted: bool) -> None:
    if wanted:
        from bot.bulk.columns import MEANINGS

        for name, meaning in MEANINGS.items():
            output.line(f"{name:<15} {meaning}")
        raise typer.Exit


@importing.command("import")
def import_(
    sheet: Sheet = None,
    *,
    campaign: Annotated[
        str | None,
        typer.Option("--campaign", metavar="ID", help="Of the rows that name none."),
    ] = None,
    update: Annotated[
        bool,
        typer.Option("--update", help="Change the posts whose rows have changed since."),
    ] = False,
    remove: Annotated[
        bool,
        typer.Option("--remove", help="With --update: take out the posts whose rows are gone."),
    ] = False,
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
    colleague to review. The same spreadsheet again adds only what is new in it. A row that has
    changed since is refused without `--update`, which changes its post, and nothing else in that
    file; what is out already stays as it is. `--columns` lists the columns; text and a time are
    enough.
    """
    if sheet is None:
        raise typer.BadParameter("name the spreadsheet", param_hint="FILE")
    if remove and not update:
        raise typer.BadParameter("--remove goes with --update")
    from bot.bulk.importing import import_file
    from bot.cli.prospects import outlook
    from bot.clock import SystemClock

    settings = configured(config)
    done = import_file(
        settings,
        sheet,
        SystemClock().now(),
        author=person(who),
        campaign=campaign,
        dry=dry,
        update=update,
        remove=remove,
        queued=partial(_queued, settings),
    )
    for line in output.problem_lines(done.warnings):
        output.error_line(line)
    next_ = outlook(settings, done.checked, done.posts) if done.written and done.posts else None
    lines = [*_imported_lines(done), *(next_.lines() if next_ else ())]
    value = {**done.as_json(), "next": next_.as_json() if next_ else None}
    output.emit(value, lambda: lines, as_json=as_json)


def _queued(config: Config, posts: Collection[tuple[str, str]]) -> list[Delivery]:
    """Return what the queue holds of posts; nothing where there is no queue yet."""
    from bot.app import opened

    if not posts or not config.has_database:
        return []
    with opened(config, os.environ) as app:
        return app.queue.of_posts(posts)


def _imported_lines(done: Imported) -> list[str]:
    columns = ("Post", "When", "Accounts", "Text")
    told = done.as_json()["added"]
    cells = [
        (one["id"], one["local"], ", ".join(one["accounts"]), _short(one["text"])) for one in told
    ]
    lines = [*output.table_lines(columns, cells), ""] if cells else []
    lines += _changed_lines(done)
    lines += [
        f"Row {known.row.number} is there already, as {_name(known)}." for known in _named(done)
    ]
    if len(done.already) > MOST:
        lines.append(f"So are {len(done.already) - MOST} more rows.")
    if done.over:
        rows = ", ".join(str(row.number) for row in done.over)
        lines.append(f"Left out, as their state says that they are over: row {rows}.")
    if done.gone and not done.removed:
        names = ", ".join(record.where for record in done.gone[:MOST])
        more = f" and {len(done.gone) - MOST} more" if len(done.gone) > MOST else ""
        lines.append(f"No row says any more, but still planned: {names}{more}.")
        lines.append(with_config("groundswell import --update --remove takes that out."))
    return [*lines, _sum(done)]


def _changed_lines(done: Imported) -> list[str]:
    """Return a table of what is changed and taken out."""
    cells = [
        ("change", change.record.id, f"row {change.entry.row.number}", _line(what))
        for change in done.changed
        for what in change.what
    ]
    cells += [("take out", record.id, "no row", "") for record in done.gone if done.removed]
    return [*output.table_lines(("", "Post", "By", "What"), cells), ""] if cells else []


def _line(text: str) -> str:
    return output.printable(" ".join(text.split()))


def _named(done: Imported) -> Sequence[Known]:
    """Return those that are told one by one, first what somebody has edited since."""
    return sorted(done.already, key=lambda known: not known.edited)[:MOST]


def _name(known: Known) -> str:
    return f"{known.id}, which has been edited since and stays so" if known.edited else known.id


def _sum(done: Imported) -> str:
    removed = len(done.gone) if done.removed else 0
    counts = (
        (len(done.changed), "changed"),
        (removed, "taken out"),
        (len(done.added), f"added to {done.file}"),
    )
    would = "" if done.written else "would be "
    told = [f"{output.count(count, 'post')} {would}{verb}" for count, verb in counts if count]
    if not told:
        return "Nothing is new: nothing was added."
    return f"{', '.join(told)}." + ("" if done.written else " Nothing was written.")


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
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to, a new file for you alone; else it is printed.",
        ),
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
        output.document(text)
        return
    write(target, text)
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
    rows = [row for row in _planned(settings, checked) if span.holds(row)]
    later = beyond(campaigns, span.now, settings.horizon)
    asked = [coming for coming in later if span.asks(coming.post.campaign, coming.local.date())]
    if form == "ics":
        return as_ics(rows, campaigns, settings.accounts, span), len(rows), asked
    return as_csv(rows, campaigns, settings.campaigns), len(rows), asked


def _planned(settings: Config, checked: Checked) -> list[Planned]:
    """Put together what the files want and what the queue holds."""
    from bot.app import opened
    from bot.bulk.planned import planned

    plan = plan_of(settings, checked, None)
    deliveries: list[Delivery] = []
    if settings.has_database:
        with opened(settings, os.environ) as app:
            deliveries = app.queue.all()
    return planned(plan.actions, deliveries, plan.held.keys if plan.held else ())


def _unknown(name: str, known: list[str]) -> Problem:
    from bot.campaigns.problems import did_you_mean

    hint = did_you_mean(name, known)
    return Problem("export", 0, 0, "R301", f"There is no campaign {name!r}.", hint)
